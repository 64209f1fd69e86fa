"""Provenance: every word has one origin, whatever is infilled and changed, and all of them are counted."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.provenance import (
    ORIGINS,
    Origin,
    Span,
    edited,
    normalised,
    of_human,
    of_infill,
    of_model,
    origin_of,
    pieces,
    word_origins,
)
from bot.rules.stories import Passage
from bot.rules.story_shares import Author, story_shares
from bot.rules.text.words import split_words, token_spans, word_spans

WORDS = st.sampled_from(
    ["the", "lamp", "Lamp", "lamp,", "don't", "half-lit", "sea.", "…", "夜", "夜里，", "灯", "🌙", "42", "é"]
)
GAPS = st.sampled_from([" ", "  ", "\n", "\n\n", "", "\u3000"])
TEXTS = st.lists(st.tuples(WORDS, GAPS), max_size=14).map(lambda pairs: "".join(word + gap for word, gap in pairs))
MODELS = st.sampled_from(["gpt", "bert"])


def said(text: str, spans: Sequence[Span]) -> list[tuple[str, Origin]]:
    """What each span holds, to read."""
    return [(text[span.start : span.end], span.origin) for span in spans]


def check(text: str, spans: Sequence[Span]) -> None:
    """Spans are in order, do not overlap, have no white space at their ends, and cover all that is not white space."""
    at = 0
    for span in spans:
        assert at <= span.start < span.end <= len(text)
        assert not text[at : span.start].strip()
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        assert span.origin in ORIGINS
        at = span.end
    assert not text[at:].strip()
    assert all(one.origin != other.origin for one, other in itertools.pairwise(spans))


@given(text=TEXTS | st.text(max_size=60))
def test_words_and_tokens_hold_all_that_is_not_white_space(text: str) -> None:
    for found in (word_spans(text), token_spans(text)):
        assert "".join(text[start:end] for start, end in found) == "".join(text.split())
    assert len(split_words(text)) <= len(token_spans(text))


@given(text=TEXTS, model=MODELS)
def test_span_of_one_origin_is_one(text: str, model: Origin) -> None:
    check(text, of_human(text))
    check(text, of_model(text, model))
    assert said(text, of_model(text, model)) == ([(text.strip(), model)] if text.strip() else [])


@given(literals=st.lists(TEXTS, min_size=1, max_size=4), data=st.data())
def test_infill_marks_the_fills_to_the_character(literals: list[str], data: st.DataObject) -> None:
    fills = data.draw(st.lists(TEXTS, min_size=len(literals) - 1, max_size=len(literals) - 1))
    spans = of_infill(literals, fills)
    text = literals[0] + "".join(fill + after for fill, after in zip(fills, literals[1:], strict=True))
    check(text, spans)
    marked = "".join(held for held, origin in said(text, spans) if origin == "bert")
    assert "".join(marked.split()) == "".join("".join(fills).split())


@given(literals=st.lists(TEXTS, min_size=2, max_size=4), model=MODELS, data=st.data())
def test_infill_leaves_the_rest_as_it_was(literals: list[str], model: Origin, data: st.DataObject) -> None:
    base = "§".join(literals)
    cut = data.draw(st.integers(0, len(base)))
    before = edited(base[:cut], of_model(base[:cut], model), base)
    spans = of_infill(literals, ["§"] * (len(literals) - 1), base, before)
    check(base, spans)
    was = {place: span.origin for span in before for place in range(span.start, span.end)}
    now = {place: span.origin for span in spans for place in range(span.start, span.end)}
    for place, letter in enumerate(base):
        if not letter.isspace():
            assert now[place] == ("bert" if letter == "§" else was[place])


def test_infill_of_a_models_passage_reads() -> None:
    base = "The keeper lit the lamp and slept badly."
    spans = of_model(base, "gpt")
    filled = of_infill(["The keeper lit the ", " and slept badly."], ["last match"], base, spans)
    text = "The keeper lit the last match and slept badly."
    assert said(text, filled) == [("The keeper lit the", "gpt"), ("last match", "bert"), ("and slept badly.", "gpt")]
    changed = of_infill(["The keeper lit his ", " and slept well."], ["pipe"], base, spans)
    assert said("The keeper lit his pipe and slept well.", changed) == [
        ("The keeper lit", "gpt"),
        ("his", "human"),
        ("pipe", "bert"),
        ("and slept", "gpt"),
        ("well", "human"),
        (".", "gpt"),
    ]


def test_infill_inside_of_a_word() -> None:
    spans = of_infill(["un", "ed"], ["finish"], "unwanted", of_human("unwanted"))
    assert said("unfinished", spans) == [("un", "human"), ("finish", "bert"), ("ed", "human")]
    assert word_origins("unfinished", spans) == ["bert"]


def test_infill_needs_a_fill_for_each_blank() -> None:
    with pytest.raises(ValueError, match="3 literals hold 2 fills, not 1"):
        of_infill(["a", "b", "c"], ["x"])


@given(old=TEXTS, new=TEXTS, model=MODELS)
def test_edit_covers_the_new_text(old: str, new: str, model: Origin) -> None:
    spans = edited(old, of_model(old, model), new)
    check(new, spans)
    kept = "".join(held for held, origin in said(new, spans) if origin == model)
    rest = iter("".join(old.split()))
    assert all(letter in rest for letter in "".join(kept.split())), "kept words are words of the old text, in order"


@given(text=TEXTS, put=st.sampled_from(["brand-new", "新"]), model=MODELS, data=st.data())
def test_edit_is_the_persons_and_taking_it_out_again_leaves_the_model(
    text: str, put: str, model: Origin, data: st.DataObject
) -> None:
    ends = [0, *(end for _, end in word_spans(text))]
    at = data.draw(st.sampled_from(ends))
    new = f"{text[:at]} {put} {text[at:]}"
    spans = edited(text, of_model(text, model), new)
    assert [held for held, origin in said(new, spans) if origin == "human"] == [put]
    assert said(text, edited(new, spans, text)) == said(text, of_model(text, model))


@given(text=TEXTS, model=MODELS)
def test_provenance_of_an_unchanged_text_stays(text: str, model: Origin) -> None:
    assert edited(text, of_model(text, model), text) == of_model(text, model)


def test_edit_that_adds_a_comma_adds_no_word() -> None:
    old, new = "She lit the lamp.", "She lit the lamp, and 灯 shone."
    spans = edited(old, of_model(old, "gpt"), new)
    assert said(new, spans) == [("She lit the lamp", "gpt"), (", and 灯 shone", "human"), (".", "gpt")]
    assert word_origins(new, spans) == ["gpt", "gpt", "gpt", "gpt", "human", "human", "human"]


def test_provenance_of_a_long_text_stays_where_it_was_not_changed() -> None:
    """Above 200 words difflib skips frequent ones; what stands around a change must still be found."""
    old = " ".join(f"the keeper counted wave {number} and the lamp" for number in range(80))
    new = "So " + old.replace("wave 40 and", "seven gulls and")
    origins = word_origins(new, edited(old, of_model(old, "gpt"), new))
    assert [word for word, origin in zip(new.split(), origins, strict=True) if origin == "human"] == [
        "So",
        "seven",
        "gulls",
    ]


@pytest.mark.parametrize(
    ("origins", "was", "becomes"),
    [
        (["gpt"], "gpt", "gpt"),
        (["human"], "gpt", "human"),
        (["human"], "human", "human"),
        ([], "gpt", "human"),
        (["gpt", "human"], "gpt", "edited"),
        (["bert", "human", "gpt"], "bert", "edited"),
        (["gpt"], "edited", "edited"),
        (["gpt", "bert"], "bert", "bert"),
        (["gpt"], "bert", "gpt"),
    ],
)
def test_provenance_name_of_a_changed_passage(origins: list[Origin], was: Origin, becomes: Origin) -> None:
    assert origin_of([Span(place, place + 1, origin) for place, origin in enumerate(origins)], was) == becomes


@given(old=TEXTS, new=TEXTS, model=MODELS)
def test_pieces_are_the_text_again(old: str, new: str, model: Origin) -> None:
    spans = edited(old, of_model(old, model), new)
    parts = pieces(new, spans)
    assert "".join(text for text, _ in parts) == new
    assert all(text for text, _ in parts)
    assert all(one[1] != other[1] for one, other in itertools.pairwise(parts))
    if new.strip():
        assert [origin for _, origin in parts] == [span.origin for span in spans]


def test_spans_of_an_older_text_are_normalised_with_it() -> None:
    text = "Cafe\u0301 noir\r\n\u00adwas shut"
    spans = (Span(0, 5, "human"), Span(6, 10, "gpt"), Span(13, len(text), "human"))
    normal, moved = normalised(text, spans)
    assert pieces(normal, moved) == [("Caf\xe9 ", "human"), ("noir\n", "gpt"), ("was shut", "human")]
    assert normalised(normal, moved) == (normal, moved)


def test_provenance_counts_a_changed_accent_as_an_edit() -> None:
    normal, moved = normalised("Cafe\u0301 noir", (Span(0, 4, "gpt"), Span(4, 5, "human"), Span(6, 10, "gpt")))
    assert pieces(normal, moved) == [("Caf\xe9 ", "human"), ("noir", "gpt")]


def test_pieces_of_a_text_with_gaps_in_its_spans() -> None:
    assert pieces(" a b c ", [Span(3, 4, "gpt")]) == [(" a ", "human"), ("b", "gpt"), (" c ", "human")]
    assert pieces("  ", []) == [("  ", "human")]
    assert pieces("", []) == []


def passage(text: str, spans: tuple[Span, ...], author: int | None, pen_name: str | None = None) -> Passage:
    return Passage(
        id=1,
        tree_id=1,
        parent_id=None,
        depth=1,
        text=text,
        author_id=author,
        pen_name=pen_name,
        origin="human",
        spans=spans,
        round_id=None,
        receipt=None,
        created_ms=0,
    )


def test_shares_count_each_word_once() -> None:
    draft = "夜里 the lamp"
    counted = story_shares(
        [
            passage("one two", of_human("one two"), 7),
            passage("three", of_human("three"), 7, "Wren"),
            passage(draft, of_model(draft, "gpt"), None),
            passage("夜里 the moon", edited(draft, of_model(draft, "gpt"), "夜里 the moon"), 8),
            passage("a b", of_infill(["a ", ""], ["b"]), None),
            passage("", (), None),
        ]
    )
    assert counted.origins == {"human": 5, "gpt": 7, "bert": 1}
    assert counted.authors == {Author(7): 2, Author(7, "Wren"): 1, Author(8): 1, Author(None): 1}
    assert counted.words == 13


@given(texts=st.lists(st.tuples(TEXTS, TEXTS, MODELS), max_size=4))
def test_provenance_shares_add_up(texts: list[tuple[str, str, Origin]]) -> None:
    passages = [passage(new, edited(old, of_model(old, model), new), 1) for old, new, model in texts]
    counted = story_shares(passages)
    assert counted.words == sum(len(split_words(new)) for _, new, _ in texts)
    assert sum(counted.authors.values()) == counted.origins.get("human", 0)


def test_words_without_spaces_have_origins_of_their_own() -> None:
    was = "ภาษาไทยเป็นภาษาที่ไม่มีการเว้นวรรคระหว่างคำ"
    now = was.replace("ภาษาที่", "ภาษาซึ่ง")
    spans = edited(was, of_model(was, "gpt"), now)
    assert said(now, spans) == [("ภาษาไทยเป็นภาษา", "gpt"), ("ซึ่ง", "human"), ("ไม่มีการเว้นวรรคระหว่างคำ", "gpt")]
    assert word_origins(now, spans).count("human") == 1
    assert len(word_origins(now, spans)) == 11
    vowel = edited("हिन्दी की कहानी", of_model("हिन्दी की कहानी", "gpt"), "हिन्दी का कहानी")
    assert said("हिन्दी का कहानी", vowel) == [("हिन्दी", "gpt"), ("का", "human"), ("कहानी", "gpt")]

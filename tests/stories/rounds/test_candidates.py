"""Blanks that were put into a passage, found again by what is around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.provenance import of_model
from bot.rules.rounds import Candidate
from bot.rules.stories import Passage
from bot.stories.rounds.candidates import not_said_yet, of_person
from bot.stories.rounds.kinds import of_models
from bot.stories.rounds.quoting import blanked
from bot.ui.escaping import escape
from tests.stories.round_fixture import suggestion
from tests.support.stories import STORY


def passage(number: int, text: str) -> Passage:
    return Passage(
        id=number,
        tree_id=1,
        parent_id=number - 1 or None,
        depth=number,
        text=text,
        author_id=11,
        pen_name=None,
        origin="human",
        spans=(),
        round_id=None,
        receipt=None,
        created_ms=0,
    )


CANON = [
    passage(1, "It rained. She opened the red door (slowly). Nobody was there."),
    passage(2, "She opened the red box.\n\nIt was empty, as always."),
    passage(3, "旧灯塔里没有人说话。老人点亮了灯。"),
]


@pytest.mark.parametrize(
    ("asked", "number", "whole"),
    [
        ("opened the ___ door", 1, "It rained. She opened the ___ door (slowly). Nobody was there."),
        ("opened the ___2 (slowly)", 1, "It rained. She opened the ___2 (slowly). Nobody was there."),
        ("She opened the ___ box.", 2, "She opened the ___ box.\n\nIt was empty, as always."),
        ("box. It was ___, as", 2, "She opened the red box. It was ___, as\n\nalways."),
        ("Nobody was ___", 1, "It rained. She opened the red door (slowly). Nobody was ___."),
        ("___ was there.", 1, "It rained. She opened the red door (slowly). ___ was there."),
        ("opened the ___2", 2, "She opened the ___2.\n\nIt was empty, as always."),
        ("老人___了灯", 3, "旧灯塔里没有人说话。老人___了灯。"),
        ("It [MASK] She ___ the red door", 1, "It [MASK] She ___ the red door (slowly). Nobody was there."),
        ("the ___ door", 1, "It rained. She opened the ___ door (slowly). Nobody was there."),
        ("___3 there.", 1, "It rained. She opened the red door (___3 there."),
        ("___点亮了灯", 3, "旧灯塔里没有人说话。老___点亮了灯。"),
    ],
)
def test_blanks_are_found_in_the_passage_that_they_come_from(asked: str, number: int, whole: str) -> None:
    found = blanked(asked, CANON)
    assert found is not None
    assert found[0].id == number
    assert found[1].replace("\n\n", " ") == whole.replace("\n\n", " ")


@pytest.mark.parametrize("asked", ["The sun ___ the hill", "opened the ___ window", "rained. ___ Nobody spoke"])
def test_blanked_text_that_stands_nowhere(asked: str) -> None:
    assert blanked(asked, CANON) is None


def test_words_are_found_as_they_are_copied_from_the_message_of_a_passage() -> None:
    text = "*Lit*, she_said: [so] `be` it #1 <@5> \\o/ the ~~end~~ came"
    asked = escape(text.replace("so", "___"))
    found = blanked(asked, [passage(1, f"Once. {text}.")])
    assert found is not None
    assert found[1] == f"Once. {text.replace('so', '___')}."


@pytest.mark.parametrize("typed", ["“Don't” he ___ “it's”", '"Don’t" he ___ "it’s"', "'Don't' he ___ 'it's'"])
def test_passage_keeps_its_quotes_whatever_a_phone_writes(typed: str) -> None:
    found = blanked(typed, [passage(1, "So ‘Don’t’ he said ‘it's’ now")])
    double = blanked(typed, [passage(1, "So “Don’t” he said “it's” now")])
    assert [each and each[1] for each in (found, double)] == (
        ["So ‘Don’t’ he ___ ‘it's’ now", None] if typed[0] == "'" else [None, "So “Don’t” he ___ “it's” now"]
    )


WORDS = st.lists(
    st.sampled_from(["rain", "bell", "keeper", "lantern", "sea", "nobody", "(low)", "灯塔", "a.b", "*c*"]),
    min_size=4,
    max_size=14,
)


@given(words=WORDS, data=st.data())
def test_blank_can_be_any_word(words: list[str], data: st.DataObject) -> None:
    """What is asked with one inner word left out is found in the passage that it was copied from."""
    place = data.draw(st.integers(1, len(words) - 2))
    start = data.draw(st.integers(0, place - 1))
    end = data.draw(st.integers(place + 2, len(words)))
    asked = " ".join([*words[start:place], "___", *words[place + 1 : end]])
    found = blanked(asked, [passage(1, " ".join(words))])
    assert found is not None
    before, after = found[1].split("___")
    text = " ".join(words)
    assert text.startswith(before)
    assert text.endswith(after)
    assert len(before) + len(after) < len(text)


def test_marks_go_on_the_receipt_before_what_the_worker_reported() -> None:
    (made,) = of_models("continue", [suggestion("A bell.")], dropped=["passages 1-4"])
    assert made.receipt is not None
    assert (made.receipt.dropped, made.receipt.withheld) == (("passages 1-4", "lore 3"), ())


def test_blank_stands_for_as_little_as_its_words_allow() -> None:
    text = "the box stood by the bed and the red door, the end"
    found = blanked("the ___ door", [passage(1, text)])
    assert found is not None
    assert found[1] == "the box stood by the bed and the ___ door, the end"


@pytest.mark.parametrize("sign", ["🦊", "…", "—", "？！", "♪ ♪", "~", "\u0e2f"])
def test_candidate_of_signs_alone_is_no_double_of_none_of_these(sign: str) -> None:
    there = ["", "Another text.", "🌙", "!!"]
    (made,) = of_models("continue", [suggestion(sign)])
    assert not_said_yet([made], there) == [made]
    assert not_said_yet([made], [*there, f" {sign}\ufe0f "]) == []


def test_candidates_doubles_are_told_by_their_words() -> None:
    made = of_models("continue", [suggestion("A bell."), suggestion("a BELL!"), suggestion("A belfry.")])
    assert [each.text for each in not_said_yet(made, ["A belfry"])] == ["A bell."]


@pytest.mark.parametrize(
    ("text", "changed_id", "origin"),
    [
        ("The lamp went out again.", 7, "edited"),
        ("Zebras yawned.", None, "human"),  # the full stop is nobody's
        ("The lamp.", 7, "gpt"),
    ],
)
def test_candidate_changed_by_a_person_names_what_it_keeps_words_of(
    text: str, changed_id: int | None, origin: str
) -> None:
    said = "The lamp went out."
    original = Candidate(
        id=7,
        round_id=1,
        place=1,
        text=said,
        author_id=None,
        pen_name=None,
        origin="gpt",
        spans=of_model(said, "gpt"),
        mood="open",
        receipt=None,
        none=False,
        hidden_by=None,
        passage_id=None,
        created_ms=0,
    )
    made = of_person(text, STORY, author_id=11, pen_name=None, base=original)
    assert (made.changed_id, made.origin) == (changed_id, origin)

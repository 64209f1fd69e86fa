"""Every card fits into Discord's limits, whatever is written on it, and says what it is given."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.inference.jobs import Progress, Queued, Waking, Working
from bot.rules.generations import Generation, GenerationKind, Place, Suggestion
from bot.rules.moods import MOODS
from bot.rules.receipts import ContinueReceipt, FillReceipt, InfillReceipt, ModelReceipt, OtherReceipt, OwnReceipt
from bot.rules.servers import LENGTH_RANGE, ServerSettings
from bot.rules.twists import Expected, Other, Twist, suggestion_of
from bot.ui.cards import Card, given_cards
from bot.ui.escaping import escape, size, tidy
from bot.ui.infills import Filled, sureness
from bot.ui.locale import LANGUAGES, catalogue
from bot.ui.progress import progress_card
from bot.ui.receipt_details import facts
from bot.ui.receipt_summary import receipt_card
from cogs.feature_cards import CARDS
from cogs.settings.cards import settings_card
from tests.behaviour.discord_world import walk

ENGLISH = catalogue("en")
PIECES = st.sampled_from(["The fox ran. ", "*_*_* ", "x" * 300, "@everyone <@1> ", "中文。", "🙂", "# head\n", "שלום "])
LONG = st.lists(PIECES, min_size=1, max_size=120).map("".join).map(lambda text: text[:4000])
SHORT = st.lists(PIECES, min_size=1, max_size=12).map("".join).map(lambda text: text[:900])
FILL = st.sampled_from(["lamp", "three wet umbrellas", "**", "盒子", "a _b_ c"])
RECEIPT = ContinueReceipt(
    engine="openvino",
    model="SmolLM2-135M-Instruct",
    revision="Q4_1",
    seed=7,
    mood="wild",
    sampling=MOODS["wild"],
    prompt_sha256="ab" * 32,
    prompt_tokens=63,
    dropped=("text:start",),
    substitutions=(("dry", "frequency_penalty 0.12"), ("xtc", "more candidates")),
    reproducible="same_batch",
    finish="length",
    shared_run=3,
)


def generation(kind: GenerationKind, text: str, suggestions: list[Suggestion]) -> Generation:
    place = Place(server_id=1, channel_id=2)
    return Generation(
        id=2**53,
        kind=kind,
        place=place,
        person_id=3,
        text=text,
        mood=None,
        count=len(suggestions),
        length=48,
        suggestions=tuple(suggestions),
        created_ms=0,
        expires_ms=1,
    )


def components(shown: Card) -> list[dict[str, Any]]:
    """Every component of a card, as it is sent."""
    return list(walk(shown.to_components()))  # type: ignore[no-untyped-call]  # discord.py left it untyped


def check(shown: Card) -> str:
    """Discord's limits (40 components, 4,000 characters, ids of 100, labels of 80); the text of the card."""
    parts = components(shown)
    assert len(parts) <= 40
    contents = [part["content"] for part in parts if part["type"] == 10]
    assert all(contents)
    assert sum(map(size, contents)) <= 4000
    for part in parts:
        assert len(part.get("custom_id", "")) <= 100
        assert len(part.get("label", "")) <= 80
    ids = [part["custom_id"] for part in parts if "custom_id" in part]
    assert len(ids) == len(set(ids))
    return "\n".join(contents)


@settings(deadline=None, max_examples=60)
@given(LONG, st.lists(LONG, min_size=1, max_size=5), st.sampled_from(LANGUAGES), st.booleans())
def test_cards_of_continuations_fit(text: str, candidates: list[str], language: Any, own: bool) -> None:
    receipt = OwnReceipt() if own else RECEIPT
    made = generation("continue", text, [Suggestion(text=each, fills=(), receipt=receipt) for each in candidates])
    say = catalogue(language)
    cards = CARDS["continue"]
    shown = check(cards.card(say, made, name="*Ben* @everyone"))
    assert r"\*Ben\* \@everyone" in shown
    check(receipt_card(say, made))
    for page in range(-1, len(cards.reading_pages(made)) + 1):
        check(cards.reading_card(say, made, page))


@settings(deadline=None, max_examples=60)
@given(st.lists(LONG, min_size=2, max_size=9), st.integers(min_value=1, max_value=5), st.data())
def test_cards_of_infills_fit_and_keep_every_fill(literals: list[str], count: int, data: st.DataObject) -> None:
    literals = [literal[: 4000 // len(literals)] for literal in literals]
    blanks = len(literals) - 1
    ways = [tuple(data.draw(st.lists(FILL, min_size=blanks, max_size=blanks))) for _ in range(count)]
    suggestions = [
        Suggestion(
            text="".join(chain.from_iterable(zip(literals, (*fills, ""), strict=True))),
            fills=fills,
            receipt=InfillReceipt(),
        )
        for fills in ways
    ]
    made = generation("infill", "text", suggestions)  # without blanks: what stands around the fills is looked for
    shown = check(CARDS["infill"].card(ENGLISH, made, name="Ben"))
    for suggestion in suggestions:
        for fill in suggestion.fills:
            assert f"**{escape(fill)}**" in shown
    check(CARDS["infill"].reading_card(ENGLISH, made, 0))


def test_short_candidates_are_shown_whole_and_long_ones_can_be_read() -> None:
    short = Suggestion(text=" It rained.", fills=(), receipt=RECEIPT)
    long = Suggestion(text="It rained all night. " * 300, fills=(), receipt=RECEIPT)
    plain = check(CARDS["continue"].card(ENGLISH, generation("continue", "Then.", [short, short]), name="Ben"))
    assert plain.count("It rained.") == 2
    assert "…" not in plain
    both = CARDS["continue"].card(ENGLISH, generation("continue", "Then.", [short, long]), name="Ben")
    shown = check(both)
    assert "It rained.\n" in shown
    assert "It rained all night. …" in shown
    assert f"ink:read:{2**53}:0" in {part.get("custom_id") for part in components(both)}
    read = "".join(CARDS["continue"].reading_pages(generation("continue", "Then.", [short, long])))
    assert read.count("It rained all night.") == 300


def test_card_shortens_what_was_asked_at_a_sentence() -> None:
    text = "One sentence here. " * 60 + "And this is the end."
    made = generation("continue", text, [Suggestion(text="x", fills=(), receipt=ContinueReceipt())])
    shown = check(CARDS["continue"].card(ENGLISH, made, name="B"))
    assert "> … One sentence here." in shown
    assert "And this is the end." in shown


def test_fills_stand_in_bold_between_what_was_written() -> None:
    whole = Filled(("She opened the ", " and found ", " inside."), ("drawer", "a *dead* moth"))
    assert whole.show() == r"She opened the **drawer** and found **a \*dead\* moth** inside."
    long = Filled(
        ("Long ago there was a house. " * 20 + "She opened the ", " and went. " + "Then it rained. " * 20), ("door",)
    )
    shown = long.show(160)
    assert size(shown) <= 170
    assert "She opened the **door** and went." in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")


def test_card_of_a_long_text_shows_the_sentences_of_the_fills() -> None:
    pad = "Long ago there was a house by the sea. " * 12
    whole = Filled((f"{pad}She opened the ", f" and went. {pad}It held a ", f" of glass.\n\n{pad}"), ("door", "moth"))
    assert whole.close().show() == "… She opened the **door** and went. … It held a **moth** of glass. …"
    first = Filled((pad, f" came in. {pad}"), ("Nobody",)).close().show()
    assert first == "… Long ago there was a house by the sea. **Nobody** came in. …"
    short = Filled(("It rained. She opened the ", " and went. It rained."), ("door",))
    assert short.close() == short


@given(st.lists(LONG, min_size=2, max_size=4))
def test_filled_close_loses_nothing_beside_the_fills(pieces: list[str]) -> None:
    whole = Filled(tuple(pieces), ("word",) * (len(pieces) - 1))
    for piece, kept in zip(pieces, whole.close().pieces, strict=True):
        before, _, after = kept.partition("…")
        assert piece == kept or (piece.startswith(before.rstrip()) and piece.endswith(after.lstrip()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_sureness_is_a_word(language: Any) -> None:
    say = catalogue(language)
    said = [sureness(say, confidence) for confidence in (1.0, 0.6, 0.59, 0.25, 0.24, 0.05, 0.04, 0.0)]
    assert [said.index(word) for word in dict.fromkeys(said)] == [0, 2, 4, 6]
    assert not any(char.isdigit() for word in said for char in word)


@settings(deadline=None, max_examples=40)
@given(LONG, st.integers(min_value=1, max_value=6), st.sampled_from(LANGUAGES), st.booleans())
def test_cards_of_twists_fit(pad: str, count: int, language: Any, done: bool) -> None:
    passage = ("fox. " * count + pad)[:4000]
    others = tuple(Other(f"**{place}**" + "o" * 30, place * 2.0) for place in range(5))
    twist = Twist(passage, tuple(Expected(at * 5, at * 5 + 3, "fox", others) for at in range(count)))
    twist = twist.pick(0, 4)
    kept = generation("twist", passage, [suggestion_of(twist.finished() if done else twist, RECEIPT)])
    shown = check(CARDS["twist"].card(catalogue(language), kept, name="*Ben* @everyone"))
    assert escape(others[4].text) in shown
    assert done or shown.count("__fox__") == count - 1
    check(receipt_card(catalogue(language), kept))
    check(CARDS["twist"].reading_card(catalogue(language), kept, 0))


def test_receipts_say_what_matters_and_what_is_common_once() -> None:
    lines = facts(ENGLISH, RECEIPT)
    joined = "\n".join(lines).replace("\\", "")
    for said in (
        "wild",
        "SmolLM2-135M-Instruct (Q4_1)",
        "openvino",
        "seed 7",
        "temperature 1.3",
        "63 tokens",
        "text:start",
        "xtc",
    ):
        assert said in joined
    assert "finish" not in joined
    other = replace(RECEIPT, seed=8)
    made = generation("continue", "Then.", [Suggestion(text="a", fills=(), receipt=each) for each in (RECEIPT, other)])
    plain = check(receipt_card(ENGLISH, made))
    assert ENGLISH("why.continued_one", mood="wild", words=ENGLISH("why.read_end", count=47), count=2) in plain
    assert "seed" not in plain
    shown = check(receipt_card(ENGLISH, made, details=True))
    assert shown.count("SmolLM2") == 1
    assert "seed 7" in shown
    assert "seed 8" in shown


def test_receipt_with_unknown_parts_is_shown_all_the_same() -> None:
    receipt = InfillReceipt(
        masked=ModelReceipt(model="inkling-bert", revision="1", engine="torch", beam=6),
        fills=(FillReceipt(text="a*b", confidence=0.39),),
    )
    shown = "\n".join(facts(ENGLISH, receipt) + facts(ENGLISH, OtherReceipt(told={"of *another* time": 7})))
    assert r"of \*another\* time: 7" in shown
    assert "beam: 6" in shown
    assert r"a\*b: likely" in shown
    assert "inkling-bert" in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "progress",
    [
        Waking(loaded=0.0),
        Waking(loaded=0.5, position=3),
        Queued(position=1, eta_s=0.1),
        Queued(position=2, eta_s=None),
        Queued(position=40, eta_s=300),
        Working(text="", share=0.0, eta_s=None, late=True),
        Working(text="The *fox* " * 300, share=1.2, eta_s=8),
    ],
)
def test_progress_card_fits(language: Any, progress: Progress) -> None:
    say = catalogue(language)
    shown = check(progress_card(say, say("progress.working"), progress, "ink:cancel:0:1"))
    assert "*fox* " not in shown.replace(r"\*fox\* ", "")


@settings(deadline=None)
@given(st.frozensets(st.integers(min_value=1, max_value=2**60), max_size=60), st.sampled_from(list(LENGTH_RANGE)))
def test_settings_card_fits(channels: frozenset[int], length: int) -> None:
    for language in LANGUAGES:
        check(
            settings_card(
                catalogue(language), ServerSettings(server_id=1, channels=channels, length=length), "*" * 100, now_ms=0
            )
        )


@given(LONG)
def test_given_cards_hold_what_was_given_whole(text: str) -> None:
    shown = "".join(check(each) for each in given_cards(ENGLISH, text))
    bare = shown.replace("\\", "").replace(ENGLISH("card.given"), "")
    assert [char for char in tidy(text) if char.isalpha()] == [char for char in bare if char.isalpha()]


@pytest.mark.parametrize("kind", ["continue", "bridge"])
def test_card_of_a_kind_without_fills_shows_what_was_asked_and_its_texts(kind: GenerationKind) -> None:
    suggestions = [Suggestion(text=text, fills=(), receipt=OtherReceipt()) for text in ("One way.", "Another way.")]
    asked = generation(kind, "What was asked.", suggestions)
    shown = check(CARDS[kind].card(ENGLISH, asked, name="Ben"))
    assert all(text in shown for text in ("What was asked.", "One way.", "Another way."))
    assert [page.partition("\u2002")[2] for page in CARDS[kind].reading_pages(asked)] == ["One way.", "Another way."]

"""Notes, and what else stands close to a text's end: where, how they are worded, and what goes first."""

from __future__ import annotations

import pytest

from bot.errors import BadInput
from bot.inference.protocol import Piece
from bot.rules.generations import MAX_NOTE, check_note
from bot.worker.causal.context import fit
from bot.writing.continuation.job import pieces_of
from bot.writing.continuation.notes import (
    NEAR_SENTENCES,
    NOTE_SENTENCES,
    NOTE_WEIGHT,
    note_weight,
    parted,
    stops_of,
    worded,
)

ONE, TWO, THREE, FOUR, FIVE, SIX = (f"{name} bells rang." for name in ("One", "Two", "Three", "Four", "Five", "Six"))
TEXT = f"{ONE} {TWO} {THREE}\n\n{FOUR} {FIVE} {SIX}"
NEAR = (Piece(text="Bells mean danger.\n\n", label="lore 1", priority=2),)


@pytest.mark.parametrize(
    ("text", "sentences", "first", "second"),
    [
        (TEXT, 1, f"{ONE} {TWO} {THREE}\n\n{FOUR} {FIVE} ", SIX),
        (TEXT, 3, f"{ONE} {TWO} {THREE}\n\n", f"{FOUR} {FIVE} {SIX}"),
        (f"{ONE} And then", 1, f"{ONE} ", "And then"),
        (f"{ONE}\n\n", 1, "", f"{ONE}\n\n"),
        (ONE, 2, "", ONE),
        ("", 1, "", ""),
        ("雨下了。灯灭了。", 1, "雨下了。", "灯灭了。"),
    ],
)
def test_text_is_parted_before_its_last_sentences(text: str, sentences: int, first: str, second: str) -> None:
    assert parted(text, sentences) == (first, second)


def test_note_is_worded_in_its_language() -> None:
    assert "make it funny" in worded("make it funny")
    assert worded("写得好笑些").startswith("【作者注")


@pytest.mark.parametrize("note", ["she must not find the key", "don’t mention the sea", "No water", "别让她找到钥匙"])
def test_note_weight_of_what_a_note_forbids(note: str) -> None:
    assert note_weight(note) == -NOTE_WEIGHT


def test_note_weight_of_what_a_note_wants() -> None:
    assert note_weight("make it funny and snow on the knot") == NOTE_WEIGHT
    assert note_weight("") == 0.0


def test_note_another_note_ends_a_row() -> None:
    assert stops_of("It rained.") == ("[", "【")
    assert stops_of("[Ben] Hello.") == ("[Author's note", "【")
    assert all(any(worded(note).startswith(stop) for stop in stops_of("[Ben]【陈】")) for note in ("a dog", "一条狗"))


def test_lore_and_a_note_stand_within_the_text_the_lore_closest() -> None:
    pieces = pieces_of(TEXT, (Piece(text="The Bells\n\n", label="title", priority=5),), NEAR, "make it funny")
    whole = fit(pieces, 10_000, len).text
    assert whole.index("The Bells") < whole.index(ONE) < whole.index("funny") < whole.index("Bells mean")
    assert whole.endswith(SIX)
    assert whole[whole.index("Bells mean") :].count("rang") == NEAR_SENTENCES
    assert whole[whole.index("funny") :].count("rang") == NOTE_SENTENCES
    assert "\n\n\n" not in whole
    for name in (ONE, TWO, THREE, FOUR, FIVE, SIX):
        assert whole.count(name) == 1


def test_notes_stand_before_the_whole_of_a_short_text() -> None:
    whole = fit(pieces_of(SIX, (), NEAR, "make it funny"), 10_000, len).text
    assert whole.endswith(f"{worded('make it funny')}\n\n{NEAR[0].text}{SIX}")


def test_text_alone_is_read_as_it_stands() -> None:
    assert "".join(piece.text for piece in pieces_of(TEXT)).endswith(TEXT)


def test_note_stays_with_the_end_of_a_long_context() -> None:
    pieces = pieces_of(TEXT * 9, (), NEAR, "make it funny")
    fitted = fit(pieces, 100, len)
    assert fitted.text.startswith(worded("make it funny"))
    assert fitted.text.endswith(SIX)
    assert "lore 1" in fitted.dropped


@pytest.mark.parametrize(("given", "note"), [(None, ""), (" \n", ""), ("  make\nit  funny ", "make it funny")])
def test_note_is_one_line(given: str | None, note: str) -> None:
    assert check_note(given) == note


def test_note_has_a_greatest_length() -> None:
    assert check_note("n" * MAX_NOTE) == "n" * MAX_NOTE
    with pytest.raises(BadInput) as caught:
        check_note("n" * (MAX_NOTE + 1))
    assert (caught.value.key, caught.value.params) == ("note_too_long", {"length": MAX_NOTE + 1, "limit": MAX_NOTE})

"""One word: who may go on, when it ends, what can be taken back, and what the models add."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import PersonError
from bot.rules.games import steps
from bot.rules.games.one_word import NUDGE_MS, SILENT_MS, UNDO_MS, OneWordGame
from bot.rules.games.one_word_text import Entry, is_complete, joined, spans_of
from tests.support.evenings import Evening

GAME = OneWordGame()
"""The game under test."""


class Words(Evening):
    """An evening of One word."""

    def __init__(self, players: int = 3) -> None:
        super().__init__(GAME, players)

    def say(self, seat: int, text: str, move: int | None = None) -> None:
        """Let a seat write."""
        self.do(steps.Wrote(seat=seat, move=self.table.move if move is None else move, text=text))

    def say_all(self, *texts: str) -> None:
        """Let the seats write in turn."""
        for place, text in enumerate(texts):
            self.say(place % 2 + 1, text)


def refused(evening: Evening, event: steps.Event) -> str:
    """Return why an event is refused."""
    with pytest.raises(PersonError) as caught:
        evening.do(event)
    return caught.value.key


def test_words_make_a_text_that_ends_with_the_end() -> None:
    words = Words()
    words.say_all("Once", "there was", "a", "lighthouse", ", empty", "and tall.", "The", "end")
    assert words.table.state == "ended"
    assert words.view(None).text == "Once there was a lighthouse, empty and tall. The end"
    assert words.story == ["all"]
    whole = words.texts["all"]
    assert (whole.text, whole.origin) == (words.view(None).text, "human")
    scores = {effect.seat: effect.points for effect in words.effects if isinstance(effect, steps.Score)}
    assert scores == {1: 4, 2: 4}


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("In the end", False),
        ("It rained. In the end", False),
        ("It rained. The End.", True),
        ("It rained. THE END", True),
        ("他吃完", False),
        ("他吃了。完", True),
        ("One. Two. Three. Four.", False),
        ("One. Two. Three. Four. Five.", True),
        ("One. Two. Three. Four. Five", False),
        ("word " * 99, False),
        ("word " * 100, True),
    ],
)
def test_texts_are_complete_at_their_last_sentence(text: str, complete: bool) -> None:
    assert is_complete(text) is complete


def test_nobody_writes_twice_in_a_row_and_two_others_from_five_on() -> None:
    words = Words(4)
    words.say(1, "Once")
    assert refused(words, steps.Wrote(seat=1, move=words.table.move, text="more")) == "game_wrote_last"
    words.say(2, "there")
    words.say(1, "was")
    words.do(steps.Joined(pen_name="Fifth"))
    words.say(3, "a")
    assert refused(words, steps.Wrote(seat=1, move=words.table.move, text="cat")) == "game_wrote_last"
    assert not words.view(1).can_write
    words.say(5, "cat")
    words.say(1, "here")


def test_words_for_a_text_that_has_changed_are_refused() -> None:
    words = Words()
    words.say(1, "Once")
    seen = words.table.move
    words.say(2, "there")
    assert refused(words, steps.Wrote(seat=3, move=seen, text="upon")) == "turn_over"
    words.do(steps.Joined(pen_name="Late"))  # changes no word
    words.say(3, "was", words.table.move - 1)


@pytest.mark.parametrize("text", ["", "one two three four", "x" * 61])
def test_entries_are_one_to_three_words(text: str) -> None:
    words = Words()
    assert refused(words, steps.Wrote(seat=1, move=words.table.move, text=text)).startswith("game_")


def test_the_last_words_can_be_taken_back_for_a_while_by_their_writer() -> None:
    words = Words()
    words.say(1, "Once")
    words.say(2, "oops")
    view = words.view(2)
    assert (view.undo, view.undo_until_ms) == ("w1", words.now_ms + UNDO_MS)
    assert words.view(1).undo == ""
    assert refused(words, steps.Chose(seat=1, what="undo", values=("w1",))) == "turn_over"
    words.choose(2, "undo", "w1")
    assert (words.view(None).text, words.texts["w1"].text) == ("Once", "")
    assert refused(words, steps.Chose(seat=2, what="undo", values=("w1",))) == "turn_over"
    words.say(2, "upon")
    words.wait(UNDO_MS + 1)
    assert refused(words, steps.Chose(seat=2, what="undo", values=("w1",))) == "turn_over"


def test_silence_ends_it_with_the_words_that_there_are() -> None:
    words = Words()
    words.say(1, "Once")
    words.wait(SILENT_MS["tonight"] - 1000)
    words.say(2, "more")
    words.wait(SILENT_MS["tonight"] - 1000)
    assert words.table.state == "playing"
    words.wait(1000)
    assert (words.table.state, words.texts["all"].text) == ("ended", "Once more")


def test_a_game_without_a_word_leaves_nothing() -> None:
    words = Words()
    words.wait(SILENT_MS["tonight"])
    assert (words.table.state, words.story, words.texts) == ("ended", [], {})


def test_a_model_adds_a_word_after_silence_at_most_every_third() -> None:
    words = Words()
    words.say_all("Once", "there")
    assert refused(words, steps.Chose(seat=3, what="nudge", values=())) == "game_no_nudge"
    words.wait(NUDGE_MS)
    words.choose(3, "nudge")
    assert refused(words, steps.Chose(seat=3, what="nudge", values=())) == "game_no_nudge"
    assert words.table.requests[0].text == "Once there"
    words.answer("", "lived a king")
    assert words.view(None).text == "Once there lived"
    assert [entry.writer for entry in words.view(None).entries] == [1, 2, 0]
    words.say(1, "nobody")
    words.wait(NUDGE_MS)
    assert refused(words, steps.Chose(seat=3, what="nudge", values=())) == "game_no_nudge"
    words.do(steps.Ended())
    whole = words.texts["all"]
    assert whole.origin == "edited"
    assert [whole.text[span.start : span.end] for span in whole.spans] == ["Once there", "lived", "nobody"]


def test_whoever_writes_is_faster_than_the_model() -> None:
    words = Words()
    words.say_all("Once", "there")
    words.wait(NUDGE_MS)
    words.choose(3, "nudge")
    (request,) = words.table.requests
    words.say(3, "stood")
    words.do(steps.Made(key=request.key, texts=("lived",)))
    assert words.view(None).text == "Once there stood"


def test_models_go_on_only_from_those_who_do_not_mind() -> None:
    words = Words()
    words.table = words.table.with_seat(dataclasses.replace(words.table.seats[1], no_ai=True))
    words.say_all("Once", "there")
    words.wait(NUDGE_MS)
    assert words.view(3).nudge_from_ms is None
    words.say(1, "was")
    words.wait(NUDGE_MS)
    words.choose(3, "nudge")
    assert words.table.requests[0].text == "was"


def test_hidden_words_are_left_out_and_can_be_shown_again() -> None:
    words = Words()
    words.say_all("Once", "rude", "upon")
    words.do(steps.Hid("w1", True))
    assert words.view(None).text == "Once upon"
    words.do(steps.Hid("w1", False))
    assert words.view(None).text == "Once rude upon"


PARTS = st.lists(
    st.sampled_from(["once", "upon", ",", "。", "有", "一天", "well-known", '("', '"', "…", "a b"]), max_size=9
)
"""Entries as people write them."""


@given(parts=PARTS, writers=st.lists(st.integers(0, 2), min_size=9, max_size=9))
def test_spans_cover_the_joined_text(parts: list[str], writers: list[int]) -> None:
    entries = [Entry(slot="", text=part, hidden=False, writer=writers[place]) for place, part in enumerate(parts)]
    text = joined(parts)
    spans = spans_of(entries)
    assert text.replace(" ", "") == "".join(parts).replace(" ", "")
    covered = "".join(text[span.start : span.end] for span in spans).replace(" ", "")
    assert covered == text.replace(" ", "")
    assert all(one.end <= other.start and one.origin != other.origin for one, other in itertools.pairwise(spans))

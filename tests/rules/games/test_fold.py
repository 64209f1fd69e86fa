"""Fold: what is written, given back, taken over by a model, changed, read out, and loved."""

from __future__ import annotations

import dataclasses

import pytest

from bot.errors import PersonError
from bot.rules.games import steps
from bot.rules.games.fold import HEARTS_MS, LONGEST_MS, NEXT_MS, FoldGame
from bot.rules.games.table import ASK_MS, Pace, Quiet
from tests.support.evenings import Evening

GAME = FoldGame()
"""The game under test."""


class Sheets(Evening):
    """An evening of Fold."""

    def __init__(
        self, players: int = 4, *, stand_in: bool = False, pace: Pace = "tonight", **settings: int | str
    ) -> None:
        super().__init__(GAME, players, pace=pace, stand_in=stand_in, settings=settings)
        self._lines = 0

    def write_line(self, seat: int) -> str:
        """Let a seat write a line like no other; return it."""
        self._lines += 1
        text = f"line number {self._lines} which ends with word{self._lines}"
        self.write(seat, text)
        return text

    def write_all(self) -> None:
        """Let everybody write until all is written."""
        while self.table.phase == "write":
            self.write_line(self.table.turns[0].seat)

    def read_all(self) -> None:
        """Let all sheets be read out."""
        self.leave_phase("reveal")

    def miss(self, seat: int) -> int:
        """Let a seat miss its turn; return its sheet."""
        turn = self.table.turn(seat)
        assert turn is not None
        self.do(steps.Skipped(seat, turn.move))
        return int(turn.what)

    def slots_by(self, seat: int | None) -> list[str]:
        """The lines of a seat."""
        return sorted(text.slot for text in self.texts.values() if text.seat == seat)


def refused(evening: Evening, event: steps.Event) -> str:
    """Return why an event is refused."""
    with pytest.raises(PersonError) as caught:
        evening.do(event)
    return caught.value.key


# ---- stand-ins


def missed_after_a_line() -> tuple[Sheets, int, str]:
    """Return a game in which somebody missed a turn behind a line, its sheet, and the line."""
    fold = Sheets(4, stand_in=True)
    fold.write_line(1)
    fold.write_line(2)
    turn = next(turn for turn in fold.table.turns if fold.view(turn.seat).turn.tail)
    line = next(text.text for text in fold.texts.values() if text.text.endswith(fold.view(turn.seat).turn.tail))
    return fold, fold.miss(turn.seat), line


def test_a_stand_in_sees_what_the_seat_saw_and_its_line_is_marked() -> None:
    fold, place, line = missed_after_a_line()
    (request,) = fold.table.requests
    assert line.endswith(request.text)
    assert len(request.text.split()) == 6
    assert fold.table.begun.sheets[place].held == 0
    fold.answer("no", "a line by the machine itself")
    assert fold.slots_by(None) == [f"{place}.1"]
    assert fold.texts[f"{place}.1"].origin == "gpt"


def test_models_that_say_nothing_leave_the_sheet_to_the_others() -> None:
    fold, place, _ = missed_after_a_line()
    fold.wait(ASK_MS)
    held = fold.table.begun.sheets[place].held
    assert held != 0
    assert not fold.table.requests


def test_a_late_answer_to_an_earlier_request_is_dropped() -> None:
    fold, *_ = missed_after_a_line()
    key = fold.table.requests[0].key
    fold.wait(ASK_MS)
    before = fold.table
    fold.do(steps.Made(key=key, texts=("a line that comes too late",)))
    assert fold.table == before


@pytest.mark.parametrize("why", ["not agreed on", "no model may read it", "it left"])
def test_no_stand_in_where_nobody_agreed_or_minds_or_the_seat_left(why: str) -> None:
    fold = Sheets(4, stand_in=why != "not agreed on")
    if why == "no model may read it":
        seats = tuple(dataclasses.replace(seat, no_ai=True) for seat in fold.table.seats)
        fold.table = dataclasses.replace(fold.table, seats=seats)
    fold.write_line(1)
    fold.write_line(2)
    turn = next(turn for turn in fold.table.turns if fold.view(turn.seat).turn.tail)
    if why == "it left":
        fold.do(steps.Left(turn.seat))
    else:
        fold.miss(turn.seat)
    assert fold.table.requests == ()
    assert all(sheet.held != 0 for sheet in fold.table.begun.sheets)


# ---- changing a line


def test_a_line_is_changed_until_somebody_looks_at_it_or_a_model_goes_on_from_it() -> None:
    fold = Sheets(4, stand_in=True)
    fold.write_line(1)
    fold.write_line(2)
    reader = next(turn for turn in fold.table.turns if fold.view(turn.seat).turn.tail)
    slot = fold.view(reader.seat).turn.slot
    writer = fold.texts[slot].seat
    assert writer is not None
    assert slot in [own.slot for own in fold.view(writer).mine]
    fold.do(steps.Mended(seat=writer, slot=slot, text="three other words"))
    assert fold.view(reader.seat).turn.tail == "three other words"
    assert refused(fold, steps.Mended(seat=writer, slot=slot, text="two words")) == "game_words"
    assert refused(fold, steps.Mended(seat=reader.seat, slot=slot, text="not my own line")) == "turn_over"
    fold.do(steps.Opened(reader.seat, reader.move))
    assert refused(fold, steps.Mended(seat=writer, slot=slot, text="too late for this")) == "turn_over"
    fold.miss(reader.seat)
    assert fold.table.requests
    assert refused(fold, steps.Mended(seat=writer, slot=slot, text="too late for this")) == "turn_over"
    fold.answer("the model goes on here")
    assert slot not in [own.slot for own in fold.view(writer).mine]


def test_two_lines_can_be_changed_the_newest_last() -> None:
    fold = Sheets(12)
    fold.write_line(fold.table.turns[0].seat)
    found = 0
    for _ in range(30):
        fold.wait(1000)
        if fold.table.phase != "write":
            break
        seat = fold.table.turns[-1].seat
        fold.write_line(seat)
        mine = fold.view(seat).mine
        found = max(found, len(mine))
        assert [own.text for own in mine] == sorted(
            (own.text for own in mine), key=lambda text: int(text.rpartition("word")[2])
        )
    assert found >= 1


def test_a_hidden_line_is_no_longer_seen_by_who_goes_on() -> None:
    fold = Sheets(4)
    fold.write_line(1)
    fold.write_line(2)
    turn = next(turn for turn in fold.table.turns if fold.view(turn.seat).turn.tail)
    seen = fold.view(turn.seat).turn
    fold.do(steps.Hid(seen.slot, True))
    assert (fold.view(turn.seat).turn.tail, fold.view(turn.seat).turn.slot) == ("", seen.slot)
    fold.do(steps.Hid(seen.slot, False))
    assert fold.view(turn.seat).turn == seen


# ---- passing


def test_to_pass_counts_as_a_line_and_to_give_back_does_not() -> None:
    fold = Sheets(4)
    first, second, *_ = fold.table.turns
    fold.do(steps.Passed(seat=first.seat, move=first.move))
    fold.do(steps.Passed(seat=second.seat, move=second.move, gives_back=True))
    assert fold.table.begun.credit == {first.seat: 1}
    assert refused(fold, steps.Passed(seat=first.seat, move=first.move)) == "turn_over"


# ---- the end


def test_sheets_are_read_out_one_after_another_and_a_click_on_next_counts_once() -> None:
    fold = Sheets(3)
    fold.write_all()
    assert fold.table.phase == "reveal"
    assert len(fold.view(None).sheets) == 1
    fold.choose(1, "next", 1)
    assert refused(fold, steps.Chose(seat=1, what="next", values=("1",))) == "turn_over"
    assert refused(fold, steps.Chose(seat=2, what="next", values=("2",))) == "game_not_now"
    assert len(fold.view(None).sheets) == 2
    fold.wait(NEXT_MS)
    assert len(fold.view(None).sheets) == 3
    assert [effect.part for effect in fold.effects if isinstance(effect, steps.Reveal)] == [1, 2, 3]
    fold.wait(NEXT_MS)
    assert fold.table.phase == "hearts"
    assert all(line.writer is None for sheet in fold.view(1).sheets for line in sheet)
    fold.wait(HEARTS_MS["tonight"])
    assert fold.table.state == "ended"
    assert all(line.writer for sheet in fold.view(None).sheets for line in sheet)


def test_hearts_are_points_for_others_lines_three_at_most() -> None:
    fold = Sheets(3)
    fold.write_all()
    fold.read_all()
    reader = 4
    fold.do(steps.Joined(pen_name="Reader", role="reader"))
    ones, twos = fold.slots_by(1), fold.slots_by(2)
    assert refused(fold, steps.Chose(seat=1, what="hearts", values=(ones[0],))) == "game_own_line"
    assert refused(fold, steps.Chose(seat=1, what="hearts", values=("9.9",))) == "turn_over"
    four = (*twos[:2], *fold.slots_by(3)[:2])
    assert refused(fold, steps.Chose(seat=1, what="hearts", values=four)) == "game_hearts"
    fold.choose(1, "hearts", *twos[:2])
    fold.choose(3, "hearts", ones[0], ones[0])
    fold.choose(reader, "hearts", twos[0])
    assert fold.view(1).hearts == tuple(twos[:2])
    assert fold.view(2).hearts == ()
    fold.do(steps.Left(3))  # what they gave stays
    assert refused(fold, steps.Chose(seat=3, what="hearts", values=())) == "game_not_in"
    fold.leave_phase("hearts")
    points = {effect.seat: effect.points for effect in fold.effects if isinstance(effect, steps.Score)}
    assert points == {1: 1, 2: 3}
    assert fold.view(None).best == (twos[0],)


def test_hearts_can_be_taken_back() -> None:
    fold = Sheets(3)
    fold.write_all()
    fold.read_all()
    fold.choose(1, "hearts", fold.slots_by(2)[0])
    fold.choose(1, "hearts")
    fold.leave_phase("hearts")
    assert not [effect for effect in fold.effects if isinstance(effect, steps.Score)]


@pytest.mark.parametrize("pace", ["tonight", "days"])
def test_what_is_not_written_in_time_is_read_out_as_it_is(pace: Pace) -> None:
    fold = Sheets(4, pace=pace)
    began_ms = fold.now_ms
    writers = 0
    while fold.table.phase == "write":
        if fold.now_ms < began_ms + LONGEST_MS[pace] // 2 and writers < 8:
            fold.write_line(fold.table.turns[0].seat)
            writers += 1
        elif fold.table.state == "paused":
            break
        else:
            fold.wait((fold.table.due_ms or 0) - fold.now_ms)
    fold.wait(40 * 86_400_000)
    assert fold.table.state == "ended"
    assert len(fold.story) == len(fold.texts) > 0


def test_sheets_with_too_few_lines_are_left_out_where_others_have_enough() -> None:
    fold = Sheets(4)
    while max(len(sheet.writers) for sheet in fold.table.begun.sheets) < 3:
        fold.write_line(fold.table.turns[0].seat)
    fold.do(steps.Ended())
    fold.read_all()
    assert all(len(sheet) >= 3 for sheet in fold.view(None).sheets)


def test_over_days_nothing_is_read_out_at_night_by_itself() -> None:
    fold = Sheets(3, pace="days")
    fold.table = dataclasses.replace(fold.table, terms=dataclasses.replace(fold.table.terms, quiet=Quiet(zone="UTC")))
    fold.write_all()  # it is half a minute past midnight
    assert fold.table.phase_due_ms == 9 * 3_600_000
    fold.choose(1, "next", 1)
    assert len(fold.view(None).sheets) == 2


def test_late_joiners_are_taken_in_until_half_is_written() -> None:
    fold = Sheets(4)
    while 2 * len(fold.texts) < 16 - 2:
        fold.write_line(fold.table.turns[0].seat)
    fold.do(steps.Joined(pen_name="Late"))
    fold.write_line(fold.table.turns[0].seat)
    assert refused(fold, steps.Joined(pen_name="Too late")) == "game_no_joining"

"""Fold's sheets go round evenly: nobody continues themselves, and without absences all have the same number of lines,
give or take one, whoever is quick or slow."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.games import steps
from bot.rules.games.fold import FoldGame
from bot.rules.games.fold_sharing import Shares
from bot.rules.games.table import Pace
from tests.rules.games.parties import Party

GAME = FoldGame()
"""The game under test."""


def fold_of(seed: int, players: int, pace: Pace = "tonight", lines: int = 0) -> Party:
    """Return a game of Fold that has begun."""
    party = Party(GAME, pace, random.Random(seed))
    for _ in range(players):
        party.join()
    party.do(steps.Agreed(settings={"lines": lines}))
    party.do(steps.Started())
    return party


def write(party: Party, seat: int) -> None:
    """Let a seat write its line."""
    turn = party.table.turn(seat)
    assert turn is not None
    party.do(steps.Wrote(seat=seat, move=turn.move, text="one two three"))


def play_out(party: Party) -> None:
    """Let everybody write, some always sooner than others, until all is written."""
    haste = {seat.number: party.rng.random() ** 3 for seat in party.table.seats}
    while party.table.phase == "write":
        seats = [turn.seat for turn in party.table.turns]
        write(party, party.rng.choices(seats, [haste[seat] + 0.01 for seat in seats])[0])


def lines_of(party: Party) -> Counter[int | None]:
    return Counter(writer for sheet in party.table.begun.sheets for writer in sheet.writers)


@pytest.mark.parametrize("players", [*range(3, 13), 17, 24])
@pytest.mark.parametrize("lines", [0, 3, 5, 12])
def test_lines_are_shared_out_evenly(players: int, lines: int) -> None:
    party = fold_of(players * 100 + lines, players, "tonight" if players < 13 else "days", lines)
    seats = [seat.number for seat in party.table.active]
    play_out(party)
    counts = lines_of(party)
    assert max(counts[seat] for seat in seats) - min(counts[seat] for seat in seats) <= 1
    for sheet in party.table.begun.sheets:
        assert len(sheet.writers) == party.table.begun.lines
        assert all(one != other for one, other in itertools.pairwise(sheet.writers))


def test_nobody_waits_for_somebody_slow_before_their_own_lines_are_written() -> None:
    party = fold_of(1, 5)
    slow, *quick = [seat.number for seat in party.table.active]
    while ready := [turn.seat for turn in party.table.turns if turn.seat != slow]:
        write(party, party.rng.choice(ready))
    # All 20 but those between lines that the slow seat has to write.
    assert sum(lines_of(party)[seat] for seat in quick) >= 17
    play_out(party)
    assert set(lines_of(party).values()) == {5}


def test_who_gives_a_sheet_back_gets_another_one_and_loses_no_line() -> None:
    party = fold_of(2, 5)
    (turn, *_) = party.table.turns
    party.do(steps.Passed(seat=turn.seat, move=turn.move, gives_back=True))
    assert party.table.turn(turn.seat) is None  # all other sheets are held
    (other, *_) = [each for each in party.table.turns if each.seat != turn.seat]
    write(party, other.seat)
    again = party.table.turn(turn.seat)
    assert again is not None
    assert again.what == other.what
    play_out(party)
    assert set(lines_of(party).values()) == {5}


def test_a_sheet_that_everybody_declines_is_not_lost() -> None:
    party = fold_of(3, 3)
    for _ in range(60):
        turns = list(party.table.turns)
        assert turns, "somebody always has a sheet"
        party.do(steps.Passed(seat=turns[0].seat, move=turns[0].move, gives_back=True))
    play_out(party)
    assert set(lines_of(party).values()) == {3}


def test_who_joins_late_writes_no_more_than_their_share() -> None:
    party = fold_of(4, 11, "days")
    for turn in party.table.turns[:6]:
        write(party, turn.seat)
    waiting = [seat.number for seat in party.table.active if party.table.turn(seat.number) is None]
    late = party.join()
    credit = party.table.begun.credit
    assert not set(credit) - {late}, f"only who joins is counted lines, not those who wait: {waiting}"
    play_out(party)
    counts = lines_of(party)
    seats = [seat.number for seat in party.table.active]
    assert max(counts[seat] for seat in seats) - min(counts[seat] for seat in seats) <= 1 + credit.get(late, 0)


def test_who_only_says_that_they_are_there_is_counted_no_lines() -> None:
    party = fold_of(5, 4)
    slow, *quick = [seat.number for seat in party.table.active]
    for _ in range(6):
        write(party, next(turn.seat for turn in party.table.turns if turn.seat in quick))
    party.do(steps.Back(slow))
    assert party.table.begun.credit == {}


SHEETS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([None, 1, 2, 3])), min_size=1, max_size=3)
"""Sheets with the lines that they lack and their last writers."""


@settings(max_examples=40)
@given(sheets=SHEETS, counts=st.lists(st.integers(0, 3), min_size=2, max_size=3))
def test_a_line_is_given_only_if_the_rest_can_be_shared_out(
    sheets: list[tuple[int, int | None]], counts: list[int]
) -> None:
    seats = dict(enumerate(counts, 1))
    rests, lasts = [rest for rest, _ in sheets], [last for _, last in sheets]
    ends = best_ends(seats, tuple(rests), tuple(lasts))
    assert ends is not None
    for seat, place in itertools.product(seats, range(len(sheets))):
        if not rests[place] or lasts[place] == seat:
            continue
        shares = Shares(seats, rests, lasts)
        taken = shares.take(seat, place)
        after = best_ends(
            {**seats, seat: seats[seat] + 1},
            tuple(rest - (at == place) for at, rest in enumerate(rests)),
            tuple(seat if at == place else last for at, last in enumerate(lasts)),
        )
        assert after is not None
        even = sum(seats.values()) + sum(rests)
        level = max(even // len(seats), 0)
        if ends <= 1 and max(counts) <= level + 1:
            assert taken == (after <= 1), (seat, place)


def best_ends(counts: dict[int, int], rests: tuple[int, ...], lasts: tuple[int | None, ...]) -> int | None:
    """Try all ways to write what is left; return by how little seats can differ in the end."""
    todo = {(tuple(sorted(counts.items())), rests, lasts)}
    while True:
        following = set()
        for state, left, last in todo:
            place = next((at for at, rest in enumerate(left) if rest), None)
            if place is None:
                return min(max(dict(each).values()) - min(dict(each).values()) for each, _, _ in todo)
            for seat, _count in state:
                if last[place] != seat:
                    grown = tuple((each, number + (each == seat)) for each, number in state)
                    rest = tuple(lines - (at == place) for at, lines in enumerate(left))
                    ends = tuple(seat if at == place else each for at, each in enumerate(last))
                    following.add((grown, rest, ends))
        if not following:
            return None
        todo = following

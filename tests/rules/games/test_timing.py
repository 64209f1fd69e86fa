"""When something is due: quiet hours at changes of the clocks, pauses, more time, and reminders."""

from __future__ import annotations

import dataclasses
import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import PersonError
from bot.rules.games import steps
from bot.rules.games.fold import LONGEST_MS, FoldGame
from bot.rules.games.relay import RelayGame
from bot.rules.games.table import Quiet, Terms
from bot.rules.games.timing import AFTER_QUIET_MS, due_at, quiet_until
from tests.rules.games.parties import Party

HOUR = 3_600_000
"""An hour (ms)."""
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "Asia/Beirut",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Cairo",
)
"""Zones whose clocks change at odd times, at midnight, by half an hour, or not at all."""


def at(zone: str, *when: int, fold: int = 0) -> int:
    """Return a time of a zone in UTC ms."""
    year, month, day, hour, minute = when
    local = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone), fold=fold)
    return round(local.astimezone(UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("zone", "now", "ends"),
    [
        ("Europe/Berlin", (2026, 11, 30, 23, 30), (2026, 12, 1, 8, 0)),
        ("Europe/Berlin", (2026, 11, 30, 7, 59), (2026, 11, 30, 8, 0)),
        ("Europe/Berlin", (2026, 3, 28, 23, 30), (2026, 3, 29, 8, 0)),  # an hour is skipped
        ("Europe/Berlin", (2026, 10, 24, 23, 30), (2026, 10, 25, 8, 0)),  # an hour comes twice
        ("America/New_York", (2026, 11, 1, 1, 30), (2026, 11, 1, 8, 0)),
    ],
)
def test_quiet_hours_end_by_the_clock_of_the_server(zone: str, now: tuple[int, ...], ends: tuple[int, ...]) -> None:
    assert quiet_until(Quiet(zone=zone), at(zone, *now)) == at(zone, *ends)


@pytest.mark.parametrize("hour", [8, 12, 22])
def test_by_day_it_is_not_quiet(hour: int) -> None:
    assert quiet_until(Quiet(zone="Europe/Berlin"), at("Europe/Berlin", 2026, 3, 29, hour, 0)) is None


def test_an_end_that_the_clocks_skip_comes_when_they_have() -> None:
    quiet = Quiet(zone="Europe/Berlin", begin=23, end=2)
    assert quiet_until(quiet, at("Europe/Berlin", 2026, 3, 29, 1, 30)) == at("Europe/Berlin", 2026, 3, 29, 3, 0)


@given(
    zone=st.sampled_from(ZONES),
    begin=st.integers(0, 23),
    end=st.integers(0, 23),
    now_ms=st.integers(at("UTC", 2026, 1, 1, 0, 0), at("UTC", 2027, 1, 1, 0, 0)),
)
def test_quiet_hours_always_end_within_a_day_and_nothing_is_due_in_them(
    zone: str, begin: int, end: int, now_ms: int
) -> None:
    quiet = Quiet(zone=zone, begin=begin, end=end)
    ends_ms = quiet_until(quiet, now_ms)
    if ends_ms is not None:
        assert now_ms < ends_ms <= now_ms + 25 * HOUR
        assert quiet_until(quiet, ends_ms) is None
    due_ms = due_at(Terms(pace="days", quiet=quiet), now_ms, 0)
    assert due_ms >= now_ms
    assert quiet_until(quiet, due_ms) is None
    assert due_at(Terms(pace="tonight", quiet=quiet), now_ms, 0) == now_ms


def test_a_zone_that_nobody_knows_counts_as_utc() -> None:
    now_ms = at("UTC", 2026, 11, 30, 23, 30)
    assert quiet_until(Quiet(zone="Nowhere/Else"), now_ms) == quiet_until(Quiet(zone="UTC"), now_ms)
    assert quiet_until(Quiet(zone="../../etc/passwd"), now_ms) == quiet_until(Quiet(zone="UTC"), now_ms)


# ---- at a table


def fold(now: tuple[int, ...], pace: str = "days", players: int = 4) -> Party:
    """Return a game of Fold in Berlin that begins at that time."""
    party = Party(FoldGame(), pace, random.Random(1), quiet=Quiet(zone="Europe/Berlin"))  # type: ignore[arg-type]
    party.now_ms = at("Europe/Berlin", *now)
    party.table = dataclasses.replace(party.table, created_ms=party.now_ms)
    for _ in range(players):
        party.join()
    party.do(steps.Started())
    return party


def reminders(party: Party) -> list[int]:
    return [effect.seat for effect in party.effects if isinstance(effect, steps.Ping) and effect.reminder]


def test_a_turn_over_days_is_due_after_quiet_hours() -> None:
    party = fold((2026, 11, 30, 23, 30))
    assert {turn.due_ms for turn in party.table.turns} == {at("Europe/Berlin", 2026, 12, 2, 9, 0)}


def test_everybody_is_reminded_once_and_not_at_night() -> None:
    party = fold((2026, 11, 30, 10, 0))  # three quarters of a day later it is 4 o'clock
    seats = {turn.seat for turn in party.table.turns}
    assert {turn.warn_ms for turn in party.table.turns} == {at("Europe/Berlin", 2026, 12, 1, 8, 0)}
    party.tick()
    assert sorted(reminders(party)) == sorted(seats)
    party.tick()
    assert party.now_ms == at("Europe/Berlin", 2026, 12, 1, 10, 0)
    assert len(reminders(party)) == len(seats)


def test_a_reminder_that_is_late_waits_for_the_end_of_the_night() -> None:
    party = fold((2026, 11, 30, 11, 0))
    warn_ms = at("Europe/Berlin", 2026, 12, 1, 8, 0)
    turns = tuple(
        dataclasses.replace(turn, warn_ms=at("Europe/Berlin", 2026, 11, 30, 22, 55)) for turn in party.table.turns
    )
    party.table = dataclasses.replace(party.table, turns=turns)
    party.now_ms = at("Europe/Berlin", 2026, 11, 30, 23, 5)  # the bot was away
    party.do(steps.Tick())
    assert reminders(party) == []
    assert {turn.warn_ms for turn in party.table.turns} == {warn_ms}
    party.tick()
    assert party.now_ms == warn_ms
    assert len(reminders(party)) == 4


def test_short_turns_have_no_reminder_and_are_due_at_any_hour_tonight() -> None:
    party = fold((2026, 11, 30, 23, 30), "tonight")
    assert {turn.warn_ms for turn in party.table.turns} == {None}
    assert {turn.due_ms for turn in party.table.turns} == {party.now_ms + 180_000}


def test_more_time_is_half_as_much_again_once_a_turn() -> None:
    party = fold((2026, 11, 30, 12, 0))
    turn = party.table.turns[0]
    party.do(steps.MoreTime(turn.seat, turn.move))
    longer = party.table.turn(turn.seat)
    assert longer is not None
    assert longer.due_ms == at("Europe/Berlin", 2026, 12, 2, 9, 0)  # midnight is quiet
    assert longer.warn_ms is not None
    assert longer.warn_ms > (turn.warn_ms or 0)
    with pytest.raises(PersonError, match="game_extended"):
        party.do(steps.MoreTime(turn.seat, turn.move))


def test_more_time_keeps_a_seat_from_resting() -> None:
    party = fold((2026, 11, 30, 12, 0), "tonight")
    seat = party.table.turns[0].seat
    party.do(steps.Skipped(seat))
    while (turn := party.table.turn(seat)) is None:
        party.tick()
    party.do(steps.MoreTime(seat, turn.move))
    party.do(steps.Skipped(seat))
    found = party.table.seat(seat)
    assert found is not None
    assert (found.presence, found.missed) == ("in", 1)


def test_a_pause_moves_everything_that_is_due() -> None:
    party = fold((2026, 11, 30, 12, 0), "tonight")
    before = party.table
    party.do(steps.Paused())
    party.now_ms += 600_000
    party.do(steps.Resumed())
    for turn, moved in zip(before.turns, party.table.turns, strict=True):
        assert (moved.opened_ms, moved.due_ms) == (turn.opened_ms + 600_000, turn.due_ms + 600_000)
    assert party.table.phase_due_ms == (before.phase_due_ms or 0) + 600_000
    assert before.phase_due_ms == before.turns[0].opened_ms + LONGEST_MS["tonight"]


def test_what_a_pause_moves_into_the_night_is_due_after_it() -> None:
    party = fold((2026, 11, 30, 12, 0))
    party.do(steps.Paused())
    party.now_ms += 12 * HOUR
    party.do(steps.Resumed())
    assert {turn.due_ms for turn in party.table.turns} == {at("Europe/Berlin", 2026, 12, 2, 9, 0)}


def test_requests_that_are_not_asked_yet_are_moved_by_a_pause() -> None:
    party = Party(RelayGame(), "tonight", random.Random(1))
    for _ in range(3):
        party.join()
    party.do(steps.Started())
    party.do(steps.Wrote(seat=party.table.turns[0].seat, move=party.table.turns[0].move, text="word " * 20))
    party.do(steps.Chose(seat=party.table.turns[0].seat, what="spark", values=()))
    (request,) = party.table.requests
    later = dataclasses.replace(request, after_ms=request.due_ms - 5000)
    party.table = dataclasses.replace(party.table, requests=(later,))
    party.do(steps.Paused())
    party.now_ms += 60_000
    party.do(steps.Resumed())
    (moved,) = party.table.requests
    assert (moved.due_ms, moved.after_ms) == (later.due_ms + 60_000, later.after_ms + 60_000)


def test_where_hardly_an_hour_is_loud_it_is_due_at_once() -> None:
    quiet = Quiet(zone="UTC", begin=9, end=8)
    due_ms = due_at(Terms(pace="days", quiet=quiet), at("UTC", 2026, 11, 30, 12, 0), 0)
    assert due_ms == at("UTC", 2026, 12, 1, 8, 0)
    assert AFTER_QUIET_MS == HOUR

"""When something is due at a table: turns, reminders and phases, by its pace and the server's quiet hours.

A game over days is never due in quiet hours: what would be is moved to an hour after their end. One for tonight is
played by people who are there, whatever the clock says.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.rules.games.table import GRACE_MS, Quiet, StateT, Table, Terms, Turn

REMINDED_MS = 3 * 60_000
"""Turns that last longer have a reminder (ms)."""
REMINDER_AT = 0.75
"""When it comes, as a share of the turn."""
EXTENSION = 0.5
"""What *More time* adds, as a share of the turn."""
AFTER_QUIET_MS = 3_600_000
"""How long after the end of quiet hours something is due that would have been in them (ms)."""


def due_at(terms: Terms, now_ms: int, within_ms: int) -> int:
    """Return when something is due that is given `within_ms` from now (UTC ms)."""
    due_ms = now_ms + within_ms
    if terms.pace == "tonight" or (ends_ms := quiet_until(terms.quiet, due_ms)) is None:
        return due_ms
    # Where hardly an hour is not quiet, it is due at the end itself.
    return ends_ms + AFTER_QUIET_MS * (quiet_until(terms.quiet, ends_ms + AFTER_QUIET_MS) is None)


def quiet_until(quiet: Quiet, at_ms: int) -> int | None:
    """Return when the quiet hours end in which `at_ms` is (UTC ms), None where it is in none. Hours that the clocks
    skip or repeat in spring and autumn are those of the server's clock. A zone that is not known counts as UTC."""
    try:
        zone = ZoneInfo(quiet.zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    here = datetime.fromtimestamp(at_ms / 1000, zone)
    if quiet.begin == quiet.end or not _is_within(here.hour, quiet):
        return None
    day = here.date() if here.hour < quiet.end else here.date() + timedelta(days=1)
    end = datetime(day.year, day.month, day.day, quiet.end, tzinfo=zone)
    return round(end.astimezone(UTC).timestamp() * 1000)


def _is_within(hour: int, quiet: Quiet) -> bool:
    if quiet.begin < quiet.end:
        return quiet.begin <= hour < quiet.end
    return hour >= quiet.begin or hour < quiet.end


def opened(table: Table[StateT], seat: int, what: str, within_ms: int, now_ms: int) -> Table[StateT]:
    """Return the table with a turn begun, instead of any other that the seat had."""
    due_ms = due_at(table.terms, now_ms, within_ms)
    warn_ms = _warn_at(table.terms, now_ms, due_ms) if within_ms > REMINDED_MS else None
    turn = Turn(seat=seat, move=table.move, what=what, opened_ms=now_ms, due_ms=due_ms, warn_ms=warn_ms)
    return dataclasses.replace(table, turns=(*(each for each in table.turns if each.seat != seat), turn))


def _warn_at(terms: Terms, opened_ms: int, due_ms: int) -> int | None:
    """Return when a turn is reminded of, None: never, since until it is due it is quiet."""
    warn_ms = opened_ms + round((due_ms - opened_ms) * REMINDER_AT)
    warn_ms = quiet_until(terms.quiet, warn_ms) or warn_ms
    return warn_ms if warn_ms < due_ms else None


def warned(table: Table[StateT], turn: Turn, now_ms: int) -> tuple[Table[StateT], bool]:
    """Return the table with a reminder given that is due, and True; or, in quiet hours, put off to their end, and
    False."""
    quiet_ms = quiet_until(table.terms.quiet, now_ms)
    later_ms = quiet_ms if quiet_ms is not None and quiet_ms < turn.due_ms else None
    return changed(table, dataclasses.replace(turn, warn_ms=later_ms)), quiet_ms is None


def closed(table: Table[StateT], seat: int) -> Table[StateT]:
    """Return the table without the seat's turn."""
    return dataclasses.replace(table, turns=tuple(turn for turn in table.turns if turn.seat != seat))


def changed(table: Table[StateT], turn: Turn) -> Table[StateT]:
    """Return the table with a turn changed."""
    turns = tuple(turn if each.seat == turn.seat else each for each in table.turns)
    return dataclasses.replace(table, turns=turns)


def acted(table: Table[StateT], turn: Turn) -> Table[StateT]:
    """Return the table with a turn taken that can be mended until the phase closes."""
    return changed(table, dataclasses.replace(turn, acted=True, warn_ms=None))


def with_grace(table: Table[StateT], now_ms: int) -> Table[StateT]:
    """Return the table with its phase closing a grace after all who are waited for have acted, if not before."""
    return closing(table, now_ms) if table.turns and all(turn.acted for turn in table.turns) else table


def closing(table: Table[StateT], now_ms: int) -> Table[StateT]:
    """Return the table with its phase closing after a grace, in which what was done can still be changed, if not
    before."""
    due_ms = due_at(table.terms, now_ms, GRACE_MS[table.terms.pace])
    due_ms = due_ms if table.phase_due_ms is None else min(table.phase_due_ms, due_ms)
    return dataclasses.replace(table, phase_due_ms=due_ms)


def extended(table: Table[StateT], turn: Turn) -> Table[StateT]:
    """Return the table with half as much time again for a turn, from its deadline on."""
    more_ms = round((turn.due_ms - turn.opened_ms) * EXTENSION)
    due_ms = due_at(table.terms, turn.due_ms, more_ms)
    warn_ms = None if turn.warn_ms is None else _warn_at(table.terms, turn.opened_ms, due_ms)
    table = changed(table, dataclasses.replace(turn, due_ms=due_ms, warn_ms=warn_ms, extended=True))
    if table.phase_due_ms is not None and table.phase_due_ms < due_ms:
        table = dataclasses.replace(table, phase_due_ms=due_ms)
    return table


def moved(table: Table[StateT], by_ms: int) -> Table[StateT]:
    """Return the table with everything due so much later, or after quiet hours: it was paused meanwhile."""
    turns = tuple(_moved(table.terms, turn, by_ms) for turn in table.turns)
    requests = tuple(
        dataclasses.replace(each, due_ms=each.due_ms + by_ms, after_ms=each.after_ms and each.after_ms + by_ms)
        for each in table.requests
    )
    phase_ms = None if table.phase_due_ms is None else due_at(table.terms, table.phase_due_ms, by_ms)
    return dataclasses.replace(table, turns=turns, requests=requests, phase_due_ms=phase_ms)


def _moved(terms: Terms, turn: Turn, by_ms: int) -> Turn:
    opened_ms, due_ms = turn.opened_ms + by_ms, due_at(terms, turn.due_ms, by_ms)
    warn_ms = None if turn.warn_ms is None else _warn_at(terms, opened_ms, due_ms)
    return dataclasses.replace(turn, opened_ms=opened_ms, due_ms=due_ms, warn_ms=warn_ms)

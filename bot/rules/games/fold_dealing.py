"""Who writes on which sheet of Fold next.

A free seat gets a free sheet on which it did not write lately, if all that is left can then still be shared out so that
nobody continues themselves and no two seats differ by more than a line. Who is quick may be ahead of the others
meanwhile: nobody waits for somebody slow before their own lines are written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from bot.rules.games import timing
from bot.rules.games.chance import draw
from bot.rules.games.fold_sharing import Shares
from bot.rules.games.fold_sheets import FoldTable, line_counts, with_sheet
from bot.rules.games.table import Pace

FIRST_LINES = 4
"""So many lines of a sheet have the longer time."""
TURN_MS: Mapping[Pace, tuple[int, int]] = MappingProxyType({"tonight": (180_000, 120_000), "days": (86_400_000,) * 2})
"""Time for one of the first lines of a sheet and for a later one, by pace (ms)."""
APART = 2
"""So many of the last writers of a sheet do not get it again, where there are others."""


def dealt(table: FoldTable, now_ms: int) -> FoldTable:
    """Give free sheets to free seats. Where nobody would have one, a writer may get a sheet again that only one other
    has written on since, or, at last, one that everybody declined."""
    if table.state != "playing" or table.phase != "write":
        return table
    for apart, declined in ((APART, False), (1, False), (1, True)):
        if apart == APART or all(sheet.held is None for sheet in table.begun.sheets):
            table = _dealt_once(table, min(apart, len(table.active) - 1), declined, now_ms)
    return table


def _dealt_once(table: FoldTable, apart: int, declined: bool, now_ms: int) -> FoldTable:
    """Give every free seat a sheet for which there is one; with `declined` also one that they gave back."""
    fold = table.begun
    waiting = [seat.number for seat in table.active if table.turn(seat.number) is None]
    free = [place for place, sheet in enumerate(fold.sheets) if sheet.held is None and len(sheet.writers) < fold.lines]
    if not waiting or not free:
        return table
    shares = _shares_of(table)
    waiting.sort(key=lambda number: (shares.counts[number], draw(table.seed, table.move, f"seat:{number}")))
    for number in waiting:
        for place in _ranked(table, number, free):
            sheet = fold.sheets[place]
            if number in sheet.writers[-apart:] or (number in sheet.declined and not declined):
                continue
            if shares.take(number, place):
                free.remove(place)
                within_ms = TURN_MS[table.terms.pace][len(sheet.writers) >= FIRST_LINES]
                table = timing.opened(table, number, str(place), within_ms, now_ms)
                table = with_sheet(table, place, dataclasses.replace(sheet, held=number))
                break
    return table


def _shares_of(table: FoldTable) -> Shares:
    """Return what is left to be shared out: on each sheet the lines behind the one that is being written."""
    fold = table.begun
    rests, lasts = [], []
    for sheet in fold.sheets:
        rests.append(fold.lines - len(sheet.writers) - (sheet.held is not None))
        lasts.append(sheet.held if sheet.held is not None else sheet.writers[-1] if sheet.writers else None)
    return Shares(line_counts(fold, [seat.number for seat in table.active]), rests, lasts)


def _ranked(table: FoldTable, seat: int, free: list[int]) -> list[int]:
    """Return free sheets, the best for a seat first: with the fewest lines of its own, then with the fewest lines."""

    def rank(place: int) -> tuple[int, int, int]:
        writers = table.begun.sheets[place].writers
        return writers.count(seat), len(writers), draw(table.seed, table.move, f"sheet:{seat}:{place}")

    return sorted(free, key=rank)

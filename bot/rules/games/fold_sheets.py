"""The sheets of Fold, and who writes on which next.

Nobody continues themselves, and without absences no two seats differ by more than a line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.rules.games import timing
from bot.rules.games.chance import draw
from bot.rules.games.table import Pace, Table

FIRST_LINES = 4
"""So many lines of a sheet have the longer time."""
TURN_MS: Mapping[Pace, tuple[int, int]] = MappingProxyType({"tonight": (180_000, 120_000), "days": (86_400_000,) * 2})
"""Time for one of the first lines of a sheet and for a later one, by pace (ms)."""
APART = 2
"""So many of the last writers of a sheet do not get it again, where there are others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet: who wrote its lines, in order; None: a stand-in. `held`: a seat writes on it, or a model does (0)."""

    writers: tuple[int | None, ...] = ()
    held: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """How far a game of Fold is. `lines`: of each sheet; `credit`: lines that a seat is counted without having written
    them, because it joined later or missed them; `order`: the sheets as they are read out, `shown` of them so far;
    `hearts`: by seat, the slots of the lines."""

    sheets: tuple[Sheet, ...]
    lines: int
    credit: dict[int, int] = field(default_factory=dict)
    order: tuple[int, ...] = ()
    shown: int = 0
    hearts: dict[int, tuple[str, ...]] = field(default_factory=dict)


FoldTable = Table[Fold]


def slot_of(place: int, line: int) -> str:
    """Return the slot of a line, both counted from 0."""
    return f"{place}.{line}"


def written(fold: Fold) -> int:
    """Return how many lines there are."""
    return sum(len(sheet.writers) for sheet in fold.sheets)


def slots(fold: Fold, place: int) -> list[str]:
    """Return the slots of the lines of a sheet."""
    return [slot_of(place, line) for line in range(len(fold.sheets[place].writers))]


def dealt(table: FoldTable, now_ms: int) -> FoldTable:
    """Give free sheets to free seats. Where nobody would have one, first a writer may get a sheet again that only one
    other has written on since, then somebody a line more than the others."""
    for apart, fair in ((APART, True), (1, True), (1, False)):
        if apart == APART or not _is_busy(table):
            table = _dealt_once(table, apart, fair, now_ms)
    return table


def _is_busy(table: FoldTable) -> bool:
    return any(sheet.held is not None for sheet in table.begun.sheets)


def _dealt_once(table: FoldTable, apart: int, fair: bool, now_ms: int) -> FoldTable:
    fold = table.begun
    active = {seat.number for seat in table.active}
    counts = _counts(fold, active)
    waiting = [number for number in active if table.turn(number) is None]
    waiting.sort(key=lambda number: (counts[number], draw(table.seed, table.move, f"seat:{number}")))
    for number in waiting:
        if fair and counts[number] > min(counts.values()):
            continue
        place = _sheet_for(table, number, min(len(active) - 1, apart))
        if place is None:
            continue
        line = len(table.begun.sheets[place].writers)
        within_ms = TURN_MS[table.terms.pace][line >= FIRST_LINES]
        table = timing.opened(table, number, str(place), within_ms, now_ms)
        table = with_sheet(table, place, dataclasses.replace(table.begun.sheets[place], held=number))
        counts[number] += 1
    return table


def _sheet_for(table: FoldTable, seat: int, apart: int) -> int | None:
    """Return the free sheet for a seat: one on which it has not written lately, with the fewest lines of its own, then
    with the fewest lines; None where there is none."""
    fold = table.begun
    free = [
        place
        for place, sheet in enumerate(fold.sheets)
        if sheet.held is None and len(sheet.writers) < fold.lines and seat not in _last(sheet, max(1, apart))
    ]

    def rank(place: int) -> tuple[int, int, int]:
        writers = fold.sheets[place].writers
        return writers.count(seat), len(writers), draw(table.seed, table.move, f"sheet:{seat}:{place}")

    return min(free, key=rank, default=None)


def _last(sheet: Sheet, apart: int) -> set[int | None]:
    return set(sheet.writers[-apart:])


def _counts(fold: Fold, active: Iterable[int]) -> dict[int, int]:
    """Lines of each seat: written, being written, and those that it is counted."""
    counts = {number: fold.credit.get(number, 0) for number in active}
    for sheet in fold.sheets:
        for writer in (*sheet.writers, sheet.held):
            if writer in counts:
                counts[writer] += 1
    return counts


def levelled(table: FoldTable) -> FoldTable:
    """Count whoever joins late, or comes back, as many lines as those have who have the fewest."""
    fold = table.begun
    counts = _counts(fold, [seat.number for seat in table.active])
    known = [count for number, count in counts.items() if number in fold.credit or count]
    least = min(known, default=0)
    credit = {
        number: fold.credit.get(number, 0) + max(0, least - count) for number, count in counts.items() if count < least
    }
    return dataclasses.replace(table, game=dataclasses.replace(fold, credit={**fold.credit, **credit}))


def with_sheet(table: FoldTable, place: int, sheet: Sheet) -> FoldTable:
    """Return the table with a sheet changed."""
    sheets = tuple(sheet if index == place else each for index, each in enumerate(table.begun.sheets))
    return dataclasses.replace(table, game=dataclasses.replace(table.begun, sheets=sheets))

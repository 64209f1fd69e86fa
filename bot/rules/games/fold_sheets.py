"""The sheets of Fold, and how many lines each seat has."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.rules.games.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet: who wrote its lines, in order; None: a stand-in. `held`: a seat writes on it, or a model does (0).
    `declined`: the seats that do not want to go on from its last line."""

    writers: tuple[int | None, ...] = ()
    held: int | None = None
    declined: tuple[int, ...] = ()


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


def line_counts(fold: Fold, seats: Iterable[int]) -> dict[int, int]:
    """Return the lines of each of the seats: written, being written, and those that it is counted."""
    counts = {number: fold.credit.get(number, 0) for number in seats}
    for sheet in fold.sheets:
        for writer in (*sheet.writers, sheet.held):
            if writer in counts:
                counts[writer] += 1
    return counts


def credited(table: FoldTable, seat: int, lines: int = 1) -> FoldTable:
    """Return the table with a seat counted lines that it did not write."""
    fold = table.begun
    credit = {**fold.credit, seat: fold.credit.get(seat, 0) + lines}
    return dataclasses.replace(table, game=dataclasses.replace(fold, credit=credit))


def levelled(table: FoldTable, seat: int) -> FoldTable:
    """Count whoever joins late, or comes back, as many lines as those have who have the fewest."""
    counts = line_counts(table.begun, [each.number for each in table.active])
    own = counts.pop(seat, 0)
    least = min(counts.values(), default=0)
    return credited(table, seat, least - own) if own < least else table


def with_sheet(table: FoldTable, place: int, sheet: Sheet) -> FoldTable:
    """Return the table with a sheet changed."""
    sheets = tuple(sheet if index == place else each for index, each in enumerate(table.begun.sheets))
    return dataclasses.replace(table, game=dataclasses.replace(table.begun, sheets=sheets))

"""Shelves: what one reader has read, the best first, and how well they agree with the others.

A shelf is a partial ranking. Everything here names entries by numbers from 0, and is the same for texts, pictures or
songs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import BadInput

MOST_ON_SHELF = 24
"""Entries on a shelf at most: one more place than entries is what a menu of Discord's can offer."""
USUAL_READINGS = 6
"""Entries that a reader is asked to read."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a reader has placed, the best first. A shelf of one says nothing yet."""

    entries: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    def placed(self, entry: int, place: int) -> Shelf:
        """Return the shelf with an entry at `place`, counted from 0 among the others; one that is there is moved.

        Raises `BadInput`: `shelf_place` (given, limit) for a place that it has not, `shelf_full` (limit).
        """
        others = tuple(each for each in self.entries if each != entry)
        if not 0 <= place <= len(others):
            raise BadInput("shelf_place", given=place + 1, limit=len(others) + 1)
        if len(others) >= MOST_ON_SHELF:
            raise BadInput("shelf_full", limit=MOST_ON_SHELF)
        return Shelf((*others[:place], entry, *others[place:]))

    def without(self, entry: int) -> Shelf:
        """Return the shelf without an entry that was withdrawn, or taken back."""
        return Shelf(tuple(each for each in self.entries if each != entry))


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """What one reader said of two entries; `tied`: too close to tell."""

    better: int
    worse: int
    tied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rankings:
    """Partial rankings of `entries` entries: `orders[k]`, best first, is by `readers[k]` and counts `weights[k]`."""

    entries: int
    orders: tuple[tuple[int, ...], ...]
    readers: tuple[int, ...]
    weights: tuple[float, ...]


def from_shelves(entries: int, shelves: Sequence[Shelf], weights: Sequence[float] | None = None) -> Rankings:
    """Return one ranking for each shelf of two or more; `weights` are the readers', 1 each where none are given.

    Raises `ValueError` for an entry that is none, or that stands on a shelf twice.
    """
    telling = [reader for reader, shelf in enumerate(shelves) if len(shelf) > 1]
    for reader in telling:
        found = shelves[reader].entries
        if len(set(found)) != len(found) or not all(0 <= each < entries for each in found):
            raise ValueError(f"no shelf of {entries} entries: {found}")
    return Rankings(
        entries=entries,
        orders=tuple(shelves[reader].entries for reader in telling),
        readers=tuple(telling),
        weights=tuple(1.0 if weights is None else weights[reader] for reader in telling),
    )


def from_duels(entries: int, duels: Sequence[Sequence[Duel]], weights: Sequence[float] | None = None) -> Rankings:
    """Return the duels of each reader as rankings of two: one that was too close counts half for each side."""
    orders, readers, shares = [], [], []
    for reader, theirs in enumerate(duels):
        weight = 1.0 if weights is None else weights[reader]
        for duel in theirs:
            for order in ((duel.better, duel.worse), (duel.worse, duel.better))[: 1 + duel.tied]:
                orders.append(order)
                readers.append(reader)
                shares.append(weight / (1 + duel.tied))
    return Rankings(entries=entries, orders=tuple(orders), readers=tuple(readers), weights=tuple(shares))

"""Which entry a reader gets next: first so that every entry is read, then where reading decides most.

Until every entry has FLOOR readings the least read comes next. Then those that may reach the podium are read more:
6 · P(podium) - .25 · readings, and a little chance. Nobody reads their own, and what was skipped never returns.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

FLOOR = 4
"""Readings that every entry has before contenders are read more."""
PODIUM_WORTH = 6.0
"""What a chance of 1 for the podium adds."""
READING_COST = 0.25
"""What each reading takes away."""
NOISE = 0.5
"""The standard deviation of the chance in it, so that readers are not all sent to one entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far a reader is: their own entries, and all that they were given (placed, skipped, or being read)."""

    own: frozenset[int] = frozenset()
    given: frozenset[int] = frozenset()


def next_entry(
    readings: Sequence[int], podium: Sequence[float] | None, reader: Reading, seed: int, closed: Collection[int] = ()
) -> int | None:
    """Return the entry for a reader, None where there is none left.

    `readings` is how often each was read, or is being read; `podium` its chance for the podium by the last fit, None
    before there is one; `closed` are entries that were withdrawn. `seed` decides between equals.
    """
    open_ = [
        entry
        for entry in range(len(readings))
        if entry not in reader.own and entry not in reader.given and entry not in closed
    ]
    if not open_:
        return None
    random = np.random.Generator(np.random.PCG64(seed))
    noise = random.standard_normal(len(readings))
    least = min(readings[entry] for entry in range(len(readings)) if entry not in closed)
    if podium is None or least < FLOOR:
        return min(open_, key=lambda entry: (readings[entry], noise[entry]))
    return max(
        open_, key=lambda entry: PODIUM_WORTH * podium[entry] - READING_COST * readings[entry] + NOISE * noise[entry]
    )

"""How long to wait before Discord is asked again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

FIRST_DELAY_S = 2.0
"""The first pause, before its jitter."""
LONGEST_DELAY_S = 300.0
"""The longest."""


def delays(first_s: float = FIRST_DELAY_S, chance: Callable[[], float] = random.random) -> Iterator[float]:
    """Give the seconds to wait before each new attempt: twice as many each time, of which a random part of at most
    half is left out, so that not everybody comes back at once."""
    delay = first_s
    while True:
        yield delay * (1 - chance() / 2)
        delay = min(2 * delay, LONGEST_DELAY_S)

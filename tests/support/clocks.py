"""Wall clocks for tests: they stand still until a test moves them."""

from __future__ import annotations

from dataclasses import dataclass


def epoch() -> int:
    """The time for tests to which it is all the same."""
    return 0


@dataclass
class Clock:
    """A clock that a test sets (UTC milliseconds)."""

    now_ms: int

    def __call__(self) -> int:
        return self.now_ms

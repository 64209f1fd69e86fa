"""Works on their own, run to their end."""

from __future__ import annotations

from typing import TypeVar

from bot.worker.batching import Turns, Work

T = TypeVar("T")


def finish(work: Work[T]) -> tuple[T, int]:
    """Run a work to its end; return its result and how many passes it took. Raises what it raises."""
    ends: list[tuple[T, Exception | None]] = []
    turns, passes = Turns(), 0
    turns.add(work, lambda result, error: ends.append((result, error)))
    while turns:
        turns.step()
        passes += 1
    [(result, error)] = ends
    if error is not None:
        raise error
    return result, passes

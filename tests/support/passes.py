"""Work that gives way after each pass, run to its end."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


def finish(work: Generator[None, None, T]) -> tuple[T, int]:
    """Run a generator to its end; return its result and how often it gave way."""
    passes = 0
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value, passes
        passes += 1

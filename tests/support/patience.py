"""How tests wait: for a condition, and until it would be absurd to wait on. No test depends on how fast the machine is.

`tests/architecture` forbids other ways: a fixed sleep is too short on a busy machine and too long on any other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hypothesis import HealthCheck

PATIENCE_S = 600.0
"""How long anything may take on a small machine that has other things to do: what takes longer hangs."""
POLL_S = 0.02
"""How often a condition is looked at that nothing tells of."""

SLOW_IS_FINE = (HealthCheck.too_slow,)
"""Hypothesis's checks that measure time."""

T = TypeVar("T")


async def until(found: Callable[[], T]) -> T:
    """Return the first truthy value of `found()`. Raises `TimeoutError`."""
    async with asyncio.timeout(PATIENCE_S):
        while not (value := found()):  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(POLL_S)
        return value


async def until_answered(ask: Callable[[], Awaitable[T]]) -> T:
    """Return the first truthy answer of `ask()`. Raises `TimeoutError`."""
    async with asyncio.timeout(PATIENCE_S):
        while not (value := await ask()):  # noqa: ASYNC110  # nothing tells of it
            await asyncio.sleep(POLL_S)
        return value


def wait_until(found: Callable[[], T]) -> T:
    """Return the first truthy value of `found()`, in a thread without an event loop. Raises `TimeoutError`."""
    ends = time.monotonic() + PATIENCE_S
    while not (value := found()):
        if time.monotonic() > ends:
            raise TimeoutError
        time.sleep(POLL_S)
    return value

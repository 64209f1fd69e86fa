"""The watchdog of the event loop notices what it is for."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.support.watchdog import LIMIT_S, Watchdog

HERE = (str(Path(__file__).parent),)


def work(seconds: float) -> None:
    """Keep a processor busy for so long."""
    begun = time.thread_time()
    while time.thread_time() - begun < seconds:
        pass


async def watch(*spent: float, aside: bool = False) -> Watchdog:
    """What a watchdog notes of a task that works for so many seconds between each two waits."""
    watchdog = Watchdog(also=HERE)
    busy = watchdog.aside(work) if aside else work

    async def steps() -> None:
        for seconds in spent:
            busy(seconds)
            await asyncio.sleep(0)

    with watchdog.watching(asyncio.get_running_loop()):
        await asyncio.create_task(steps())
    return watchdog


async def test_watchdog_finds_and_names_a_long_step() -> None:
    watchdog = await watch(LIMIT_S * 1.1)
    with pytest.raises(AssertionError, match="steps"):
        watchdog.check()


async def test_watchdog_ignores_short_steps_and_what_is_set_aside() -> None:
    (await watch(*[LIMIT_S / 4] * 5)).check()
    watchdog = await watch(LIMIT_S * 1.1, aside=True)
    watchdog.check()
    assert watchdog.worst_s < LIMIT_S / 2

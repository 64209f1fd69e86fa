"""Tasks that repeat end when they are told to, whatever happens at that moment."""

from __future__ import annotations

import asyncio

import discord
import pytest
from discord.ext import commands

from cogs.core.task_timing import RecurringTask
from tests.support.patience import PATIENCE_S


@pytest.mark.parametrize("steps", range(8))
async def test_recurring_task_that_is_stopped_as_it_is_woken_ends(steps: int) -> None:
    """`asyncio.wait_for` of Python 3.11 swallows a cancellation at one of these steps of the event loop."""
    bot = commands.Bot("!", intents=discord.Intents.none())
    await bot._async_setup_hook()
    bot._ready.set()
    turns = asyncio.Queue[None]()

    async def turn() -> float:
        turns.put_nowait(None)
        return 3600.0

    task = RecurringTask(bot, "testing", turn)
    task.start()
    async with asyncio.timeout(PATIENCE_S):
        await turns.get()
        for _ in range(4):
            await asyncio.sleep(0)  # it waits now
        task.wake(1800.0)
        for _ in range(steps):
            await asyncio.sleep(0)
        task.stop()
        assert task._task is not None
        _, pending = await asyncio.wait([task._task], timeout=PATIENCE_S)
    assert not pending

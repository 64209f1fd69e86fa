"""Tasks that repeat: at a time that they ask for themselves, or sooner where somebody wakes them.

discord.py's own loops sleep until a time of the wall clock, so that setting the clock back by an hour stops them for an
hour. Here seconds pass by the event loop's clock, which only ever goes forward.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress

from discord.ext import commands

_log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 60.0
"""The event loop's clock stands still while the machine is suspended, and the wall clock may be set at any time: what
is due by the wall clock is looked at again this often."""
AFTER_A_FAILURE_S = 30.0
"""How long a turn waits after one that failed."""


class RecurringTask:
    """One piece of work that is done again and again while a bot runs. `turn` does it, and returns in how many seconds
    it wants to be called again; it is called after LONGEST_SLEEP_S at the latest."""

    def __init__(self, bot: commands.Bot, name: str, turn: Callable[[], Awaitable[float]]) -> None:
        self._bot = bot
        self._event = f"turn_of_{name}"
        self._turn = turn
        self._within_s = math.inf
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, as soon as the bot is ready."""
        self._task = asyncio.create_task(self._run(), name=self._event)

    def stop(self) -> None:
        """End, in the middle of a turn if need be."""
        if self._task is not None:
            self._task.cancel()

    def wake(self, within_s: float = 0.0) -> None:
        """Take the next turn within so many seconds. A turn that is being taken now does not count. Whoever calls may
        have another clock than the bot, whose time is simulated in the sandbox."""
        self._within_s = min(self._within_s, within_s)
        self._bot.dispatch(self._event)

    async def _run(self) -> None:
        await self._bot.wait_until_ready()
        while True:
            self._within_s = math.inf
            next_s = min(await self._take(), LONGEST_SLEEP_S) + self._now_s()
            while (left_s := min(next_s - self._now_s(), self._within_s)) > 0:
                next_s, self._within_s = self._now_s() + left_s, math.inf
                with suppress(TimeoutError):
                    await self._bot.wait_for(self._event, timeout=left_s)
                _end_if_cancelled()

    async def _take(self) -> float:
        try:
            return await self._turn()
        except Exception:  # whatever goes wrong with one turn, there is a next
            _log.exception("a %s failed, the next is in %d seconds", self._event, AFTER_A_FAILURE_S)
            return AFTER_A_FAILURE_S

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()


def _end_if_cancelled() -> None:
    """Raise the cancellation that `asyncio.wait_for` of Python 3.11 swallows where it comes together with what is
    waited for: https://github.com/python/cpython/issues/86296."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError

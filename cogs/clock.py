"""What comes due by itself: rounds reach their deadlines, deleted stories go for good, generations expire.

It sleeps to the next deadline, or ten minutes at most. A due row is claimed where it is dealt with; what is due stays
due while the bot is off.
"""

from __future__ import annotations

import logging

from discord.ext import commands, tasks

from bot.errors import Gone, StorageError
from cogs.pacing import sleep_for
from cogs.services import Services
from cogs.showing import Showing

_log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 10 * 60.0
AFTER_A_FAILURE_S = 30.0


class Clock(commands.Cog):
    """The one clock of a bot. `wake` tells it that something may come due sooner than it knew."""

    def __init__(self, bot: commands.Bot, services: Services, showing: Showing) -> None:
        self._services = services
        self._showing = showing
        self._woken = False
        self._loop = tasks.loop(seconds=LONGEST_SLEEP_S)(self._turn)
        self._loop.before_loop(bot.wait_until_ready)

    async def cog_load(self) -> None:
        self._loop.start()

    async def cog_unload(self) -> None:
        self._loop.cancel()

    def wake(self) -> None:
        """Look again at once for what is next."""
        self._woken = True
        if self._loop.is_running():
            sleep_for(self._loop, 0.0)

    async def _turn(self) -> None:
        """Deal with what is due, then sleep until the next is."""
        try:
            self._woken = True
            while self._woken:
                self._woken = False
                await self._deal()
                sleep_s = await self._next_in_s()
        except StorageError as error:
            _log.error("what is due waits for %d seconds: %s", AFTER_A_FAILURE_S, error)
            sleep_s = AFTER_A_FAILURE_S
        sleep_for(self._loop, sleep_s)

    async def _deal(self) -> None:
        changed = False
        for round_id in await self._services.urn.due():
            try:
                changed |= await self._services.urn.close_due(round_id) is not None
            except Gone as error:
                _log.info("round %d was ended by somebody else: %s", round_id, error)
        if purged := await self._services.library.purge_due():
            _log.info("%d deleted stories are gone for good", purged)
        if expired := await self._services.desk.expire():
            _log.info("%d generations expired", expired)
        if changed:
            await self._showing.flush()

    async def _next_in_s(self) -> float:
        deadlines = (await self._services.urn.next_ms(), await self._services.library.next_purge_ms())
        next_ms = min((deadline for deadline in deadlines if deadline is not None), default=None)
        if next_ms is None:
            return LONGEST_SLEEP_S
        return min(LONGEST_SLEEP_S, max(0.0, (next_ms - self._services.now()) / 1000))

"""Does what comes due: rounds and games reach their deadlines, deleted stories are purged, generations expire.

It sleeps to the next deadline, or a minute at most: deadlines are times of the wall clock, which may be set, or go on
while the machine is suspended. What a clock that is set forward passes is due at once. A due row is claimed where it is
dealt with; what is due stays due while the bot is off.
"""

from __future__ import annotations

import logging

from discord.ext import commands

from bot.errors import Gone, StorageError
from cogs.core.outbox import OutboxDispatcher
from cogs.core.services import Services
from cogs.core.task_timing import AFTER_A_FAILURE_S, LONGEST_SLEEP_S, RecurringTask

_log = logging.getLogger(__name__)


class DeadlineScheduler(commands.Cog):
    """One for each bot. `wake` tells it that something may come due sooner than it knew."""

    def __init__(self, bot: commands.Bot, services: Services, dispatcher: OutboxDispatcher) -> None:
        self._services = services
        self._dispatcher = dispatcher
        self._task = RecurringTask(bot, "clock", self._turn)

    async def cog_load(self) -> None:
        self._task.start()
        self._services.game_changes.listen(self._game_changed)

    async def cog_unload(self) -> None:
        self._services.game_changes.leave(self._game_changed)
        self._task.stop()

    def wake(self) -> None:
        """Check at once what is next."""
        self._task.wake()

    def _game_changed(self) -> None:
        """A game changed by itself: show it, and look what is due next."""
        self._dispatcher.wake()
        self.wake()

    async def _turn(self) -> float:
        """Do what is due, and return in how many seconds the next is."""
        try:
            await self._deal()
            return await self._next_in_s()
        except StorageError as error:
            _log.error("what is due waits for %d seconds: %s", AFTER_A_FAILURE_S, error)
            return AFTER_A_FAILURE_S

    async def _deal(self) -> None:
        changed = False
        for round_id in await self._services.round_service.list_due():
            try:
                changed |= await self._services.round_service.close_due(round_id) is not None
            except Gone as error:
                _log.info("round %d was ended by somebody else: %s", round_id, error)
        for game_id in await self._services.game_service.list_due():
            changed |= await self._tick(game_id)
        if purged := await self._services.story_queries.purge_due():
            _log.info("%d deleted stories are gone for good", purged)
        if expired := await self._services.generation_service.expire():
            _log.info("%d generations expired", expired)
        await self._services.game_service.expire_drafts()
        if changed:
            # Not waited for: Discord may be slow, and what comes due next is not to be late for it.
            self._dispatcher.wake()

    async def _tick(self, game_id: int) -> bool:
        """Do what is due in one game, and tell whether anything was: what goes wrong with it must not keep the others
        waiting."""
        try:
            return await self._services.game_service.tick(game_id)
        except StorageError:
            raise
        except Gone as error:
            _log.info("somebody was faster in game %d: %s", game_id, error)
        except Exception:
            _log.exception("game %d is due, but cannot get on", game_id)
            await self._services.game_service.postpone(game_id)
        return False

    async def _next_in_s(self) -> float:
        deadlines = (
            await self._services.round_service.next_ms(),
            await self._services.game_service.next_ms(),
            await self._services.story_queries.next_purge_ms(),
        )
        next_ms = min((deadline for deadline in deadlines if deadline is not None), default=None)
        if next_ms is None:
            return LONGEST_SLEEP_S
        return max(0.0, (next_ms - self._services.now()) / 1000)

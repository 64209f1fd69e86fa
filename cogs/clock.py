"""What comes due by itself: generations expire."""

from __future__ import annotations

import logging

from discord.ext import commands, tasks

from bot.errors import StorageError
from cogs.services import Services

_log = logging.getLogger(__name__)

EXPIRE_EVERY_MIN = 10


class Clock(commands.Cog):
    """Looks every ten minutes whether something has come due. What is due stays due while the bot is off."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def cog_load(self) -> None:
        self.expire.start()

    async def cog_unload(self) -> None:
        self.expire.cancel()

    @tasks.loop(minutes=EXPIRE_EVERY_MIN)
    async def expire(self) -> None:
        """Delete the generations that are past their time."""
        try:
            expired = await self._services.desk.expire()
        except StorageError as error:
            _log.error("nothing could be expired, tried again in %d minutes: %s", EXPIRE_EVERY_MIN, error)
            return
        if expired:
            _log.info("%d generations expired", expired)

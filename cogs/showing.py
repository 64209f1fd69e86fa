"""Keeps what stands in Discord as it is in the database: sends and edits the posts that are due."""

from __future__ import annotations

from discord.ext import commands

from cogs.services import Services


class Showing:
    """The hand that empties the outbox. One for all the cogs of a bot."""

    def __init__(self, bot: commands.Bot, services: Services) -> None:
        self._bot = bot
        self._services = services

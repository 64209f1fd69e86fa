"""/help: what there is, a topic at a time."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.ui.answers import replace, whisper
from bot.ui.cards import Card
from bot.ui.forms import picked
from bot.ui.locale import named, private
from bot.ui.tree import InklingTree
from cogs.core.services import Services
from cogs.help.cards import FIRST, TOPIC, Topic, guide_card, topics_for


class HelpCog(commands.Cog):
    """What Inkling does and how to use it, told to the person who asks."""

    def __init__(self, tree: InklingTree, services: Services) -> None:
        self._services = services
        tree.route(TOPIC, self.turn)

    @app_commands.command(name=named("command.help.name"), description=named("command.help.description"))
    async def help(self, interaction: discord.Interaction[commands.Bot]) -> None:
        """Begin at the first topic."""
        await whisper(interaction, self._card(interaction, FIRST, await self._services.generation_service.sent_to()))

    async def turn(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu: another topic, in the place of this one."""
        values = picked(interaction)
        topic = next((topic for topic in topics_for(manages=True) if (topic,) == values), FIRST)
        host = await self._services.generation_service.sent_to()
        await replace(interaction, self._card(interaction, topic, host))

    def _card(self, interaction: discord.Interaction[Any], topic: Topic, host: str) -> Card:
        manages = interaction.guild_id is not None and interaction.permissions.manage_guild
        keep_days = self._services.settings.keep_days
        return guide_card(private(interaction), topic, manages=manages, keep_days=keep_days, host=host)

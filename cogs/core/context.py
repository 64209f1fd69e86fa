"""From an interaction to who acts and which story they mean. What it returns is authorised for this server alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import InklingError, NotHere
from bot.rules.stories import Story, StoryState
from bot.stories.access import Who
from bot.stories.queries import ALIVE
from bot.ui.custom_ids import number
from bot.ui.cutting import label
from bot.ui.public_card import reachable
from cogs.core.generation_flow import GenerationFlow
from cogs.core.services import Services

CHOICES = 25
"""Choices that Discord shows for an option at most."""
_LOOKED_AT = 200
"""So many of a server's stories are looked at, the last changed first, for those of the person to come first."""
_CHOICE_TEXT = 100
"""Characters that Discord takes for the name of a choice."""


class InteractionContext:
    """Finds stories for all the cogs that have to do with them."""

    def __init__(self, services: Services, flow: GenerationFlow) -> None:
        self._services = services
        self._flow = flow

    async def enter(self, interaction: discord.Interaction[Any]) -> Who:
        """Return who acts. Raises `NotHere` outside of servers that the bot is a member of (`server_only`), and where
        stories are switched off or not wanted in this channel."""
        if interaction.guild_id is None or not reachable(interaction):
            raise NotHere("server_only")
        self._flow.permit_here(interaction, await self._flow.settings(interaction), "stories")
        return Who(interaction.guild_id, interaction.user.id, interaction.permissions.manage_guild, sight(interaction))

    async def story(
        self, interaction: discord.Interaction[Any], given: str | None, states: Sequence[StoryState] = ALIVE
    ) -> tuple[Who, Story]:
        """Return who acts, and the story that they named, or in whose thread they are. Raises as `enter`,
        `StoryQueries.here` and `StoryQueries.named`."""
        who = await self.enter(interaction)
        if given is not None:
            return who, await self._services.story_queries.find_named(
                who.server_id, given, states=states, person_id=who.person_id, outside=unseen(interaction)
            )
        assert interaction.channel_id is not None, "commands happen in a channel"
        return who, await self._services.story_queries.find_here(who.server_id, interaction.channel_id)

    async def clicked(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> tuple[Who, Story]:
        """Return who acts, and the story whose id comes first on a button or a form. Raises as `enter`, and `Gone`."""
        who = await self.enter(interaction)
        return who, await self._services.story_queries.find_seen(who, number(ids, 0))

    async def choices(
        self, interaction: discord.Interaction[Any], current: str, states: Sequence[StoryState] = ALIVE
    ) -> list[app_commands.Choice[str]]:
        """Return the server's stories with `current` in their titles, to choose from: the person's own first. Where
        stories cannot be used there are none."""
        try:
            who = await self.enter(interaction)
        except InklingError:
            return []
        found = await self._services.story_queries.list_stories(
            who.server_id, states=states, limit=_LOOKED_AT, prefix=current, outside=unseen(interaction)
        )
        found.sort(key=lambda story: story.host_id != who.person_id)
        return [
            app_commands.Choice(name=label(story.title, _CHOICE_TEXT), value=str(story.id)) for story in found[:CHOICES]
        ]


class StoryCog(commands.Cog):
    """A cog whose commands have an option for a story: `@app_commands.autocomplete(story=StoryCog.stories)`."""

    _context: InteractionContext

    async def stories(self, interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[str]]:
        """Autocomplete: the server's stories."""
        return await self._context.choices(interaction, current)


def unseen(interaction: discord.Interaction[Any]) -> frozenset[int]:
    """Return the channels of the server that the person who acts may not see; the stories in them are as good as none
    to them."""
    guild, person = interaction.guild, interaction.user
    if guild is None or not isinstance(person, discord.Member):
        return frozenset()
    return frozenset(channel.id for channel in guild.channels if not channel.permissions_for(person).view_channel)


def sight(interaction: discord.Interaction[Any]) -> Callable[[int], bool]:
    """Return what tells of a channel of the server whether the person who acts may see it; of one that is gone nobody
    is kept away."""
    guild, person = interaction.guild, interaction.user

    def sees(channel_id: int) -> bool:
        channel = None if guild is None else guild.get_channel(channel_id)
        return channel is None or not isinstance(person, discord.Member) or channel.permissions_for(person).view_channel

    return sees

"""Posts that Discord refuses in the threads of stories: who is told of them, and when they are tried again.

What could not be posted waits in the outbox, in order, and is tried again with pauses. Whoever writes meanwhile is told
that it is stored and why nobody sees it; the story's hosts are told once, after their next command in the server.
"""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.errors import NotHere
from bot.rules.stories import Story
from bot.ui import permissions
from bot.ui.answers import whisper
from bot.ui.cards import notice
from bot.ui.delivery import BLOCKED_BY_AUTOMOD
from bot.ui.escaping import escape
from bot.ui.locale import Catalogue, private
from bot.ui.permissions import CARDS, CARDS_IN_THREADS, lacking_in
from cogs.core.outbox import OutboxDispatcher
from cogs.core.services import Services

_TOLD = "refusal told"
"""The key in `interaction.extras` that says that the person was told just now."""


class BlockedPosts(commands.Cog):
    """Tells people what cannot be shown. One for all the cogs of a bot."""

    def __init__(self, bot: commands.Bot, services: Services, dispatcher: OutboxDispatcher) -> None:
        self._bot = bot
        self._services = services
        self._dispatcher = dispatcher
        self._told: set[int] = set()

    async def flush(self, interaction: discord.Interaction[Any], story: Story) -> None:
        """Show everybody what was just kept; where it cannot be posted now, tell the person who acts."""
        await self._dispatcher.flush()
        say, thread_id = private(interaction), story.thread_id
        why = None if thread_id is None else self._refusal(say, thread_id, story.channel_id)
        if why is not None:
            interaction.extras[_TOLD] = True
            await whisper(interaction, notice(say("story.refused", thread=f"<#{thread_id}>", why=why)))

    async def flush_channel(self, interaction: discord.Interaction[Any], channel_id: int) -> None:
        """Show everybody what changed in a game of a channel; where it cannot be posted now, tell the person who
        acts."""
        await self._dispatcher.flush()
        say = private(interaction)
        why = self._refusal(say, channel_id, channel_id)
        if why is not None:
            interaction.extras[_TOLD] = True
            await whisper(interaction, notice(say("game.refused", thread=f"<#{channel_id}>", why=why)))

    def _refusal(self, say: Catalogue, channel_id: int, rights_of: int) -> str | None:
        """Return why nothing can be posted in a channel, whose permissions are those of `rights_of`; None where it
        can."""
        code = self._dispatcher.refused.get(channel_id)
        return None if code is None else self._why(say, rights_of, channel_id != rights_of, code)

    @commands.Cog.listener()
    async def on_app_command_completion(self, interaction: discord.Interaction[Any], command: object) -> None:
        """Tell those who lead stories of this server, once, in whose threads nothing can be posted."""
        self._told &= self._dispatcher.refused.keys()
        if interaction.guild_id is None or interaction.response.type is discord.InteractionResponseType.modal:
            return
        lines = []
        say = private(interaction)
        for thread_id, code in list(self._dispatcher.refused.items()):
            story = await self._led(interaction, thread_id)
            if story is None or thread_id in self._told:
                continue
            self._told.add(thread_id)
            title, thread = escape(story.title), f"<#{thread_id}>"
            lines.append(
                say("story.refused_host", thread=thread, title=title, why=self._why(say, story.channel_id, True, code))
            )
        if lines and _TOLD not in interaction.extras:
            await whisper(interaction, *(notice(line) for line in lines))

    @commands.Cog.listener()
    async def on_guild_channel_update(self, before: object, after: object) -> None:
        """Permissions may have changed."""
        await self._dispatcher.try_again()

    @commands.Cog.listener()
    async def on_guild_role_update(self, before: object, after: object) -> None:
        """Permissions may have changed."""
        await self._dispatcher.try_again()

    async def _led(self, interaction: discord.Interaction[Any], thread_id: int) -> Story | None:
        """Return the story of a thread where the person who acts leads it, in the server where they act."""
        assert interaction.guild_id is not None, "the caller looked"
        try:
            story = await self._services.story_queries.find_here(interaction.guild_id, thread_id)
        except NotHere:
            return None
        manages = interaction.permissions.manage_guild
        standing = await self._services.story_queries.get_standing(story, interaction.user.id, manages)
        return story if standing.leads else None

    def _why(self, say: Catalogue, channel_id: int, in_thread: bool, code: int) -> str:
        channel = self._bot.get_channel(channel_id)
        if isinstance(channel, discord.Thread):
            channel, in_thread = channel.parent, True
        if code == BLOCKED_BY_AUTOMOD:
            return say("story.refused_automod")
        needed = CARDS_IN_THREADS if in_thread else CARDS
        if isinstance(channel, discord.abc.GuildChannel) and (missing := lacking_in(channel, needed)):
            return say("story.refused_lacking", permissions=permissions.told(say, missing))
        return say("story.refused_other", code=code)

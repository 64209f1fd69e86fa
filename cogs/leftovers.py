"""What is left of work that was under way when the program last ended: its cards are told so."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.rules.posts import Post
from bot.ui.cards import Card, notice
from cogs.services import Services
from cogs.showing import Showing


class Leftovers(commands.Cog):
    """Tells the cards of /continue and /infill that nobody writes for any more; those of rounds are `Rounds`'."""

    def __init__(self, bot: commands.Bot, services: Services, showing: Showing) -> None:
        self._bot = bot
        self._services = services
        self._showing = showing
        showing.register("progress", self.render)

    async def cog_load(self) -> None:
        # The cards follow when the bot is ready.
        await self._services.outbox.begin()
        await self._services.outbox.left_over()

    async def render(self, post: Post) -> Card:
        """Return what stands in the place of a progress that was interrupted."""
        channel = self._bot.get_channel(post.channel_id)
        server_id = channel.guild.id if isinstance(channel, (discord.abc.GuildChannel, discord.Thread)) else 0
        say = await self._showing.say(server_id)
        return notice(say("progress.interrupted"))

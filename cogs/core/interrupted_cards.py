"""The cards of generations that no click draws: of work that was under way when the program last ended, which show what
came of it, or say that it was interrupted; and of those of which something was taken up."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.rules.posts import Post
from bot.ui.cards import Card
from cogs.core.feature_card import FeatureCards
from cogs.core.outbox import OutboxDispatcher
from cogs.core.presentation import ResultCards
from cogs.core.services import Services


class InterruptedCards(commands.Cog):
    """Finishes the cards of /continue and /infill that nobody edits any more; those of rounds are `Rounds`'."""

    def __init__(
        self, bot: commands.Bot, services: Services, dispatcher: OutboxDispatcher, cards: FeatureCards
    ) -> None:
        self._bot = bot
        self._services = services
        self._dispatcher = dispatcher
        self._presenting = ResultCards(services, dispatcher, cards)
        dispatcher.register("progress", self.render)
        dispatcher.register("card", self.render, prepare=self.prepare)

    async def cog_load(self) -> None:
        # The cards follow when the bot is ready.
        await self._services.outbox.begin()
        await self._services.outbox.requeue_progress()

    async def prepare(self, post: Post) -> bool:
        """Tell whether a card is there to be drawn anew: its buttons expire, and work on it may be under way, which
        draws it in the end."""
        kept = await self._services.generation_service.get_by_message(post.ref_id)
        if kept is not None and not await self._services.outbox.is_progress(post.ref_id):
            return True
        await self._services.outbox.forget(post)
        return False

    async def render(self, post: Post) -> Card:
        """Return a card as it is now: of a progress what came of it, or that it was interrupted."""
        channel = self._bot.get_channel(post.channel_id)
        guild = channel.guild if isinstance(channel, (discord.abc.GuildChannel, discord.Thread)) else None
        say = await self._dispatcher.say(0 if guild is None else guild.id)
        return await self._presenting.left_behind(self._bot, guild, post.ref_id, say)

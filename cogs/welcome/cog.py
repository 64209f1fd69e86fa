"""The bot's first message in a server. While a better model is on its way, it says so, and how far that is."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import discord
from discord.ext import commands

from bot.errors import InferenceError
from bot.inference.protocol import Coming, Health
from bot.rules.posts import Post
from bot.ui.cards import Card
from bot.ui.permissions import CARDS, lacking_in
from cogs.core.outbox import OutboxDispatcher
from cogs.core.services import Services
from cogs.core.task_timing import LONGEST_SLEEP_S, RecurringTask
from cogs.welcome.cards import models_sentence, welcome_card

_log = logging.getLogger(__name__)

NEW_FOR_MS = 24 * 60 * 60_000
"""A server that the bot joined so long ago at most is welcomed after a start as well: it may have been invited while
the program did not run."""
LOOK_EVERY_S = 10.0
"""How often it is looked which model writes while that changes, and how often a welcome is edited at most."""
MEASURED_S = 15.0
"""From so many seconds of watching on it is told how long something takes: before, the rate says little."""


class TimeLeft:
    """How long what a coming model does now will take, measured by how it got on while it was watched."""

    def __init__(self) -> None:
        self._stage = ""
        self._since_s = 0.0
        self._done = 0

    def seconds(self, coming: Coming | None, now_s: float) -> float | None:
        """Return the seconds left at `now_s` (of a clock that is never set), None where that is not known yet."""
        if coming is None or coming.stage != self._stage or coming.done < self._done:
            self._stage, self._since_s = coming.stage if coming is not None else "", now_s
            self._done = coming.done if coming is not None else 0
            return None
        watched_s, got_on = now_s - self._since_s, coming.done - self._done
        if watched_s < MEASURED_S or got_on <= 0 or coming.done >= coming.total:
            return None
        return (coming.total - coming.done) * watched_s / got_on


class WelcomeCog(commands.Cog):
    """Says hello in new servers, once each."""

    def __init__(self, bot: commands.Bot, services: Services, dispatcher: OutboxDispatcher) -> None:
        self._bot = bot
        self._services = services
        self._dispatcher = dispatcher
        self._greeted: set[int] = set()
        self._unheard: set[int] = set()
        self._begun = False
        self._health: Health | None = None
        self._left = TimeLeft()
        self._left_s: float | None = None
        self._watching = RecurringTask(bot, "welcome", self._turn)
        dispatcher.register("welcome", self.render)

    async def cog_load(self) -> None:
        self._watching.start()

    async def cog_unload(self) -> None:
        self._watching.stop()

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Say hello at once."""
        await self._welcome(guild)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Keep nothing true any more where the bot was sent away."""
        self._greeted.discard(guild.id)
        self._unheard.discard(guild.id)

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """Say hello in a new server that had no channel for it until now."""
        if channel.guild.id in self._unheard or self._is_new(channel.guild):
            await self._welcome(channel.guild)

    async def render(self, post: Post) -> Card | None:
        """Return the welcome as it is now; None where the bot is no longer in that server."""
        if self._bot.get_guild(post.ref_id) is None:
            return None
        say = await self._dispatcher.say(post.ref_id)
        host = await self._services.generation_service.sent_to()
        return welcome_card(say, models=models_sentence(say, self._health, self._left_s), host=host)

    async def _welcome(self, guild: discord.Guild) -> None:
        channel = _channel_of(guild)
        if channel is None:
            self._unheard.add(guild.id)
            return
        self._unheard.discard(guild.id)
        await self._look()
        await self._services.outbox.enqueue_welcome(guild.id, channel.id)
        self._greeted.add(guild.id)
        await self._dispatcher.flush()
        self._watching.wake(LOOK_EVERY_S)

    def _is_new(self, guild: discord.Guild) -> bool:
        joined = guild.me.joined_at if guild.me is not None else None
        return joined is not None and self._services.now() - joined.timestamp() * 1000 < NEW_FOR_MS

    # ---- which model answers

    async def _turn(self) -> float:
        """Welcome who came while the program did not run, keep the new welcomes true, and return when to look again."""
        first, self._begun = not self._begun, True
        if first:
            for guild in [guild for guild in self._bot.guilds if self._is_new(guild)]:
                await self._welcome(guild)
        if not self._greeted:
            return LONGEST_SLEEP_S
        if await self._look() or first:
            await self._services.outbox.refresh_welcomes(self._greeted)
            await self._dispatcher.flush()
        settled = self._health is not None and self._health.ready and self._health.coming is None
        return LONGEST_SLEEP_S if settled else LOOK_EVERY_S

    async def _look(self) -> bool:
        """Look how the models are, and tell whether a welcome says something else for it."""
        before = self._told()
        health = None
        with suppress(InferenceError):
            health = await self._services.engine.health()
        self._health = health
        coming = health.coming if health is not None else None
        self._left_s = self._left.seconds(coming, asyncio.get_running_loop().time())
        return self._told() != before

    def _told(self) -> tuple[object, ...]:
        """What a welcome says of the models, roughly: it is edited when this changes."""
        if self._health is None:
            return ()
        coming = self._health.coming
        share = 10 * coming.done // coming.total if coming is not None and coming.total else 0
        minutes = None if self._left_s is None else round(self._left_s / 60)
        story = next((model.name for model in self._health.models if model.role == "story"), "")
        return (story, coming is not None, share, minutes)


def _channel_of(guild: discord.Guild) -> discord.TextChannel | None:
    """Return where to say hello: where Discord tells of new members, else the first channel; None where the bot may
    write nowhere."""
    channels = [guild.system_channel, *guild.text_channels]
    return next((channel for channel in channels if channel is not None and not lacking_in(channel, CARDS)), None)

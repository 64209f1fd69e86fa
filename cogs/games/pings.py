"""Telling somebody that a game waits for them: one message a turn and one reminder, to that person alone.

A ping is a post like any other: it is stored with the step that began the turn, sent once also after a crash, and its
message goes away when the turn is over. Whether the person is still in the server is asked when it is sent: Discord
tells the bot of no departures.
"""

from __future__ import annotations

import logging
from typing import Any

import aiohttp
import discord
from discord import ui
from discord.ext import commands

from bot.games.views import GamePing
from bot.rules.posts import Post
from bot.ui.delivery import NO_DIRECT_MESSAGES, UNKNOWN_MEMBER, UNKNOWN_USER
from bot.ui.escaping import escape
from bot.ui.locale import Catalogue
from bot.ui.mention import Mention
from cogs.core.deadline_scheduler import DeadlineScheduler
from cogs.core.outbox import OutboxDispatcher
from cogs.core.services import Services
from cogs.games.custom_ids import TURN

_log = logging.getLogger(__name__)

LATER_MS = 60_000
"""How long a ping waits while its game is paused, or where Discord could not open a channel for direct messages."""


class PingsCog(commands.Cog):
    """Sends the pings of all games, and ends games whose channel was deleted."""

    def __init__(
        self, bot: commands.Bot, services: Services, dispatcher: OutboxDispatcher, scheduler: DeadlineScheduler
    ) -> None:
        self._bot = bot
        self._now = services.now
        self._games = services.game_service
        self._outbox = services.outbox
        self._dispatcher = dispatcher
        self._scheduler = scheduler
        dispatcher.register("ping", self.render, prepare=self.prepare)

    async def render(self, post: Post) -> Mention | None:
        """Return what a ping says now; None where the turn is over, or the person wants none."""
        ping = await self._games.find_ping(post.ref_id)
        if ping is None or ping.way == "none":
            return None
        say = await self._dispatcher.say(ping.view.server_id)
        turn = ping.view.turn
        due = say("ping.paused") if turn is None else say("ping.due", time=f"<t:{turn.due_ms // 1000}:R>")
        places = {"game": say(f"game.{ping.view.kind}.name"), "due": due}
        silent = ping.quiet_ms is not None
        if post.channel_id == ping.view.channel_id:
            which = "again" if ping.reminder else "turn"
            told = say(f"ping.{which}", person=f"<@{ping.person_id}>", **places)
            primary = discord.ButtonStyle.primary
            button = TURN.button(say("button.gturn"), ping.view.id, ping.move, post.ref_id, style=primary)
            return Mention(told, ping.person_id, silent, (button,))
        guild = self._bot.get_guild(ping.view.server_id)
        server = escape(guild.name) if guild is not None else say("ping.server")
        which = "direct_again" if ping.reminder else "direct"
        told = say(f"ping.{which}", channel=f"<#{ping.view.channel_id}>", server=server, **places)
        return Mention(told, None, silent, (await self._link(say, ping),))

    async def _link(self, say: Catalogue, ping: GamePing) -> ui.Button[Any]:
        """Return the button from a direct message to the game, whose own buttons need its server."""
        card = await self._outbox.find_message("game", ping.view.id)
        where = [ping.view.server_id, ping.view.channel_id, *([] if card is None else [card])]
        return ui.Button(label=say("button.gthere"), url="/".join(map(str, ["https://discord.com/channels", *where])))

    async def prepare(self, post: Post) -> bool:
        """Look, before a ping is sent, whether it is the time for it, whether the person is still there, and where they
        want to be told. False: not now, or not in that channel."""
        ping = None if post.message_id is not None else await self._games.find_ping(post.ref_id)
        if ping is None or ping.way == "none":
            return True
        if ping.view.state == "paused":
            await self._outbox.wait(post, LATER_MS)
            return False
        if ping.reminder and ping.quiet_ms is not None:
            await self._outbox.wait(post, ping.quiet_ms - self._now())
            return False
        if not await self._is_member(ping):
            if await self._games.person_left(ping.view.id, ping.seat):
                _log.info("somebody whom game %d waits for has left its server", ping.view.id)
            self._scheduler.wake()
            return True
        if ping.way == "dm" and post.channel_id == ping.view.channel_id:
            await self._send_direct(post, ping)
            return False
        return True

    async def _is_member(self, ping: GamePing) -> bool:
        """Tell whether somebody is still in the server of their game; where that cannot be seen, they are."""
        guild = self._bot.get_guild(ping.view.server_id)
        if guild is None:
            return True
        try:
            await guild.fetch_member(ping.person_id)
        except discord.NotFound as error:
            return error.code not in (UNKNOWN_MEMBER, UNKNOWN_USER)
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.info("it could not be seen whether somebody is still here: %s", error)
        return True

    async def _send_direct(self, post: Post, ping: GamePing) -> None:
        """Have a ping sent as a direct message, for which a channel is opened now."""
        try:
            channel = await self._bot.create_dm(discord.Object(ping.person_id))
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.info("a channel for a direct message could not be opened: %s", error)
            if isinstance(error, discord.HTTPException) and error.code in (*NO_DIRECT_MESSAGES, UNKNOWN_USER):
                await self._outbox.mark_shown(post, None)
            else:  # nobody else's message in the channel of the game waits for that
                await self._outbox.wait(post, LATER_MS)
        else:
            await self._outbox.send_elsewhere(post, channel.id)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """The games of a channel that was deleted end; what they made is in the archive."""
        await self._forget(channel.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """So do those of a thread."""
        await self._forget(payload.thread_id)

    async def _forget(self, channel_id: int) -> None:
        if ended := await self._games.forget_channel(channel_id):
            _log.info("%d games ended, whose channel was deleted", ended)
            self._scheduler.wake()
            await self._dispatcher.flush()

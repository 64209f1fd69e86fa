"""`inkling run` with a token, and `inkling sync`: Discord itself, and what its library leaves to us.

discord.py retries a lost connection, but not the first one: where that is refused, `connect` ends in an
AttributeError. Neither does it survive an event that it cannot parse: `connect` ends while the bot counts as open.
Both only mean that a connection must be made anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import aiohttp
import discord

from bot.app import create_bot, create_services, sync_commands
from bot.cli.terminal import Terminal
from bot.errors import HostError
from bot.settings import Settings

_log = logging.getLogger(__name__)

FIRST_DELAY_S = 2.0
LONGEST_DELAY_S = 60.0
STABLE_S = 300.0
"""A connection that lasted this long starts the delays afresh."""
PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
)
WRONG_TOKEN = (
    "Discord refused the token in DISCORD_TOKEN. Make a new one: https://discord.com/developers/applications, "
    "your application, Bot, Reset Token."
)
_FAR_END = (OSError, asyncio.TimeoutError, aiohttp.ClientError, discord.DiscordServerError, discord.RateLimited)


async def go_online(settings: Settings, first_delay_s: float = FIRST_DELAY_S) -> int:
    """Run the bot on Discord until it is cancelled. Raises `HostError` where only the host can help."""
    assert settings.discord_token is not None, "without a token the sandbox runs instead"
    async with create_services(settings) as services:
        bot = create_bot(settings, services)
        bot.add_listener(_Greeting(bot).on_ready)
        async with bot:
            try:
                await _log_in(bot, settings.discord_token, first_delay_s)
                await _stay_connected(bot, first_delay_s)
            except discord.LoginFailure as error:
                raise HostError(WRONG_TOKEN) from error
    return 0


async def sync(settings: Settings, guild_id: int | None, terminal: Terminal) -> int:
    """Register the commands with Discord. Raises `HostError` with what to do."""
    if settings.discord_token is None:
        raise HostError("DISCORD_TOKEN is empty: put the bot's token into .env first.")
    where = "everywhere" if guild_id is None else f"in the server {guild_id}"
    try:
        count = await sync_commands(settings, guild_id)
    except discord.LoginFailure as error:
        raise HostError(WRONG_TOKEN) from error
    except discord.Forbidden as error:
        raise HostError(f"Discord did not let the bot register commands {where}: is it a member there?") from error
    except (*_FAR_END, discord.HTTPException) as error:
        raise HostError(f"The commands could not be registered {where}: {error or type(error).__name__}.") from error
    terminal.note(f"{count} commands are registered {where}.")
    return 0


def delays(first_s: float) -> Iterator[float]:
    """Give the seconds to wait before each new attempt."""
    delay = first_s
    while True:
        yield delay
        delay = min(2 * delay, LONGEST_DELAY_S)


async def _log_in(bot: discord.Client, token: str, first_delay_s: float) -> None:
    for delay in delays(first_delay_s):
        try:
            return await bot.login(token)
        except _FAR_END as error:
            _log.warning(
                "Discord cannot be reached (%s): trying again in %.0f s.", error or type(error).__name__, delay
            )
        await bot.http.close()
        bot.http.connector = discord.utils.MISSING  # closed with its session; the next attempt makes its own
        await asyncio.sleep(delay)


async def _stay_connected(bot: discord.Client, first_delay_s: float) -> None:
    waits = delays(first_delay_s)
    loop = asyncio.get_running_loop()
    while not bot.is_closed():
        began = loop.time()
        try:
            await bot.connect()
        except (discord.LoginFailure, discord.PrivilegedIntentsRequired):
            raise
        except discord.ConnectionClosed as error:
            raise HostError(f"Discord closed the connection for good (code {error.code}). {WRONG_TOKEN}") from error
        except Exception as error:  # see the head of this file
            expected = getattr(bot, "ws", None) is None or isinstance(error, _FAR_END)
            _log.warning("The connection to Discord broke: %r", error, exc_info=None if expected else error)
        if bot.is_closed():
            return
        if loop.time() - began > STABLE_S:
            waits = delays(first_delay_s)
        delay = next(waits)
        _log.warning("Connecting to Discord anew in %.0f s.", delay)
        await asyncio.sleep(delay)


class _Greeting:
    """Tells the host once that the bot is there, and what is still missing."""

    def __init__(self, bot: discord.Client) -> None:
        self._bot = bot
        self._told = False

    async def on_ready(self) -> None:
        """Listener: discord.py may call it again after every reconnection."""
        if self._told or self._bot.user is None or self._bot.application_id is None:
            return
        self._told = True
        count = len(self._bot.guilds)
        _log.info("%s is on Discord, in %d %s.", self._bot.user, count, "server" if count == 1 else "servers")
        if not self._bot.guilds:
            link = discord.utils.oauth_url(
                self._bot.application_id, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
            )
            _log.info("Invite it to a server: %s", link)
        try:
            registered = await self._bot.http.get_global_commands(self._bot.application_id)
        except (discord.HTTPException, *_FAR_END) as error:
            _log.info("Whether the commands are registered could not be asked: %s", error)
            return
        if not registered:
            _log.warning("No commands are registered everywhere: `inkling sync` does that (or --guild, in one server).")

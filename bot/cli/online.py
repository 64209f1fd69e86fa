"""`inkling run` with a token, and `inkling sync`: logging in to Discord, and staying there.

Only a refused token, and what Discord closes for good (`bot.cli.gateway.FOR_GOOD`), end the program: whatever else
answers in Discord's place, or does not answer, is waited for.
"""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import discord

from bot.app import create_bot, create_services, sync_commands, utc_now_ms
from bot.cli.gateway import WRONG_TOKEN, Link
from bot.cli.rest import BAN_FILE, FIRST_DELAY_S, BannedForNow, Bans, delays, watching
from bot.cli.terminal import Terminal
from bot.errors import HostError
from bot.logs import describe
from bot.settings import Settings
from bot.ui.delivery import ACKNOWLEDGE_S
from bot.ui.permissions import INVITATION

_log = logging.getLogger(__name__)

_FAR_END = (OSError, TimeoutError, aiohttp.ClientError, discord.DiscordException)
"""What a request to Discord raises."""


async def go_online(settings: Settings, first_delay_s: float = FIRST_DELAY_S) -> int:
    """Run the bot on Discord until it is cancelled. Raises `HostError` where only the host can help."""
    assert settings.discord_token is not None, "without a token the sandbox runs instead"
    async with create_services(settings) as services:
        trace = watching(Bans(settings.data / BAN_FILE, utc_now_ms))
        bot = create_bot(settings, services, trace=trace, acknowledge_s=ACKNOWLEDGE_S)
        bot.add_listener(_Greeting(bot).on_ready)
        async with bot:
            await log_in(bot, settings.discord_token, first_delay_s)
            await Link(bot, first_delay_s).keep()
    return 0


async def sync(settings: Settings, guild_id: int | None, terminal: Terminal) -> int:
    """Register the commands with Discord. Raises `HostError` with what to do."""
    if settings.discord_token is None:
        raise HostError("DISCORD_TOKEN is empty: put the bot's token into .env first.")
    where = "everywhere" if guild_id is None else f"in the server {guild_id}"
    try:
        count = await sync_commands(settings, guild_id, trace=watching(Bans(settings.data / BAN_FILE, utc_now_ms)))
    except discord.LoginFailure as error:
        raise HostError(WRONG_TOKEN) from error
    except _FAR_END as error:
        if isinstance(error, discord.Forbidden) and error.code:  # Discord's own answer
            raise HostError(f"Discord did not let the bot register commands {where}: is it a member there?") from error
        raise HostError(f"The commands could not be registered {where}: {_reason(error)}.") from error
    terminal.note(f"{count} commands are registered {where}.")
    return 0


async def log_in(bot: discord.Client, token: str, first_delay_s: float = FIRST_DELAY_S) -> None:
    """Log in, however long it takes. Raises `HostError` where the token is refused, and whatever the bot's own
    preparations raise."""
    waits = delays(first_delay_s)
    while True:
        try:
            return await bot.login(token)
        except Exception as error:
            refused = isinstance(error, discord.HTTPException) and error.status == 401
            if refused or isinstance(error, discord.LoginFailure):
                raise HostError(WRONG_TOKEN) from error
            if bot.application is not None or not _answered_badly(error):
                raise  # Discord has answered: it is `setup_hook` that failed
            pause_s = next(waits)
            if isinstance(error, BannedForNow):
                pause_s = max(pause_s, error.left_s)
            _log.warning("Logging in to Discord did not succeed (%s): trying again in %.1f s.", _reason(error), pause_s)
        await bot.http.close()
        bot.http.connector = discord.utils.MISSING  # closed with its session; the next attempt makes its own
        await asyncio.sleep(pause_s)


def _answered_badly(error: Exception) -> bool:
    """Tell whether `error` can come of an answer: of none, of a refusal, or of one that has another shape."""
    return isinstance(error, (*_FAR_END, TypeError, LookupError, AttributeError, ValueError))


def _reason(error: Exception) -> str:
    """Return what stood in the way, for the host."""
    if isinstance(error, discord.HTTPException):
        stranger = error.code == 0 and error.text.lstrip().startswith("<")
        return f"HTTP {error.status}" + (", a page that is not Discord's own answer" if stranger else "")
    if isinstance(error, _FAR_END):
        return describe(error)
    return "what answers is not Discord's API"


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
                self._bot.application_id, permissions=INVITATION, scopes=("bot", "applications.commands")
            )
            _log.info("Invite it to a server: %s", link)
        try:
            registered = await self._bot.http.get_global_commands(self._bot.application_id)
        except _FAR_END as error:
            _log.info("Whether the commands are registered could not be asked: %s", error)
            return
        if not registered:
            _log.warning("No commands are registered everywhere: `inkling sync` does that (or --guild, in one server).")

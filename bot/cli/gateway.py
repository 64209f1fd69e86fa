"""The connection to Discord's gateway: kept up whatever happens to it, and to single messages on it.

discord.py's own `Client.connect` gives up the session where one event cannot be parsed, logs a traceback each time the
gateway is out of reach, and ends in an AttributeError where the first connection is refused. So its socket is used,
but not its loop: a message that cannot be read is told once and the session resumed; an event that cannot be parsed
is told once and passed over.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import discord
from aiohttp import ClientError
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.cli.rest import BannedForNow, delays
from bot.errors import HostError
from bot.logs import describe

_log = logging.getLogger(__name__)

CONNECT_S = 60.0
"""How long a connection may take to be there."""
AT_ONCE = 10
"""So many connections within RECENTLY_S are made anew without a pause, if a session came of each."""
RECENTLY_S = 60.0
"""The seconds that count for AT_ONCE."""
RESUME_TRIES = 4
"""After so many attempts in vain at the address of its session a new one is begun at the usual address."""
WRONG_TOKEN = (
    "Discord refused the token in DISCORD_TOKEN. Make a new one: https://discord.com/developers/applications, "
    "your application, Bot, Reset Token."
)
"""What the host is told where Discord refuses the token."""
FOR_GOOD = {
    4004: WRONG_TOKEN,
    4010: "Discord refused the number of this connection (4010, invalid shard). Inkling uses only one connection: "
    "see whether something between here and Discord changes what is sent (DISCORD_GATEWAY_URL).",
    4011: "This bot is in too many servers for one connection (4011, sharding required), and Inkling uses only one. "
    "Take it out of some servers, or let another application serve them.",
    4012: "Discord no longer speaks this version of its gateway's language (4012). Update Inkling.",
    4013: "Discord does not know the events that were asked for (4013, invalid intents). Update Inkling.",
    4014: "Discord does not let this application have the events that were asked for (4014, disallowed intents). "
    "Inkling needs none of the privileged ones: run an unchanged copy, or switch on what yours asks for at "
    "https://discord.com/developers/applications, your application, Bot, Privileged Gateway Intents.",
}
"""By the code with which Discord closes a connection for good: what the host is told."""
_UNREACHED = (OSError, TimeoutError, ClientError, discord.DiscordException)
"""Errors of the connection to Discord itself, after which the bot connects again."""


class UnreadableMessage(Exception):
    """A message of the gateway that could not be read; its cause says why."""


class Gateway(DiscordWebSocket):
    """discord.py's socket, to which a malformed event is no reason to end. After `READY` or `RESUMED` it is `up`."""

    up = False
    pass_over: int | None = None
    """The sequence number behind which a message was unreadable once before: there it is not asked for again."""

    def guard(self, told: set[str]) -> None:
        """Let no event that cannot be parsed end the session. `told` are the kinds that were told already."""
        parsers = self._discord_parsers
        self._discord_parsers = {event: self._guarded(event, parse, told) for event, parse in parsers.items()}

    def _guarded(self, event: str, parse: Callable[[Any], Any], told: set[str]) -> Callable[[Any], None]:
        def guarded(data: Any) -> None:
            try:
                parse(data)
            except Exception as error:
                if event == "READY":
                    raise
                tell_once(told, f"An event of Discord's was passed over: {event} could not be parsed", error)
            else:
                self.up = self.up or event in ("READY", "RESUMED")

        return guarded

    async def received_message(self, msg: Any, /) -> None:
        """Take a message. Raises `UnreadableMessage` where it cannot be read and the session must be resumed."""
        try:
            text = self._decompressor.decompress(msg) if isinstance(msg, bytes) else msg
        except Exception as error:  # of zlib or of zstandard
            raise UnreadableMessage from error
        if text is None:
            return  # the rest is still to come
        before = self.session_id
        try:
            await super().received_message(text)
        except (ReconnectWebSocket, *_UNREACHED):
            raise
        except Exception as error:
            self.session_id = before  # a session whose READY could not be read is not resumed: nothing is known of it
            if self.pass_over is None or self.pass_over != self.sequence:
                raise UnreadableMessage from error


@dataclass(slots=True)
class Link:
    """Keeps `bot` connected: `await Link(bot).keep()`. The pauses begin with about `first_delay_s`."""

    bot: discord.Client
    first_delay_s: float
    _socket: Gateway | None = None
    _initial: bool = True
    _in_vain: int = 0
    _unread: tuple[str, int] | None = None
    """The session and the sequence number behind which a message was unreadable last."""
    _told: set[str] = field(default_factory=set)
    _connected: deque[float] = field(default_factory=deque)
    _delays: Iterator[float] = field(init=False)

    def __post_init__(self) -> None:
        self._delays = delays(self.first_delay_s)

    async def keep(self) -> None:
        """Stay connected until the bot is closed. Raises `HostError` where Discord closes the door for good."""
        while not self.bot.is_closed():
            reason = await self._live()
            if self.bot.is_closed():
                return
            self.bot.dispatch("disconnect")
            pause_s = self._pause_s(reason)
            _log.log(
                logging.WARNING if pause_s else logging.INFO,
                "The connection to Discord is gone (%s): %s.",
                describe(reason) if isinstance(reason, Exception) else reason,
                f"trying again in {pause_s:.1f} s" if pause_s else "made anew at once",
            )
            await asyncio.sleep(pause_s)

    async def _live(self) -> str | Exception:
        """Connect, and take what comes until the connection ends; return why it did."""
        before, self._socket = self._socket, None
        try:
            self._socket = self.bot.ws = await self._connect(before)
            while True:
                await self._socket.poll_event()
        except ReconnectWebSocket as end:
            if not end.resume and self._socket is not None:
                self._socket.session_id = None
            return "it ended" if end.resume else "the session is over"
        except UnreadableMessage as error:
            return await self._unreadable(error)
        except discord.ConnectionClosed as end:
            if end.code in FOR_GOOD:
                raise HostError(FOR_GOOD[end.code]) from end
            return f"closed with code {end.code}"
        except _UNREACHED as error:
            return error
        except Exception as error:  # nothing that is wrong with one connection may be the end of the bot
            _log.error("The connection to Discord broke", exc_info=error)
            return error
        finally:
            if self._socket is None:
                self._socket = before  # its session may still be resumed

    async def _connect(self, before: Gateway | None) -> Gateway:
        session: dict[str, Any] = {"initial": self._initial}
        if before is not None and before.session_id is not None and self._in_vain < RESUME_TRIES:
            session |= {"session": before.session_id, "sequence": before.sequence, "gateway": before.gateway}
            session["resume"] = True
        self._in_vain += 1
        async with asyncio.timeout(CONNECT_S):
            socket = await Gateway.from_client(self.bot, **session)
        self._initial = False
        socket.guard(self._told)
        if self._unread is not None and self._unread[0] == socket.session_id:
            socket.pass_over = self._unread[1]
        return socket

    async def _unreadable(self, error: UnreadableMessage) -> str:
        """Close the connection so that its session can be resumed: then Discord sends again what was lost."""
        socket, cause = self._socket, error.__cause__
        assert cause is not None, "the error is raised from what went wrong"
        tell_once(self._told, "A message of Discord's could not be read", cause)
        if socket is not None:
            await socket.close()
            place = (str(socket.session_id), socket.sequence or 0)
            if place == self._unread:
                socket.session_id = None  # the stream itself was broken there twice: another session
            self._unread = place
        return "a message could not be read"

    def _pause_s(self, reason: str | Exception) -> float:
        """Return how long to wait. Without end only where sessions come and go too fast, or none comes at all."""
        now_s = asyncio.get_running_loop().time()
        if self._socket is not None and self._socket.up:
            self._socket.up = False
            self._in_vain = 0
            self._connected.append(now_s)
            while now_s - self._connected[0] > RECENTLY_S:
                self._connected.popleft()
            if len(self._connected) <= AT_ONCE:
                self._delays = delays(self.first_delay_s)
                return 0.0
        pause_s = next(self._delays)
        return max(pause_s, reason.left_s) if isinstance(reason, BannedForNow) else pause_s


def tell_once(told: set[str], what: str, error: BaseException) -> None:
    """Log `what` went wrong and where in the code, in one line; what was told before only for whoever debugs."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f", {last[0].filename.rpartition('/')[2]}:{last[0].lineno}" if last else ""
    line = f"{what} ({type(error).__name__}{where})."
    _log.log(logging.DEBUG if line in told else logging.WARNING, "%s", line)
    told.add(line)

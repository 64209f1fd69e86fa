"""Getting an answer through a network that may lose it.

The request that answers an interaction may fail although Discord has carried it out. So it is looked for (`GET
@original`), and given again where it did not arrive: Discord takes only one first answer, and says so for a second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import aiohttp
import discord
from discord import ui

from bot.errors import Unreached
from bot.logs import describe

_log = logging.getLogger(__name__)

R = TypeVar("R")

TRIES = 3
"""How often one thing is sent, or looked for."""
PAUSE_S = 0.5
"""How long the second try waits; the third waits twice as long."""
ANSWER_S = 10.0
"""How long one request of an answer may take: discord.py itself would wait for minutes."""
UNKNOWN_CHANNEL, UNKNOWN_MEMBER, UNKNOWN_MESSAGE, UNKNOWN_USER = 10003, 10007, 10008, 10013
"""Discord's codes for what is not there."""
UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, ALREADY_ANSWERED = 10015, 10062, 40060
"""Its codes for an interaction that cannot be answered, or not once more."""
TOKEN_INVALID, ARCHIVED, BLOCKED_BY_AUTOMOD = 50027, 50083, 200000
"""Its codes for other refusals: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json."""
NO_DIRECT_MESSAGES = frozenset({50007, 50278})
"""What Discord says where somebody takes no direct messages of the bot's: they want none, or share no server."""
TOKEN_GONE = frozenset({UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, TOKEN_INVALID})
"""What Discord says where nothing can be answered by the interaction's token any more."""
SESSION_CLOSED = "Session is closed"
"""The message of aiohttp's RuntimeError for a request after the program has begun to stop."""
_ON_THE_WAY = (aiohttp.ClientError, OSError, TimeoutError)
"""What is raised where the network lost a request or its answer."""
UNDELIVERED = (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError, Unreached)
"""Whatever is raised where something could not be shown in Discord."""

ACKNOWLEDGE_S = 2.0
"""Discord gives an answer three seconds; what is not answered by then is acknowledged."""
_ANSWERED = "answered"
"""The key in `interaction.extras` that says that the first answer arrived, though discord.py was not told."""
_TURN, _TRIED, _ACKNOWLEDGED = "turn", "tried", "acknowledged"
"""The keys of the lock under which the first answer is given, and of the notes that one was tried, and that it was an
acknowledgement."""


class Acknowledged(Exception):
    """The interaction took so long that it was acknowledged meanwhile: the answer has to take another way."""


class _Answer(Protocol):
    """What discord.py returns for a first answer."""

    @property
    def message_id(self) -> int | None: ...


def is_answered(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether the first answer was given."""
    return interaction.response.is_done() or _ANSWERED in interaction.extras


async def first_answer(
    interaction: discord.Interaction[Any], send: Callable[[], Awaitable[_Answer]], card: ui.LayoutView | None = None
) -> int | None:
    """Give the first answer of an interaction by `send`, and return the id of the message that it made or edited, None
    where there is none or it is not known. `card` is what that message shows.

    Raises `Unreached` where it cannot be told whether it arrived, `discord.HTTPException` where it was refused, and
    `Acknowledged` where there was one already because it came late.
    """
    async with _turn(interaction):
        if was_acknowledged(interaction):
            raise Acknowledged
        interaction.extras[_TRIED] = True
        return await _give(interaction, send, card)


async def acknowledge(interaction: discord.Interaction[Any]) -> None:
    """Tell Discord that the answer follows, unless one was given or tried: to a click so that the card stays as it is,
    else as a message that only the person sees. What goes wrong is logged; the answer itself will tell.

    What was tried and refused is answered in another way: nothing would ever take the place of "thinking"."""
    async with _turn(interaction):
        if is_answered(interaction) or _TRIED in interaction.extras:
            return
        clicked = interaction.type is discord.InteractionType.component
        defer = interaction.response.defer
        try:
            await _in_time(lambda: defer() if clicked else defer(ephemeral=True, thinking=True))
        except UNDELIVERED as error:
            _log.info("interaction %d could not be acknowledged: %s", interaction.id, describe(error))
        else:
            interaction.extras[_ACKNOWLEDGED] = True


def was_acknowledged(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether the first answer was no more than an acknowledgement, as the real one takes long."""
    return _ACKNOWLEDGED in interaction.extras


def _turn(interaction: discord.Interaction[Any]) -> asyncio.Lock:
    lock: asyncio.Lock = interaction.extras.setdefault(_TURN, asyncio.Lock())
    return lock


async def _give(
    interaction: discord.Interaction[Any], send: Callable[[], Awaitable[_Answer]], card: ui.LayoutView | None
) -> int | None:
    lost: BaseException | None = None
    for attempt in range(TRIES):
        await asyncio.sleep(attempt * PAUSE_S)
        try:
            return (await _in_time(send)).message_id
        except discord.HTTPException as error:
            if error.code == ALREADY_ANSWERED:
                return await _taken(interaction, card, error)
            if error.status < 500:
                raise
            lost = error
        except _ON_THE_WAY as error:
            lost = error
        except TypeError as error:
            if not interaction.response.is_done():
                raise
            lost = error  # discord.py took a page of HTML for Discord's answer
        try:
            if (found := await _look(interaction)) is not None:
                return _note(interaction, found)
        except UNDELIVERED as error:
            _log.info("an answer could not be looked for: %s", describe(error))
        if interaction.response.is_done():
            break  # discord.py believes that it is answered, and would send nothing more
    raise Unreached("the first answer of an interaction") from lost


async def persistently(send: Callable[[], Awaitable[R]], *, tries: int = TRIES) -> R:
    """Send what does no harm when it is sent twice, `tries` times at most where it fails on the way."""
    for attempt in range(1, tries):
        try:
            return await _in_time(send)
        except UNDELIVERED as error:
            if not _is_lost(error):
                raise
            _log.info("sent again: %s", describe(error))
            await asyncio.sleep(attempt * 2 * PAUSE_S)
    return await _in_time(send)


async def _in_time(send: Callable[[], Awaitable[R]]) -> R:
    try:
        async with asyncio.timeout(ANSWER_S):
            return await send()
    except RuntimeError as error:
        if str(error) != SESSION_CLOSED:
            raise
        raise aiohttp.ClientConnectionError("the program is being stopped") from error


def is_on_the_way(error: BaseException) -> bool:
    """Tell whether a request may succeed later: the network, Discord or Cloudflare was in the way."""
    return _is_lost(error) or (isinstance(error, discord.HTTPException) and error.status == 429)


def _is_lost(error: BaseException) -> bool:
    """Tell whether a request failed though it may have been carried out."""
    return isinstance(error, _ON_THE_WAY) or (isinstance(error, discord.HTTPException) and error.status >= 500)


async def _taken(
    interaction: discord.Interaction[Any], card: ui.LayoutView | None, error: discord.HTTPException
) -> int | None:
    """Return the id of the message that an earlier try made, None where it is not known. Raises `error` where somebody
    else has answered: another copy of the program."""
    try:
        found = await _look(interaction)
    except UNDELIVERED:
        found = None
    if found is None:  # forms and acknowledgements are no messages; another copy's answer cannot be told from them
        _log.warning("interaction %d has an answer already, perhaps not ours: %s", interaction.id, describe(error))
    elif card is not None:
        ids = custom_ids(card)
        if ids and not ids & custom_ids(ui.LayoutView.from_message(found)):
            raise error
    return _note(interaction, found)


async def _look(interaction: discord.Interaction[Any]) -> discord.InteractionMessage | None:
    """Return the message that answers an interaction, None where there is none. Raises as `UNDELIVERED`."""
    try:
        return await _in_time(interaction.original_response)
    except discord.NotFound:
        return None


def _note(interaction: discord.Interaction[Any], found: discord.InteractionMessage | None) -> int | None:
    interaction.extras[_ANSWERED] = True
    return None if found is None else found.id


def custom_ids(view: ui.LayoutView | ui.View) -> set[str]:
    """Return the custom ids of everything on a card, or under a message, that can be pressed or chosen."""
    return {
        item.custom_id
        for item in view.walk_children()
        if isinstance(item, (ui.Button, ui.Select)) and item.custom_id is not None
    }

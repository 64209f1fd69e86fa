"""The one way an answer takes: the interaction's response, then its follow-ups, then the channel.

An interaction's token lasts 15 minutes. After that a public answer is edited as an ordinary message of the bot's own,
which works only where the bot is a member.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.errors import Cancelled, InferenceError, InklingError, PersonError, StorageError, WorkerRefused
from bot.rules.characters import is_blank
from bot.ui.cards import Card, given_cards, notice
from bot.ui.cutting import shown_head, shown_size
from bot.ui.escaping import escape
from bot.ui.locale import Catalogue, private

_log = logging.getLogger(__name__)

TOKEN_LIFE_S = 14.5 * 60
"""How long an interaction's token is used after it was answered: half a minute less than it lasts."""
GIVEN = "given"
"""The key in `interaction.extras` of the text that the person typed into a form, shown again in a refusal."""
PLACE = 300
"""So many characters of a value are said in a sentence."""
SHOWN = "shown"
"""The key in `interaction.extras` of a public answer that a refusal takes back."""
_UNKNOWN_INTERACTION, _ALREADY_ANSWERED, _UNKNOWN_MESSAGE = 10062, 40060, 10008


class Shown:
    """A public message that answers an interaction and is edited as things go on."""

    def __init__(self, interaction: discord.Interaction[Any], message_id: int) -> None:
        self._interaction = interaction
        self._loop = asyncio.get_running_loop()
        self._token_ends_s = self._loop.time() + TOKEN_LIFE_S
        self.message_id = message_id

    async def edit(self, card: Card) -> None:
        """Show `card` instead. Raises `discord.NotFound` where somebody deleted the message."""
        if self._token_lives():
            await self._interaction.edit_original_response(view=card)
        else:
            await self._own_message().edit(view=card, allowed_mentions=discord.AllowedMentions.none())

    async def remove(self) -> None:
        """Delete the message; one that is gone, or out of reach, is no error."""
        try:
            if self._token_lives():
                await self._interaction.delete_original_response()
            else:
                await self._own_message().delete()
        except discord.HTTPException as error:
            _log.info("a message could not be deleted: %s", error)

    def _token_lives(self) -> bool:
        """Tell whether the interaction can still be answered through its token. Counted from the first answer, which
        comes within seconds, as this machine's wall clock may differ from Discord's."""
        return self._loop.time() < self._token_ends_s

    def _own_message(self) -> discord.PartialMessage:
        channel_id = self._interaction.channel_id
        assert channel_id is not None, "a message that answers an interaction stands in a channel"
        client: discord.Client = self._interaction.client
        return client.get_partial_messageable(channel_id).get_partial_message(self.message_id)


def reachable(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether the bot can edit its own messages there without the token: in a server that it is a member of,
    and in its own private conversation with the person."""
    if interaction.guild_id is not None:
        return interaction.client.get_guild(interaction.guild_id) is not None
    return interaction.context.dm_channel


async def show(interaction: discord.Interaction[Any], card: Card) -> Shown:
    """Answer publicly, as the first response, and remember it so that an error can take it back."""
    response = await interaction.response.send_message(view=card)
    assert response.message_id is not None, "a response with a message has its id"
    shown = Shown(interaction, response.message_id)
    interaction.extras[SHOWN] = shown
    return shown


async def whisper(interaction: discord.Interaction[Any], *cards: Card) -> None:
    """Show `cards` to the person who acts and to nobody else."""
    for card in cards:
        if interaction.response.is_done():
            await interaction.followup.send(view=card, ephemeral=True)
        else:
            await interaction.response.send_message(view=card, ephemeral=True)


async def guard(interaction: discord.Interaction[Any], work: Awaitable[None]) -> None:
    """Do the `work` of a command; where it raises what Inkling raises on purpose, tell the person.

    Whatever else it raises goes on to `tree.on_error`, which tells them as well."""
    try:
        await work
    except InklingError as error:
        await tell(interaction, error)


async def tell(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Answer an error privately, in the person's language: what they can mend as a sentence, the rest as an
    incident with a line in the log. A public answer that was begun is taken back; a typed text is given back."""
    if isinstance(error, discord.HTTPException) and error.code in (_UNKNOWN_INTERACTION, _ALREADY_ANSWERED):
        _log.warning("interaction %d came to nothing: %s", interaction.id, error)
        return
    say = private(interaction)
    cards = [notice(sentence(say, error))]
    given = interaction.extras.pop(GIVEN, "") or _unsaid(error)
    if not is_blank(given) and not isinstance(error, Cancelled):
        cards += given_cards(say, given)
    try:
        if (shown := interaction.extras.pop(SHOWN, None)) is not None:
            await shown.remove()
        await whisper(interaction, *cards)
    except (discord.HTTPException, aiohttp.ClientError) as failure:
        _log.warning("could not tell the person about %r: %s", error, failure)


def _place(value: str) -> str:
    """Return a value as it stands in a sentence: escaped, and no longer than a sentence can be read with."""
    return shown_head(value, PLACE)


def _unsaid(error: BaseException) -> str:
    """Return what somebody typed that is too long for the sentence that refuses it, so that it is given back."""
    values = error.params.values() if isinstance(error, PersonError) else ()
    return next((value for value in values if isinstance(value, str) and shown_size(value) > PLACE), "")


def sentence(say: Catalogue, error: BaseException) -> str:
    """Return what to tell a person about `error`; what is not theirs to mend is logged with an incident id."""
    if isinstance(error, PersonError):
        places = {name: _place(value) if isinstance(value, str) else value for name, value in error.params.items()}
        return say(f"error.{error.key}", **places)
    if isinstance(error, Cancelled):
        return say("error.cancelled")
    if isinstance(error, (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)):
        return say("error.commands_changed")
    if isinstance(error, app_commands.NoPrivateMessage):
        return say("error.server_only")
    if isinstance(error, app_commands.MissingPermissions):
        return say("error.missing_permissions", permissions=escape(", ".join(error.missing_permissions)))
    if isinstance(error, InferenceError) and not isinstance(error, WorkerRefused):
        _log.warning("the models could not answer: %s", error)
        return say("error.worker_unavailable")
    incident = secrets.token_hex(4)
    _log.error("incident %s", incident, exc_info=error)
    return say("error.storage" if isinstance(error, StorageError) else "error.incident", incident=incident)

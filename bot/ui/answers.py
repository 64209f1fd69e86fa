"""The answers to what people do, private ones and errors. Public cards are in `bot.ui.public_card`.

Whoever answers has done what was asked, and it is kept. So these functions raise nothing where Discord or the network
loses or refuses an answer: they try what can be tried (see `bot.ui.delivery`), log it, and tell whether it arrived.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import discord
from discord import app_commands

from bot.errors import (
    AlreadyKept,
    Busy,
    Cancelled,
    InferenceError,
    PersonError,
    StorageError,
    Unreached,
    WorkerRefused,
)
from bot.logs import describe
from bot.rules.text.characters import is_blank
from bot.ui import custom_ids
from bot.ui.cards import Card, given_cards, notice, text
from bot.ui.cutting import shown_head, shown_size
from bot.ui.delivery import (
    ALREADY_ANSWERED,
    UNDELIVERED,
    UNKNOWN_INTERACTION,
    Acknowledged,
    first_answer,
    is_answered,
    persistently,
)
from bot.ui.escaping import escape
from bot.ui.locale import Catalogue, private
from bot.ui.public_card import SHOWN

_log = logging.getLogger(__name__)

GIVEN = "given"
"""The key in `interaction.extras` of the text that the person wrote into a form or the options of a command: a refusal
shows it again. What keeps the text takes it out."""
_UNDONE = "undone"
"""The key in `interaction.extras` that says that nothing was done: the answer is a refusal."""
PLACED = "placed"
"""The key in `interaction.extras` of the message that shows the answer, a `Placed`."""
PLACE = 300
"""So many characters of a value are said in a sentence."""
_NOT_OURS = (UNKNOWN_INTERACTION, ALREADY_ANSWERED)
"""What Discord says of an interaction that expired, or that another copy of the program has answered."""


class Placed(NamedTuple):
    """Where an answer stands: the id of its message, None where it is not known; and whether it followed an earlier
    answer, so that the interaction's "original response" is another message."""

    message_id: int | None
    followed: bool


async def whisper(interaction: discord.Interaction[Any], *cards: Card) -> bool:
    """Show `cards` to the person who acts and to nobody else; tell whether they are known to have arrived."""
    for card in cards:
        if not await _whisper_one(interaction, card):
            return False
    return True


async def _whisper_one(interaction: discord.Interaction[Any], card: Card) -> bool:
    if is_answered(interaction):
        return await follow_up(interaction, view=card)
    send = interaction.response.send_message
    try:
        return await _first(interaction, lambda: send(view=card, ephemeral=True), card)
    except Acknowledged:
        return await follow_up(interaction, view=card)


async def replace(interaction: discord.Interaction[Any], card: Card) -> bool:
    """Show `card` in the place of the one that was clicked on; tell whether it is known to have arrived."""
    edit = interaction.response.edit_message
    try:
        return await _first(interaction, lambda: edit(view=card), card)
    except Acknowledged:
        return await change(interaction, card)


def is_private(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether what was clicked on is seen by the person alone."""
    return interaction.message is not None and interaction.message.flags.ephemeral


def keep_given(interaction: discord.Interaction[Any], *parts: str) -> None:
    """Note what the person typed into the boxes of a form, to give it back with a refusal."""
    interaction.extras[GIVEN] = "\n\n".join(part for part in parts if part.strip())


async def respond(interaction: discord.Interaction[Any], card: Card) -> bool:
    """Show a card to the person who acts: in the place of the private one that they acted on, or as a new one. Tell
    whether it is known to have arrived."""
    if is_private(interaction) and not is_answered(interaction):
        return await replace(interaction, card)
    return await whisper(interaction, card)


async def open_form(interaction: discord.Interaction[Any], form: discord.ui.Modal) -> bool:
    """Open a form; tell whether that is known to have arrived. Raises `Busy` where it took so long that Discord would
    open none any more."""
    try:
        return await _first(interaction, lambda: interaction.response.send_modal(form))
    except Acknowledged:
        raise Busy("form_late", retry_after_s=1) from None


async def take_time(interaction: discord.Interaction[Any], *, private: bool = False) -> bool:
    """Say that the answer follows: `private`, a new one for the person who acts; else what was clicked on changes. Tell
    whether that is known to have arrived."""
    defer = interaction.response.defer

    async def send() -> discord.InteractionCallbackResponse[Any]:
        response = await (defer(ephemeral=True, thinking=True) if private else defer())
        assert response is not None, "commands and clicks can be deferred"
        return response

    try:
        return await _first(interaction, send)
    except Acknowledged:
        return True


async def follow_up(interaction: discord.Interaction[Any], **parts: Any) -> bool:
    """Send one more private message, with the `parts` of `Webhook.send`; tell whether it is known to have arrived."""
    send = interaction.followup.send
    if "file" in parts or "files" in parts:  # they take their time, and discord.py closes them behind the first try
        return await _got_through(interaction, send(ephemeral=True, **parts), followed=True)
    return await _got_through(interaction, persistently(lambda: send(ephemeral=True, **parts)), followed=True)


async def change(interaction: discord.Interaction[Any], card: Card) -> bool:
    """Show `card` in the place of the answer that was given; tell whether it is known to have arrived."""
    edit = interaction.edit_original_response
    return await _got_through(interaction, persistently(lambda: edit(view=card)))


async def _first(
    interaction: discord.Interaction[Any], send: Callable[[], Awaitable[Any]], card: Card | None = None
) -> bool:
    return await _got_through(interaction, first_answer(interaction, send, card))


async def _got_through(
    interaction: discord.Interaction[Any], delivery: Awaitable[Any], *, followed: bool = False
) -> bool:
    """Tell whether an answer arrived, and note where. What was asked for is done and kept by then, unless the answer is
    a refusal, so nobody is told that it failed; an answer that Discord refuses for what is in it is a fault of this
    program, and the person hears its number."""
    try:
        arrived = await delivery
    except discord.HTTPException as error:
        if error.status != 400 or error.code == ALREADY_ANSWERED:
            _log.warning("interaction %d was not answered: %s", interaction.id, describe(error))
            return False
        await _own_up(interaction, error)
        return False
    except UNDELIVERED as error:
        _log.warning("interaction %d was not answered, as far as is known: %s", interaction.id, describe(error))
        return False
    message_id = arrived.id if isinstance(arrived, discord.Message) else arrived
    interaction.extras[PLACED] = Placed(message_id, followed)
    return True


async def _own_up(interaction: discord.Interaction[Any], error: discord.HTTPException) -> None:
    incident = secrets.token_hex(4)
    _log.error("incident %s: an answer was refused: %s", incident, describe(error), exc_info=error)
    key = "error.incident" if _UNDONE in interaction.extras else "error.not_shown"
    card = notice(private(interaction)(key, incident=incident))
    with contextlib.suppress(*UNDELIVERED):
        if is_answered(interaction):
            await interaction.followup.send(view=card, ephemeral=True)
        else:
            await interaction.response.send_message(view=card, ephemeral=True)


async def tell(interaction: discord.Interaction[Any], error: BaseException) -> None:
    """Answer an error privately, in the person's language: what they can mend as a sentence, the rest as an
    incident with a line in the log. A public answer that was begun is taken back; a typed text is given back."""
    if isinstance(error, Unreached) or (isinstance(error, discord.HTTPException) and error.code in _NOT_OURS):
        _log.warning("interaction %d came to nothing: %s", interaction.id, describe(error))
        return
    if interaction.client.is_closed():  # the program is being stopped: nobody can be told, and nothing is wrong
        _log.info("interaction %d ended with the program: %s", interaction.id, describe(error))
        return
    say = private(interaction)
    cards = [notice(sentence(say, error))]
    if isinstance(error, AlreadyKept):
        again = custom_ids.KEEP_AGAIN.button(say("button.keep_again"), error.number)
        cards = [Card(text(sentence(say, error)), discord.ui.ActionRow(again), colour=None)]
    given = interaction.extras.pop(GIVEN, "") or _unsaid(error)
    if not is_blank(given) and not isinstance(error, (Cancelled, AlreadyKept)) and not _is_said(error, given):
        cards += given_cards(say, given)
    if (shown := interaction.extras.pop(SHOWN, None)) is not None:
        await shown.remove()
    if not isinstance(error, AlreadyKept):
        interaction.extras[_UNDONE] = True
    if not await whisper(interaction, *cards):
        _log.warning("the person could not be told about a %s", type(error).__name__)


def _place(value: str) -> str:
    """Return a value as it stands in a sentence: escaped, and no longer than a sentence can be read with."""
    return shown_head(value, PLACE)


def _unsaid(error: BaseException) -> str:
    """Return what somebody typed that is too long for the sentence that refuses it, so that it is given back."""
    values = error.params.values() if isinstance(error, PersonError) else ()
    return next((value for value in values if isinstance(value, str) and shown_size(value) > PLACE), "")


def _is_said(error: BaseException, given: str) -> bool:
    """Tell whether the sentence that refuses a text names all of it, so that it need not be given back."""
    return isinstance(error, PersonError) and given in error.params.values() and shown_size(given) <= PLACE


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

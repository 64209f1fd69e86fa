"""A public card that answers an interaction, and the ways by which it can still be changed.

An interaction's token lasts 15 minutes, and may be refused before. After that a public answer is an ordinary message of
the bot's own, which works only where the bot is a member.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import discord

from bot.errors import Unreached
from bot.logs import describe
from bot.ui.cards import Card
from bot.ui.delivery import TOKEN_GONE, UNDELIVERED, Acknowledged, first_answer

_log = logging.getLogger(__name__)

TOKEN_LIFE_S = 14.5 * 60
"""How long an interaction's token is used after it was answered: half a minute less than it lasts."""
SHOWN = "shown"
"""The key in `interaction.extras` of a public answer that a refusal takes back."""


class PublicCard:
    """A public message that answers an interaction and is edited as things go on. `message_id` is None as long as
    nobody knows whether it arrived."""

    def __init__(self, interaction: discord.Interaction[Any], message_id: int | None, *, by_token: bool = True) -> None:
        self._interaction = interaction
        self._loop = asyncio.get_running_loop()
        self._token_ends_s = self._loop.time() + TOKEN_LIFE_S
        self._by_token = by_token
        self._refused = False
        self.message_id = message_id

    async def edit(self, card: Card) -> None:
        """Show `card` instead; as a new message where the first answer turns out not to have arrived. Raises
        `discord.NotFound` where somebody deleted the message, another of `UNDELIVERED` where it cannot be shown."""
        if self._by_token and self.token_lives():
            try:
                self.message_id = (await self._interaction.edit_original_response(view=card)).id
            except discord.HTTPException as error:
                if error.code not in TOKEN_GONE:
                    raise
                self._by_token = False
            else:
                return
        if self.message_id is not None:
            await self._own_message(self.message_id).edit(view=card, allowed_mentions=discord.AllowedMentions.none())
        elif reachable(self._interaction) and not self._refused:
            await self.send_anew(card)
        else:
            raise Unreached("there is no message")

    async def send_anew(self, card: Card) -> None:
        """Show `card` as a new message of the bot's own in the same place, and from now on there. Raises one of
        `UNDELIVERED`."""
        self._refused = True  # until it is not: one that is refused is not sent again at every beat
        self.message_id = (await self._channel().send(view=card)).id
        self._by_token = self._refused = False

    async def remove(self) -> None:
        """Delete the message; one that is gone, or out of reach, is no error."""
        try:
            if self._by_token and self.token_lives():
                try:
                    await self._interaction.delete_original_response()
                except discord.HTTPException as error:
                    if error.code not in TOKEN_GONE:
                        raise
                else:
                    return
            if self.message_id is not None:
                await self._own_message(self.message_id).delete()
        except UNDELIVERED as error:
            _log.info("a message could not be deleted: %s", describe(error))

    def leave_token(self) -> None:
        """Change the message from now on as one of the bot's own: what the token reaches is another one."""
        self._by_token = False

    def token_lives(self) -> bool:
        """Tell whether the interaction can still be answered through its token. Counted from the first answer, which
        comes within seconds, as this machine's wall clock may differ from Discord's."""
        return self._loop.time() < self._token_ends_s

    def _channel(self) -> discord.PartialMessageable:
        channel_id = self._interaction.channel_id
        assert channel_id is not None, "commands, clicks and forms happen in a channel"
        client: discord.Client = self._interaction.client
        return client.get_partial_messageable(channel_id)

    def _own_message(self, message_id: int) -> discord.PartialMessage:
        return self._channel().get_partial_message(message_id)


Otherwise = Callable[[discord.Interaction[Any], PublicCard, Card], Awaitable[None]]
"""Shows a card in another way than by the first answer."""


def reachable(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether the bot can edit its own messages there without the token: in a server that it is a member of,
    and in its own private conversation with the person."""
    if interaction.guild_id is not None:
        return interaction.client.get_guild(interaction.guild_id) is not None
    return interaction.context.dm_channel


async def show(interaction: discord.Interaction[Any], card: Card) -> PublicCard:
    """Answer publicly, as the first response, and remember it so that an error can take it back. Where the response is
    refused, a message of the bot's own takes its place. Where that does not get through either, or where nobody can
    tell whether the response did, the message is found or sent when it is edited.

    Raises `discord.HTTPException` where Discord refuses the card itself, or another copy of the program has answered.
    """
    shown, send = PublicCard(interaction, None), interaction.response.send_message
    return await _answered(interaction, shown, lambda: send(view=card), card, late=_show_late, refused=_show_beside)


async def turn(interaction: discord.Interaction[Any], card: Card) -> PublicCard:
    """Answer a click, or a form that one opened, by showing `card` on the public card that was clicked on. Whatever
    happens to that answer, the card is edited when there is something new to show.

    Raises `discord.HTTPException` where Discord refuses the card itself, or another copy of the program has answered.
    """
    assert interaction.message is not None, "a button stands on a message"
    shown = PublicCard(interaction, interaction.message.id)

    async def send() -> discord.InteractionCallbackResponse[Any]:
        response = await interaction.response.edit_message(view=card)
        assert response is not None, "what was clicked on can be edited"
        return response

    return await _answered(interaction, shown, send, card, late=_turn_late, refused=_leave)


async def _answered(
    interaction: discord.Interaction[Any],
    shown: PublicCard,
    send: Callable[[], Awaitable[discord.InteractionCallbackResponse[Any]]],
    card: Card,
    *,
    late: Otherwise,
    refused: Otherwise,
) -> PublicCard:
    """Give `card` as the first answer with `send`, and remember it as what is shown; `late` shows it where the
    interaction was acknowledged meanwhile, `refused` where Discord does not take the answer."""
    try:
        message_id = await first_answer(interaction, send, card)
        if shown.message_id is None:
            shown.message_id = message_id
    except Acknowledged:
        await late(interaction, shown, card)
    except Unreached as error:
        _log.warning("nobody can tell whether the answer to interaction %d arrived: %s", interaction.id, error)
    except discord.HTTPException as error:
        if error.status == 400:
            raise
        _log.warning("interaction %d could not be answered: %s", interaction.id, describe(error))
        await refused(interaction, shown, card)
    interaction.extras[SHOWN] = shown
    return shown


async def _leave(interaction: discord.Interaction[Any], shown: PublicCard, card: Card) -> None:
    """Leave a card as it is: it is edited when there is something new to show."""


async def _turn_late(interaction: discord.Interaction[Any], shown: PublicCard, card: Card) -> None:
    """Show the card although the click was acknowledged. A form was acknowledged with a private message, which goes;
    from then on the card is a message of the bot's own."""
    with contextlib.suppress(*UNDELIVERED):
        if interaction.type is not discord.InteractionType.component:
            shown.leave_token()
            await interaction.delete_original_response()
    with contextlib.suppress(*UNDELIVERED):
        await shown.edit(card)


async def _show_late(interaction: discord.Interaction[Any], shown: PublicCard, card: Card) -> None:
    """Show the card although a private acknowledgement was given: as a message of the bot's own, and where it cannot
    write, to the person alone."""
    if reachable(interaction):
        try:
            await shown.send_anew(card)
        except UNDELIVERED as error:
            _log.info("the bot cannot write in channel %s: %s", interaction.channel_id, describe(error))
        else:
            with contextlib.suppress(*UNDELIVERED):
                if interaction.type is not discord.InteractionType.component:
                    await interaction.delete_original_response()
            return
    shown.message_id = (await interaction.followup.send(view=card, ephemeral=True, wait=True)).id


async def _show_beside(interaction: discord.Interaction[Any], shown: PublicCard, card: Card) -> None:
    if not reachable(interaction):
        return
    try:
        await shown.send_anew(card)
    except UNDELIVERED as error:
        _log.warning("nor can the bot write in channel %s: %s", interaction.channel_id, describe(error))

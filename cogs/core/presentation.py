"""From a generation that is kept to the card that shows it, whatever Discord or the network does meanwhile.

Where the card cannot stand in the place of the progress it becomes a message of the bot's own. Where that is refused,
too, the person who asked gets a private word with a button that opens it. What failed on the way is left to the outbox.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

import discord

from bot.errors import StorageError
from bot.logs import describe
from bot.rules.generations import Generation, Place
from bot.rules.posts import Post
from bot.ui import custom_ids
from bot.ui.answers import GIVEN, whisper
from bot.ui.cards import Card, notice, text
from bot.ui.delivery import ALREADY_ANSWERED, TRIES, UNDELIVERED, UNKNOWN_MESSAGE, is_on_the_way, persistently
from bot.ui.locale import Catalogue, private
from bot.ui.public_card import SHOWN, PublicCard, reachable, show
from cogs.core.feature_card import FeatureCards
from cogs.core.outbox import OutboxDispatcher
from cogs.core.services import Services

_log = logging.getLogger(__name__)

NOTED = "noted"
"""The key in `interaction.extras` of the post that notes that a progress is on show."""


class ResultCards:
    """Shows what the models wrote, and what people wrote on their cards. One for all the cogs of a bot."""

    def __init__(self, services: Services, dispatcher: OutboxDispatcher, cards: FeatureCards) -> None:
        self._services = services
        self._dispatcher = dispatcher
        self._cards = cards

    async def present(
        self, interaction: discord.Interaction[Any], generation: Generation, say: Catalogue, place: Place
    ) -> None:
        """Show the card of a generation that is kept, in the place of the progress or as the first answer. `place` is
        where that is."""
        final = self._cards[generation.kind].card(say, generation, name=interaction.user.display_name)
        interaction.extras.pop(GIVEN, None)
        progress: PublicCard | None = interaction.extras.pop(SHOWN, None)
        shown = await self._in_place(interaction, progress, final, generation)
        if shown is None or shown.message_id is None:
            return
        if not await self._services.generation_service.mark_sent(generation.id, place, shown.message_id):
            await shown.remove()  # the person had everything of theirs deleted meanwhile
        if generation.parent_id is not None:
            await self._dispatcher.flush()  # the card that it was taken from tells so

    async def turn_back(self, interaction: discord.Interaction[Any], say: Catalogue) -> None:
        """Show again, on a card that was to be turned, what is kept of it. Where that does not get through it is left
        to the outbox."""
        shown: PublicCard | None = interaction.extras.pop(SHOWN, None)
        if shown is None or shown.message_id is None:
            return
        try:
            kept = await self._services.generation_service.get_by_message(shown.message_id)
            if kept is None:
                await shown.remove()  # deleted meanwhile, with everything of the person's
                return
            card = self._cards[kept.kind].card(say, kept, name=interaction.user.display_name)
            await persistently(lambda: shown.edit(card))
        except UNDELIVERED as error:
            _log.warning("a card could not be turned back: %s", describe(error))
            if is_on_the_way(error):
                await self._leave_to_outbox(interaction)
        except StorageError as error:
            _log.error("a card is turned back at the next start: %s", error)
            interaction.extras.pop(NOTED, None)

    async def left_behind(
        self, client: discord.Client, guild: discord.Guild | None, message_id: int, say: Catalogue
    ) -> Card:
        """Return what is to stand in the place of a progress that an earlier run of the program left behind: what came
        of it, what the card showed before, or that it was interrupted."""
        kept = await self.kept(client, guild, message_id, say)
        return notice(say("progress.interrupted")) if kept is None else kept

    async def kept(
        self, client: discord.Client, guild: discord.Guild | None, message_id: int, say: Catalogue
    ) -> Card | None:
        """Return the card that a message shows, as it is now; None where nothing is kept of it any more."""
        kept = await self._services.generation_service.get_by_message(message_id)
        if kept is None:
            return None
        name = await name_of(client, guild, kept.person_id) or say("publishing.somebody")
        return self._cards[kept.kind].card(say, kept, name=name)

    async def _in_place(
        self, interaction: discord.Interaction[Any], progress: PublicCard | None, final: Card, generation: Generation
    ) -> PublicCard | None:
        """Put the final card in the place of the progress, None where it stands nowhere yet."""
        shown = progress or PublicCard(interaction, None)
        try:
            if progress is None:
                shown = await show(interaction, final)
                interaction.extras.pop(SHOWN, None)
            if progress is not None or shown.message_id is None:
                tries = 1 if NOTED in interaction.extras else TRIES  # the outbox goes on trying
                await persistently(lambda: shown.edit(final), tries=tries)
        except UNDELIVERED as error:
            if getattr(error, "code", None) == ALREADY_ANSWERED:
                raise
            _log.warning("the card of generation %d was refused: %s", generation.id, describe(error))
            return await self._otherwise(interaction, shown, final, generation, error)
        return shown

    async def _otherwise(
        self,
        interaction: discord.Interaction[Any],
        shown: PublicCard,
        final: Card,
        generation: Generation,
        error: BaseException,
    ) -> PublicCard | None:
        if is_on_the_way(error) and NOTED in interaction.extras:
            await self._leave_to_outbox(interaction)
            return None
        deleted = isinstance(error, discord.NotFound) and error.code == UNKNOWN_MESSAGE
        if reachable(interaction) and not deleted:
            beside = PublicCard(interaction, None, by_token=False)
            try:
                await beside.send_anew(final)
            except UNDELIVERED as refused:
                _log.info("nor can it be a message of the bot's own: %s", describe(refused))
            else:
                await shown.remove()
                return beside
        await self._tell_privately(interaction, shown, generation)
        return None

    async def _leave_to_outbox(self, interaction: discord.Interaction[Any]) -> None:
        """Have the card of a progress that was noted shown by the outbox."""
        noted: Post | None = interaction.extras.pop(NOTED, None)
        if noted is not None:
            with suppress(StorageError):  # logged; the next start of the program shows the card
                await self._services.outbox.requeue(noted)
                await self._dispatcher.flush()

    async def _tell_privately(
        self, interaction: discord.Interaction[Any], shown: PublicCard, generation: Generation
    ) -> None:
        """Tell the person who asked that their card stands nowhere, with a button that opens it: there, or where that
        is refused in a message to them alone."""
        say = private(interaction)
        told = say("card.not_shown", channel=f"<#{generation.place.channel_id}>")
        reopen = custom_ids.REOPEN.button(say("button.reopen"), generation.id, style=discord.ButtonStyle.primary)
        read = custom_ids.READ.button(say("button.read"), generation.id, 0, emoji="📖")
        if shown.token_lives() and await whisper(interaction, Card(text(told), discord.ui.ActionRow(reopen, read))):
            return
        try:
            await interaction.user.send(view=Card(text(told), discord.ui.ActionRow(reopen)))
        except UNDELIVERED as error:
            _log.warning("generation %d is kept, and nobody can be told of it: %s", generation.id, describe(error))


async def name_of(client: discord.Client, guild: discord.Guild | None, person_id: int) -> str | None:
    """Return how somebody is called, None where that cannot be looked up."""
    with suppress(*UNDELIVERED):
        if guild is not None:
            return (guild.get_member(person_id) or await guild.fetch_member(person_id)).display_name
    with suppress(*UNDELIVERED):
        return (client.get_user(person_id) or await client.fetch_user(person_id)).display_name
    return None

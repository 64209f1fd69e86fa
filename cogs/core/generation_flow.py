"""From a click or a command to the card: check, queue, show progress, keep, show. And what a place allows."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import discord

from bot.errors import BadInput, Busy, Gone, NotAllowed, NotHere, StorageError
from bot.inference.jobs import Owner
from bot.inference.queue import Ticket
from bot.logs import describe
from bot.rules.generations import Generation, Place, Suggestion
from bot.rules.posts import Post
from bot.rules.servers import SWITCH_OF, Activity, ServerSettings, Switch
from bot.rules.text.characters import is_blank
from bot.ui import custom_ids
from bot.ui.answers import replace, take_time
from bot.ui.custom_ids import number
from bot.ui.delivery import UNDELIVERED
from bot.ui.locale import Catalogue, public
from bot.ui.progress import progress_card
from bot.ui.public_card import SHOWN, PublicCard, reachable, show, turn
from bot.writing.features import FEATURES
from bot.writing.request import Request, RequestT, Submission
from cogs.core.feature_card import FeatureCards
from cogs.core.message_text import MessageUses
from cogs.core.outbox import OutboxDispatcher
from cogs.core.presentation import NOTED, ResultCards
from cogs.core.progress import ProgressRunner, Show
from cogs.core.repeats import Repeats
from cogs.core.roles import role_refusal
from cogs.core.services import Services

_log = logging.getLogger(__name__)

LONGEST_WAIT_S = 12 * 60
"""Where only the interaction's token can answer (15 minutes), a longer wait is refused."""


class GenerationFlow:
    """Carries requests to the generation service and cards back. One for all the cogs of a bot."""

    def __init__(
        self, services: Services, dispatcher: OutboxDispatcher, progress: ProgressRunner, cards: FeatureCards
    ) -> None:
        self._services = services
        self._cards = cards
        self._presenting = ResultCards(services, dispatcher, cards)
        self._progress = progress
        self.repeats = Repeats()
        self.message_uses = MessageUses()
        self._run = secrets.token_hex(4)
        self._pressed: set[tuple[int, str]] = set()
        self._under_way: set[asyncio.Future[None]] = set()

    # ---- where it is

    async def settings(self, interaction: discord.Interaction[Any]) -> ServerSettings:
        """Return what the server chose; the defaults in private and where the bot is not a member."""
        server_id = self.place(interaction).server_id
        if server_id is None:
            return ServerSettings(server_id=0)
        return await self._services.server_settings.get(server_id)

    @staticmethod
    def place(interaction: discord.Interaction[Any]) -> Place:
        """Return where the interaction happens."""
        member_of = interaction.guild_id if interaction.guild_id and reachable(interaction) else None
        assert interaction.channel_id is not None, "commands, clicks and forms happen in a channel"
        return Place(server_id=member_of, channel_id=interaction.channel_id)

    @staticmethod
    def owner(interaction: discord.Interaction[Any]) -> Owner:
        """Return whose turn in the queue it is; a private conversation counts as a server of its own."""
        return Owner(
            server_id=interaction.guild_id or interaction.channel_id or interaction.user.id,
            person_id=interaction.user.id,
        )

    @classmethod
    def permit(cls, interaction: discord.Interaction[Any], settings: ServerSettings, activity: Activity) -> None:
        """Raise `NotHere` as `permit_here`, and `NotAllowed` where the person lacks the role for the activity."""
        switch = FEATURES[activity].switch if activity in FEATURES else SWITCH_OF[activity]
        cls.permit_here(interaction, settings, switch)
        if (refusal := role_refusal(interaction, settings, activity)) is not None:
            raise refusal

    async def permitted(self, interaction: discord.Interaction[Any], *activities: Activity) -> ServerSettings:
        """Return the settings here. Raises as `permit`, for each of the activities."""
        settings = await self.settings(interaction)
        for activity in activities:
            self.permit(interaction, settings, activity)
        return settings

    @staticmethod
    def permit_here(interaction: discord.Interaction[Any], settings: ServerSettings, feature: Switch) -> None:
        """Raise `NotHere` where the server switched the feature off, or does not want it in this channel."""
        if feature in settings.switched_off:
            raise NotHere("feature_off")
        here = {interaction.channel_id, getattr(interaction.channel, "parent_id", None)}
        if settings.channels and not here & settings.channels:
            names = [_channel_name(interaction, channel_id) for channel_id in sorted(settings.channels)]
            raise NotHere("channel_not_allowed", channels=", ".join(names))

    async def text_of(self, message: discord.Message) -> str:
        """Return the text of a message whose menu was used; of one that shows a passage, the passage. Raises `BadInput`
        where it has none: `message_ours` for a card of the bot's, `message_empty` for another."""
        if (passage := await self._services.story_queries.get_passage_shown(message.id)) is not None:
            return passage.text
        if is_blank(message.content):
            ours = await self._services.generation_service.is_card(message.id)
            raise BadInput("message_ours" if ours else "message_empty")
        return message.content

    # ---- asking

    @asynccontextmanager
    async def once(self, interaction: discord.Interaction[Any], what: str) -> AsyncIterator[None]:
        """Let one press of a person at `what` through at a time. Raises `Busy` for another."""
        key = (interaction.user.id, what)
        if key in self._pressed:
            raise Busy("already_working", retry_after_s=5)
        self._pressed.add(key)
        try:
            yield
        finally:
            self._pressed.discard(key)

    def submission(
        self,
        interaction: discord.Interaction[Any],
        request: RequestT,
        parent: Generation | None = None,
        position: int | None = None,
    ) -> Submission[RequestT]:
        """Return a request as the person's, here."""
        owner, place = self.owner(interaction), self.place(interaction)
        parent_id = None if parent is None else parent.id
        return Submission(owner=owner, place=place, request=request, parent_id=parent_id, position=position)

    async def ask_again(
        self, interaction: discord.Interaction[Any], request: Request, settings: ServerSettings, generation: Generation
    ) -> None:
        """Answer a click on the card of a generation with what `request` brings in its place: the person's own card is
        turned as long as nobody else has used it; else there is a new one. Raises as `ask`, and `Busy` for a second
        press."""
        clicked = None if interaction.message is None else interaction.message.id
        mine = generation.person_id == interaction.user.id and not generation.used
        turns = mine and clicked is not None and clicked == generation.message_id
        async with self.once(interaction, f"again:{clicked if turns else generation.id}"):
            await self.ask(interaction, request, settings, parent=generation, turns=turns)

    async def ask(
        self,
        interaction: discord.Interaction[Any],
        request: Request,
        settings: ServerSettings,
        *,
        parent: Generation | None = None,
        position: int | None = None,
        turns: bool = False,
    ) -> None:
        """Answer `interaction`, which was not answered yet, with the card of what `request` brings. `parent` is the
        generation that it retries or goes on from, `position` which of that one's suggestions it takes up. `turns`: the
        card that was clicked on shows it, as its newest page; it turns back where nothing comes of it.

        Raises `BadInput` and `Busy` before anything is shown, and afterwards what the job raises.
        """
        generation_service = self._services.generation_service
        submission = self.submission(interaction, request, parent, position)
        ticket = await generation_service.submit(submission)
        ended = asyncio.get_running_loop().create_future()
        self._under_way.add(ended)
        try:
            _refuse_if_late(interaction, ticket)
            say = public(interaction, settings.language)
            suggestions = await self._watched(interaction, request, ticket, say, turn if turns else show)
            if suggestions is not None:
                shown: PublicCard = interaction.extras[SHOWN]
                kept = await generation_service.add(submission, suggestions, message_id=shown.message_id)
                await self.present(interaction, kept, say)
        except Exception:
            if turns:
                await self._presenting.turn_back(interaction, public(interaction, settings.language))
            raise
        finally:
            ticket.cancel()
            await self._settle(interaction)
            self._under_way.discard(ended)
            ended.set_result(None)

    async def _watched(
        self,
        interaction: discord.Interaction[Any],
        request: Request,
        ticket: Ticket[tuple[Suggestion, ...]],
        say: Catalogue,
        begin: Show,
    ) -> tuple[Suggestion, ...] | None:
        """Show how the job gets on and return what it brings; None where the card was interrupted or deleted."""
        working = self._cards[request.kind].working(say)
        cancel_id = custom_ids.CANCEL.id(self._run, ticket.id)
        return await self._progress.run(
            interaction,
            ticket,
            _key(ticket.id),
            draw=lambda progress: progress_card(say, working, progress, cancel_id),
            note=lambda shown: self._note(interaction, shown),
            stopped=lambda shown: self._tell_end(interaction, shown, say),
            begin=begin,
        )

    async def _note(self, interaction: discord.Interaction[Any], shown: PublicCard) -> None:
        """Note that the progress is on show, once it is known where, for the case that the program is killed."""
        if NOTED not in interaction.extras and shown.message_id is not None and reachable(interaction):
            channel_id = self.place(interaction).channel_id
            interaction.extras[NOTED] = await self._services.outbox.enqueue_progress(channel_id, shown.message_id)

    async def _settle(self, interaction: discord.Interaction[Any]) -> None:
        """Forget that the progress is on show: it no longer is."""
        post: Post | None = interaction.extras.pop(NOTED, None)
        if post is not None:
            with suppress(StorageError):
                await self._services.outbox.forget(post)

    async def present(
        self, interaction: discord.Interaction[Any], generation: Generation, say: Catalogue, place: Place | None = None
    ) -> None:
        """Show the card of a generation that is kept; see `ResultCards`. `place` None: where it was asked for."""
        await self._presenting.present(interaction, generation, say, place or generation.place)

    async def reopen(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Show it here*, for the person whose card could not be shown: there, or in private."""
        generation = await self._services.generation_service.find_own(number(ids, 0), interaction.user.id)
        here = self.place(interaction)
        if here.channel_id != generation.place.channel_id and not interaction.context.dm_channel:
            raise Gone("generation_gone")
        settings = await self.settings(interaction)
        async with self.once(interaction, f"reopen:{generation.id}"):
            await self.present(interaction, generation, public(interaction, settings.language), here)

    # ---- stopping

    async def cancel(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Cancel*: for the person who asked, and for moderators. A card that was left behind by an
        earlier run of the program is told so instead."""
        run, ticket_id = (*ids, "", "")[:2]
        if run != self._run:
            await self._clear(interaction)
            return
        live = self._progress.get(_key(ticket_id))
        if live is None:
            raise Gone("job_gone")
        if interaction.user.id != live.person_id and not interaction.permissions.manage_messages:
            raise NotAllowed("not_yours_cancel")
        await take_time(interaction)
        live.ticket.cancel()

    async def _clear(self, interaction: discord.Interaction[Any]) -> None:
        """Show in the place of a progress of an earlier run what came of it."""
        assert interaction.message is not None, "a button stands on a message"
        say = public(interaction, (await self.settings(interaction)).language)
        message_id = interaction.message.id
        left = await self._presenting.left_behind(interaction.client, interaction.guild, message_id, say)
        await replace(interaction, left)

    async def interrupt(self) -> None:
        """Let everybody whose job is under way be told that it ends here, all at once: the bot is being stopped. What
        is left where this is cancelled is told after the next start."""
        self._progress.stop()
        while self._under_way:
            await asyncio.wait(list(self._under_way))

    async def _tell_end(self, interaction: discord.Interaction[Any], shown: PublicCard, say: Catalogue) -> None:
        """Tell on a card that the bot is being stopped, or show on it what it showed before. Where that fails its note
        stays, for the next start."""
        note: Post | None = interaction.extras.pop(NOTED, None)
        try:
            message_id = shown.message_id or 0
            await shown.edit(await self._presenting.left_behind(interaction.client, interaction.guild, message_id, say))
        except (*UNDELIVERED, StorageError, RuntimeError) as error:  # aiohttp's, of a closed session
            _log.info("could not tell that a job was interrupted: %s", describe(error))
        else:
            interaction.extras[NOTED] = note


def _key(ticket_id: str) -> str:
    """Return the key of a generation's progress; those of rounds have another form."""
    return f"generation:{ticket_id}"


def _refuse_if_late(interaction: discord.Interaction[Any], ticket: Ticket[Any]) -> None:
    if ticket.eta_s is not None and ticket.eta_s > LONGEST_WAIT_S and not reachable(interaction):
        late_s = ticket.eta_s - LONGEST_WAIT_S
        raise Busy("too_long_here", retry_after_s=max(30.0, late_s), minutes=round(ticket.eta_s / 60))


def _channel_name(interaction: discord.Interaction[Any], channel_id: int) -> str:
    channel = interaction.client.get_channel(channel_id)
    return f"#{getattr(channel, 'name', channel_id)}"

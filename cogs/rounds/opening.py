"""From a command in a story's thread to the card of a round: plan, queue, show how far it is, open.

A round is kept before anything of it is shown, and while models write for it nothing of what they write is shown. What
ends the writing early (an error, Cancel, the end of the program) loses no person's text.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import discord

from bot.errors import Cancelled, Gone, NotHere
from bot.inference.queue import Ticket
from bot.rules.generations import Suggestion
from bot.rules.moods import MoodName
from bot.rules.rounds import Round
from bot.rules.servers import ServerSettings
from bot.rules.stories import Story, require_ai
from bot.stories.access import Who
from bot.stories.rounds.kinds import ROUND_FEATURES, Wanted
from bot.stories.rounds.planning import Plan
from bot.ui.answers import GIVEN, open_form
from bot.ui.forms import Form
from bot.ui.locale import Catalogue, private
from bot.ui.public_card import SHOWN, PublicCard
from bot.writing.blanks import has_blanks
from cogs.core.context import InteractionContext
from cogs.core.deadline_scheduler import DeadlineScheduler
from cogs.core.generation_flow import GenerationFlow
from cogs.core.outbox import OutboxDispatcher
from cogs.core.progress import OnShown, ProgressRunner
from cogs.core.services import Services
from cogs.rounds import custom_ids
from cogs.rounds.cards import writing_card

_log = logging.getLogger(__name__)

MOST = 4
"""So many candidates of models stand in a round at most."""


class RoundOpening:
    """Opens the rounds that models write for. One for all the cogs of a bot."""

    def __init__(
        self,
        services: Services,
        flow: GenerationFlow,
        dispatcher: OutboxDispatcher,
        scheduler: DeadlineScheduler,
        progress: ProgressRunner,
    ) -> None:
        self._services = services
        self._round_service = services.round_service
        self._flow = flow
        self._context = InteractionContext(services, flow)
        self._dispatcher = dispatcher
        self._scheduler = scheduler
        self._progress = progress

    async def story(self, interaction: discord.Interaction[Any]) -> Story | None:
        """Return the story in whose thread somebody is, None elsewhere."""
        if interaction.guild_id is None or interaction.channel_id is None:
            return None
        return await self._round_service.get_story_here(interaction.guild_id, interaction.channel_id)

    async def require_models(self, interaction: discord.Interaction[Any]) -> None:
        """Raise `NotHere` (`story_human_only`) in the thread of a story that people write alone: nothing is suggested
        there."""
        if (story := await self.story(interaction)) is not None:
            require_ai(story)

    # ---- what models are to write

    async def go_on(
        self,
        interaction: discord.Interaction[Any],
        settings: ServerSettings,
        story: Story,
        *,
        mood: MoodName | None = None,
        count: int | None = None,
        length: int | None = None,
        note: str = "",
        minutes: int | None = None,
    ) -> None:
        """/continue in the thread of a story; the vote is open for `minutes`, or as the rules say. A note stands on the
        round's card, so that those who vote know of it."""
        if note:
            interaction.extras[GIVEN] = note
        who = await self._context.enter(interaction)
        plan = replace(await self._round_service.plan("continue", who, story.id), note=note, minutes=minutes)
        wanted = Wanted(count=_count(count, settings), mood=mood or settings.mood, length=length or settings.length)
        await self._open(interaction, who, plan, wanted)

    async def fill(
        self,
        interaction: discord.Interaction[Any],
        settings: ServerSettings,
        story: Story,
        text: str,
        *,
        number: int | None,
        count: int | None,
        minutes: int | None = None,
    ) -> None:
        """/infill in the thread of a story."""
        who = await self._context.enter(interaction)
        plan = await self._round_service.plan("infill", who, story.id, text, number)
        await self._open(interaction, who, replace(plan, minutes=minutes), _wanted(count, settings))

    async def with_blanks(self, story: Story) -> int | None:
        """Return the number of the story's last passage where that has blanks, None otherwise."""
        found = await self._services.story_queries.get_with_last(story.id)
        last = None if found is None else found[1]
        return last.depth if last is not None and has_blanks(last.text) else None

    async def ask_blanks(
        self, interaction: discord.Interaction[Any], number: int, count: int | None, minutes: int | None = None
    ) -> None:
        """Ask for blanks in a passage of the story in whose thread somebody is, in a form that has its text."""
        who = await self._context.enter(interaction)
        await self._flow.permitted(interaction, "infill", "rounds")
        assert interaction.channel_id is not None, "commands happen in a channel"
        story = await self._services.story_queries.find_here(who.server_id, interaction.channel_id)
        passage = await self._services.story_queries.find_numbered(story, number)
        if passage.withdrawn:
            raise NotHere("passage_withdrawn")
        form = Form(
            private(interaction), "blanks", custom_ids.BLANKS_FORM.id(number, count or 0, minutes or 0), passage.text
        )
        await open_form(interaction, form)

    async def bridge(
        self,
        interaction: discord.Interaction[Any],
        settings: ServerSettings,
        story: Story,
        *,
        number: int | None,
        count: int | None,
        minutes: int | None = None,
    ) -> None:
        """/bridge in the thread of a story."""
        who = await self._context.enter(interaction)
        plan = await self._round_service.plan("bridge", who, story.id, number=number)
        await self._open(interaction, who, replace(plan, minutes=minutes), _wanted(count, settings))

    # ---- writing

    async def _open(self, interaction: discord.Interaction[Any], who: Who, plan: Plan, wanted: Wanted) -> None:
        """Carry a round from its plan to its card. Raises `BadInput`, `Busy` and `NotAllowed` before anything is
        shown."""
        await self._flow.permitted(interaction, plan.kind, "rounds")
        request = ROUND_FEATURES[plan.kind].request(plan, wanted)
        ticket = await self._services.generation_service.submit(self._flow.submission(interaction, request))
        try:
            round_ = await self._round_service.open_round(who, plan)
        except BaseException:
            ticket.cancel()
            raise
        try:
            suggestions = await self._written(interaction, round_, ticket, await self._dispatcher.say(who.server_id))
            await self._round_service.fill(round_.id, plan, suggestions)
        except BaseException as error:
            ticket.cancel()
            await self._give_up(interaction, round_, error)
        else:
            interaction.extras.pop(SHOWN, None)
            interaction.extras.pop(GIVEN, None)
            await self._shown()

    async def _written(
        self,
        interaction: discord.Interaction[Any],
        round_: Round,
        ticket: Ticket[tuple[Suggestion, ...]],
        say: Catalogue,
    ) -> tuple[Suggestion, ...]:
        """Show how far the models are, and return what they wrote. Raises `Cancelled` where the card was deleted as
        well."""
        suggestions = await self._progress.run(
            interaction,
            ticket,
            _key(round_.id),
            draw=lambda progress: writing_card(say, round_, progress),
            note=self._noting(interaction, round_),
        )
        if suggestions is None:
            raise Cancelled
        return suggestions

    def _noting(self, interaction: discord.Interaction[Any], round_: Round) -> OnShown:
        """Return what notes which message shows a round, once that is known; without one its card is sent when it
        opens."""
        noted: int | None = None

        async def note(shown: PublicCard) -> None:
            nonlocal noted
            if shown.message_id is not None and shown.message_id != noted:
                assert interaction.channel_id is not None, "commands happen in a channel"
                await self._round_service.on_card(round_.id, interaction.channel_id, shown.message_id)
                noted = shown.message_id

        return note

    async def _give_up(self, interaction: discord.Interaction[Any], round_: Round, error: BaseException) -> None:
        """End the writing of a round after an error, which the person is told where it says something new. While the
        program ends the round is left as it is: at the next start people's texts are put to the vote."""
        interaction.extras.pop(SHOWN, None)  # the card says how it ended
        if self._progress.stopping:
            return
        try:
            await self._round_service.give_up(round_.id)
        except Gone:
            return  # somebody cancelled it, and the card says so
        await self._shown()
        if not isinstance(error, Cancelled):
            raise error

    async def _shown(self) -> None:
        await self._dispatcher.flush()
        self._scheduler.wake()

    # ---- stopping

    def stop_writing(self, round_id: int) -> None:
        """Let the models stop writing for a round that was cancelled."""
        self._progress.cancel(_key(round_id))

    async def interrupt(self) -> None:
        """Stop all writing, because the bot is being stopped: what people wrote is put to the vote."""
        self._progress.stop()
        if await self._round_service.interrupted():
            await self._dispatcher.flush()


def _wanted(count: int | None, settings: ServerSettings) -> Wanted:
    return Wanted(count=_count(count, settings), mood=settings.mood, length=settings.length)


def _count(count: int | None, settings: ServerSettings) -> int:
    return min(MOST, count or settings.count)


def _key(round_id: int) -> str:
    """Return the key of a round's progress; those of generations have another form."""
    return f"round:{round_id}"

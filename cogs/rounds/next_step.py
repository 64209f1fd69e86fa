"""*Ask the models* and *Next round*, on the newest passage or result of a story."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.errors import NotHere
from bot.rules.generations import check_note
from bot.rules.servers import ServerSettings
from bot.rules.stories import Story
from bot.ui.answers import GIVEN, open_form, whisper
from bot.ui.cards import notice
from bot.ui.custom_ids import ASK_MODELS, NEXT_ROUND, number
from bot.ui.forms import NOTE, RoutedForm, note_box, submitted
from bot.ui.locale import Catalogue, private
from bot.ui.tree import InklingTree
from cogs.core.context import InteractionContext
from cogs.core.generation_flow import GenerationFlow
from cogs.core.outbox import OutboxDispatcher
from cogs.core.repeats import Act
from cogs.core.roles import role_refusal
from cogs.core.services import Services
from cogs.core.vote_minutes import chosen_minutes, minutes_menu
from cogs.rounds import custom_ids
from cogs.rounds.opening import RoundOpening
from cogs.stories.forms import PassageForm


class AskModelsForm(RoutedForm):
    """Asks how long the vote is to be open, and for a note to the models."""

    def __init__(self, say: Catalogue, story: Story, custom_id: str) -> None:
        super().__init__(title=say("form.ask_models"), custom_id=custom_id)
        self.ask(say("form.minutes"), minutes_menu(say, story.rules), say("form.minutes_hint"))
        self.add_item(note_box(say, ""))


class NextStepCog(commands.Cog):
    """What opens the next round of a story. Every click is authorised again from the database."""

    def __init__(
        self,
        tree: InklingTree,
        services: Services,
        flow: GenerationFlow,
        dispatcher: OutboxDispatcher,
        opening: RoundOpening,
    ) -> None:
        self._services = services
        self._round_service = services.round_service
        self._context = InteractionContext(services, flow)
        self._flow = flow
        self._dispatcher = dispatcher
        self._opening = opening
        tree.route(ASK_MODELS, self.ask_models)
        tree.route(custom_ids.ASK_FORM, self.form_asked)
        tree.route(NEXT_ROUND, self.next_round)
        tree.route(custom_ids.NEXT_FORM, self.form_next)

    async def ask_models(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Ask the models*: asks how, where models can go on now."""
        who, story = await self._context.clicked(interaction, ids)
        await self._permitted(interaction, story)
        await self._round_service.plan("continue", who, story.id)
        await open_form(interaction, AskModelsForm(private(interaction), story, custom_ids.ASK_FORM.id(story.id)))

    async def form_asked(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: opens the round, as /continue does."""
        note = interaction.extras[GIVEN] = submitted(interaction, NOTE)
        _, story = await self._context.clicked(interaction, ids)
        settings = await self._permitted(interaction, story)
        async with self._flow.once(interaction, f"ask:{story.id}"):
            minutes = chosen_minutes(interaction)
            await self._opening.go_on(interaction, settings, story, note=check_note(note), minutes=minutes)

    async def next_round(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Next round*: one that is open for as long as the one before; where people write alone, with a
        text that is asked for."""
        who = await self._context.enter(interaction)
        view = await self._round_service.find_view(who, number(ids, 0))
        story = view.story
        if not story.rules.ai:
            await self._services.story_queries.check_writer(who, story)
            await self._flow.permitted(interaction, "rounds")
            custom_id = custom_ids.NEXT_FORM.id(view.round.id)
            await open_form(interaction, PassageForm(private(interaction), story, custom_id, vote=True))
            return
        settings = await self._permitted(interaction, story)
        async with self._flow.once(interaction, f"ask:{story.id}"):
            await self._opening.go_on(interaction, settings, story, minutes=view.round.minutes)

    async def form_next(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the form of *Next round*: the text is the first candidate, or stands among those of a round that
        somebody else opened meanwhile."""
        text = interaction.extras[GIVEN] = submitted(interaction)
        who = await self._context.enter(interaction)
        view = await self._round_service.find_view(who, number(ids, 0))
        act = Act.of(who, "passage", view.story.id, text)
        await self._flow.repeats.check(interaction, act)
        unless = role_refusal(interaction, await self._flow.settings(interaction), "rounds")
        minutes = view.round.minutes
        proposed = await self._round_service.propose(who, view.story.id, text, minutes=minutes, unless=unless)
        interaction.extras.pop(GIVEN, None)
        self._flow.repeats.kept(act)
        say = private(interaction)
        if await whisper(interaction, notice(say("story.proposed_first" if proposed.opened else "story.proposed"))):
            self._flow.repeats.answered(act)
        await self._dispatcher.flush()

    async def _permitted(self, interaction: discord.Interaction[Any], story: Story) -> ServerSettings:
        """Return the settings where models may go on in a story, in whose thread its rounds are opened. Raises
        `NotHere`."""
        settings = await self._flow.permitted(interaction, "continue", "rounds")
        if interaction.channel_id != story.thread_id:
            raise NotHere("not_a_story")
        return settings

"""The buttons that stand under the cards of all kinds of generations, and under their progress."""

from __future__ import annotations

import asyncio
from dataclasses import replace as replaced
from typing import Any

import discord
from discord.ext import commands

from bot.errors import BadInput, Gone, NotAllowed
from bot.rules.generations import Generation, Suggestion, check_note
from bot.rules.moods import check_mood
from bot.rules.servers import MAX_TEXT, ServerSettings
from bot.ui import custom_ids
from bot.ui.answers import GIVEN, is_private, open_form, replace, respond, take_time, whisper
from bot.ui.custom_ids import number
from bot.ui.forms import NOTE, Form, NoteForm, picked, submitted
from bot.ui.locale import private, public
from bot.ui.public_card import PublicCard
from bot.ui.receipt_summary import DETAILS, receipt_card
from bot.ui.story_starts import BEGIN, CHANGE
from bot.ui.tree import InklingTree
from bot.writing.continuation.request import ContinueRequest
from bot.writing.features import feature_of
from cogs.core.context import InteractionContext
from cogs.core.generation_flow import GenerationFlow
from cogs.core.presentation import name_of
from cogs.core.services import Services
from cogs.feature_cards import CARDS
from cogs.rounds.opening import RoundOpening
from cogs.stories.threads import open_story_form


class GenerationsCog(commands.Cog):
    """*Go on from here*, *Retry*, *Write my own* and the others. Each click is authorised again."""

    def __init__(self, tree: InklingTree, services: Services, flow: GenerationFlow, rounds: RoundOpening) -> None:
        self._services = services
        self._flow = flow
        self._rounds = rounds
        self._context = InteractionContext(services, flow)
        for route, handler in {
            custom_ids.GO: self.go_on,
            custom_ids.RETRY: self.retry,
            custom_ids.RETRY_WITH_NOTE: self.note,
            custom_ids.NOTE_FORM: self.form_noted,
            custom_ids.PAGE: self.page,
            custom_ids.OWN: self.own,
            custom_ids.OWN_FORM: self.form_written,
            custom_ids.TAKE: self.take,
            custom_ids.CHANGE: self.change,
            custom_ids.CHANGE_FORM: self.form_changed,
            custom_ids.WHY: self.why,
            custom_ids.READ: self.read,
            custom_ids.DELETE: self.delete,
            custom_ids.CANCEL: flow.cancel,
            custom_ids.REOPEN: flow.reopen,
            custom_ids.KEEP_AGAIN: flow.repeats.again,
        }.items():
            tree.route(route, handler)

    async def go_on(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Go on from here*: anyone may; it makes a new card."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        suggestion = _suggestion(generation, number(ids, 1))
        settings = await self._flow.permitted(interaction, "continue")
        whole = feature_of(generation.kind).whole(generation, suggestion)
        await self._rounds.require_models(interaction)
        request = ContinueRequest(
            text=whole,
            mood=check_mood(generation.mood) or settings.mood,
            count=settings.count,
            length=generation.length or settings.length,
        )
        position = number(ids, 1)
        async with self._flow.once(interaction, f"go:{generation.id}:{position}"):
            await self._flow.ask(interaction, request, settings, parent=generation, position=position)

    async def retry(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Retry*: the same request once more, with its note, for the person who asked."""
        generation, settings = await self._retried(interaction, ids)
        await self._flow.ask_again(interaction, feature_of(generation.kind).again(generation), settings, generation)

    async def note(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Retry with a note*: opens a form that has the note so far, to be changed or emptied."""
        generation, _ = await self._retried(interaction, ids)
        form = NoteForm(private(interaction), custom_ids.NOTE_FORM.id(generation.id), generation.note)
        await open_form(interaction, form)

    async def form_noted(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: the same request once more, with what stands in it as the note."""
        given = interaction.extras[GIVEN] = submitted(interaction, NOTE)
        note = check_note(given)
        generation, settings = await self._retried(interaction, ids)
        if not CARDS[generation.kind].takes_note:
            raise Gone("generation_gone")
        again = feature_of(generation.kind).again(generation)
        await self._flow.ask_again(interaction, replaced(again, note=note), settings, generation)

    async def _retried(
        self, interaction: discord.Interaction[Any], ids: tuple[str, ...]
    ) -> tuple[Generation, ServerSettings]:
        """Return what is to be asked for once more by the person who asked, and the server's settings."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        if interaction.user.id != generation.person_id:
            raise NotAllowed("not_yours_retry")
        return generation, await self._flow.permitted(interaction, generation.kind)

    async def page(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of ◀ and ▶: turns the card, for the person who asked; to others it shows the page in private."""
        service = self._services.generation_service
        generation = await service.find(number(ids, 0), self._flow.place(interaction))
        step, settings = number(ids, 1), await self._flow.settings(interaction)
        turns = interaction.user.id == generation.person_id and not is_private(interaction)
        shown = await (service.turn if turns else service.look)(generation, step)
        say = public(interaction, settings.language) if turns else private(interaction)
        name = await name_of(interaction.client, interaction.guild, shown.person_id)
        card = CARDS[shown.kind].card(say, shown, name=name or say("publishing.somebody"))
        await (replace if turns else respond)(interaction, card)

    async def own(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Write my own*: opens a form; for a text with blanks the text is in it already."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        await self._flow.permitted(interaction, generation.kind)
        card = CARDS[generation.kind]
        form = Form(
            private(interaction), card.own_form, custom_ids.OWN_FORM.id(generation.id), card.prefilled(generation)
        )
        await open_form(interaction, form)

    async def form_written(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: posts what the person wrote as a card to go on from."""
        text = interaction.extras[GIVEN] = submitted(interaction)
        parent = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        settings = await self._flow.permitted(interaction, parent.kind)
        own = feature_of(parent.kind).own(parent, text)
        owner, place = self._flow.owner(interaction), self._flow.place(interaction)
        kept = await self._services.generation_service.add_derived(parent, owner, place, own)
        await self._flow.present(interaction, kept, public(interaction, settings.language))

    async def take(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the menu that takes a suggestion up: to change it, or to begin a story with it."""
        value = (*picked(interaction), "")[0]
        position = number((value[1:],), 0)
        if value[:1] == BEGIN:
            await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
            await open_story_form(interaction, self._flow, self._context, number(ids, 0), position)
        elif value[:1] == CHANGE:
            await self._open_change(interaction, number(ids, 0), position)
        else:
            raise Gone("generation_gone")

    async def change(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Change it*: opens a form with the suggestion in it."""
        await self._open_change(interaction, number(ids, 0), number(ids, 1))

    async def _open_change(self, interaction: discord.Interaction[Any], generation_id: int, position: int) -> None:
        generation, suggestion, _ = await self._changed(interaction, generation_id, position)
        text = suggestion.text.strip()
        if len(text) > MAX_TEXT:
            raise BadInput("text_too_long", length=len(text), limit=MAX_TEXT)
        custom_id = custom_ids.CHANGE_FORM.id(generation.id, position)
        await open_form(interaction, Form(private(interaction), "change", custom_id, text))

    async def form_changed(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: posts what the person made of the suggestion, which says whose words it has."""
        text = interaction.extras[GIVEN] = submitted(interaction)
        position = number(ids, 1)
        parent, suggestion, settings = await self._changed(interaction, number(ids, 0), position)
        edited = await asyncio.to_thread(feature_of(parent.kind).edited, parent, suggestion, text)
        owner, place = self._flow.owner(interaction), self._flow.place(interaction)
        service = self._services.generation_service
        kept = await service.add_derived(parent, owner, place, edited, position=position)
        await self._flow.present(interaction, kept, public(interaction, settings.language))

    async def _changed(
        self, interaction: discord.Interaction[Any], generation_id: int, position: int
    ) -> tuple[Generation, Suggestion, ServerSettings]:
        """Return the suggestion of a model that is to be changed. Raises `Gone` for what a person wrote."""
        generation = await self._services.generation_service.find(generation_id, self._flow.place(interaction))
        suggestion = _suggestion(generation, position)
        if suggestion.receipt.by_person:
            raise Gone("generation_gone")
        return generation, suggestion, await self._flow.permitted(interaction, generation.kind)

    async def why(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Why this text?*: the receipts, for the person who clicked alone."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        await respond(interaction, receipt_card(private(interaction), generation, details=DETAILS in ids[1:]))

    async def read(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Read it all* and of the buttons to turn its pages."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        page = CARDS[generation.kind].reading_card(private(interaction), generation, number(ids, 1))
        if is_private(interaction):
            await replace(interaction, page)
        else:
            await whisper(interaction, page)

    async def delete(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Delete*: the card and what is kept for it, for the person who asked."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        if interaction.user.id != generation.person_id:
            raise NotAllowed("not_yours_delete")
        await take_time(interaction)
        await self._services.generation_service.delete(generation.id)
        await PublicCard(interaction, None if interaction.message is None else interaction.message.id).remove()


def _suggestion(generation: Generation, position: int) -> Suggestion:
    if not 0 <= position < len(generation.suggestions):
        raise Gone("generation_gone")
    return generation.suggestions[position]

"""/continue and /infill, their context menus, and the buttons under their cards; in stories they open rounds."""

from __future__ import annotations

from dataclasses import replace as replaced
from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadInput, Gone, NotAllowed, NotHere
from bot.rules.generations import Generation, Suggestion, check_note
from bot.rules.moods import MOOD_NAMES, check_mood
from bot.rules.servers import COUNT_RANGE, WORDS_RANGE, ServerSettings, tokens_of
from bot.ui import routes
from bot.ui.answers import GIVEN, TYPED, is_private, open_form, replace, take_time, whisper
from bot.ui.forms import NOTE, Form, NoteForm, submitted
from bot.ui.locale import named, private, public
from bot.ui.public_card import PublicCard
from bot.ui.receipts import receipt_card
from bot.ui.routes import number
from bot.ui.tree import InklingTree
from bot.writing.continuation.request import ContinueRequest
from bot.writing.features import feature_of
from bot.writing.infill.request import InfillRequest
from bot.writing.request import Request
from cogs.core.generation_flow import GenerationFlow
from cogs.core.services import Services
from cogs.feature_cards import CARDS
from cogs.rounds.opening import RoundOpening
from cogs.rounds.routes import BLANKS_FORM

MOOD_CHOICES = [app_commands.Choice(name=named(f"mood.{mood}"), value=mood) for mood in MOOD_NAMES]
Count = app_commands.Range[int, COUNT_RANGE[0], COUNT_RANGE[-1]]
Length = app_commands.Range[int, WORDS_RANGE[0], WORDS_RANGE[-1]]
"""In words, as people say it."""
Number = app_commands.Range[int, 1, 1_000_000]
NO_MOOD = "mixed"

Kind = Literal["continue", "infill"]


class ContinuationCog(commands.Cog):
    """What the models are for."""

    def __init__(self, tree: InklingTree, services: Services, flow: GenerationFlow, rounds: RoundOpening) -> None:
        self._tree = tree
        self._services = services
        self._flow = flow
        self._rounds = rounds
        self._menus = (
            app_commands.ContextMenu(name=named("menu.continue"), callback=self.continue_message),
            app_commands.ContextMenu(name=named("menu.infill"), callback=self.infill_message),
        )
        for route, handler in {
            routes.ASK_FORM: self.form_asked,
            BLANKS_FORM: self.form_blanks,
            routes.GO: self.go_on,
            routes.RETRY: self.retry,
            routes.RETRY_WITH_NOTE: self.note,
            routes.NOTE_FORM: self.form_noted,
            routes.OWN: self.own,
            routes.OWN_FORM: self.form_written,
            routes.WHY: self.why,
            routes.READ: self.read,
            routes.DELETE: self.delete,
            routes.CANCEL: flow.cancel,
            routes.REOPEN: flow.reopen,
            routes.KEEP_AGAIN: flow.repeats.again,
        }.items():
            tree.route(route, handler)

    async def cog_load(self) -> None:
        for menu in self._menus:
            self._tree.add_command(menu)

    async def cog_unload(self) -> None:
        for menu in self._menus:
            self._tree.remove_command(menu.name, type=menu.type)

    # ---- commands

    @app_commands.command(name=named("command.continue.name"), description=named("command.continue.description"))
    @app_commands.rename(
        text=named("command.continue.text.name"),
        mood=named("command.continue.mood.name"),
        count=named("command.continue.count.name"),
        length=named("command.continue.length.name"),
        note=named("command.continue.note.name"),
    )
    @app_commands.describe(
        text=named("command.continue.text.description"),
        mood=named("command.continue.mood.description"),
        count=named("command.continue.count.description"),
        length=named("command.continue.length.description"),
        note=named("command.continue.note.description"),
    )
    @app_commands.choices(mood=MOOD_CHOICES)
    async def continue_(
        self,
        interaction: discord.Interaction[commands.Bot],
        text: str | None = None,
        mood: str | None = None,
        count: Count | None = None,
        length: Length | None = None,
        note: str | None = None,
    ) -> None:
        """Continue `text`; without it, ask for it in a form that carries the other options along."""
        tokens = None if length is None else tokens_of(length)
        await self._on_command(interaction, "continue", text, mood, count, tokens, note=note)

    @app_commands.command(name=named("command.infill.name"), description=named("command.infill.description"))
    @app_commands.rename(
        text=named("command.infill.text.name"),
        count=named("command.infill.count.name"),
        passage=named("command.infill.passage.name"),
    )
    @app_commands.describe(
        text=named("command.infill.text.description"),
        count=named("command.infill.count.description"),
        passage=named("command.infill.passage.description"),
    )
    async def infill(
        self,
        interaction: discord.Interaction[commands.Bot],
        text: str | None = None,
        count: Count | None = None,
        passage: Number | None = None,
    ) -> None:
        """Fill the blanks of `text`; without it, ask for it in a form. In a story, of one of its passages."""
        await self._on_command(interaction, "infill", text, None, count, None, passage)

    async def continue_message(self, interaction: discord.Interaction[commands.Bot], message: discord.Message) -> None:
        """Context menu: continue the text of a message."""
        await self._on_message(interaction, message, "continue")

    async def infill_message(self, interaction: discord.Interaction[commands.Bot], message: discord.Message) -> None:
        """Context menu: fill the blanks in a message."""
        await self._on_message(interaction, message, "infill")

    async def _on_command(
        self,
        interaction: discord.Interaction[commands.Bot],
        kind: Kind,
        text: str | None,
        mood: str | None,
        count: int | None,
        length: int | None,
        passage: int | None = None,
        note: str | None = None,
    ) -> None:
        typed = "\n\n".join(part for part in (text, note) if part)
        if typed:
            interaction.extras[TYPED] = typed
        settings = await self._flow.settings(interaction)
        self._flow.permit(interaction, settings, kind)
        note = _note(interaction, note, typed)
        story = await self._rounds.story(interaction)
        if story is None and passage is not None:
            raise NotHere("not_a_story")
        if story is not None and kind == "continue" and text is None:
            await self._rounds.go_on(
                interaction, settings, story, mood=check_mood(mood), count=count, length=length, note=note
            )
        elif story is not None and kind == "infill" and text is not None:
            await self._rounds.fill(interaction, settings, story, text, number=passage, count=count)
        elif passage is not None:
            await self._rounds.ask_blanks(interaction, passage, count)
        elif text is None:
            custom_id = routes.ASK_FORM.id(kind, check_mood(mood) or NO_MOOD, count or 0, length or 0)
            beside = note if kind == "continue" else None
            await open_form(interaction, Form(private(interaction), kind, custom_id, note=beside))
        else:
            await self._start(interaction, settings, kind, text, mood, count, length, note=note)

    async def _on_message(
        self, interaction: discord.Interaction[commands.Bot], message: discord.Message, kind: Kind
    ) -> None:
        settings = await self._flow.settings(interaction)
        self._flow.permit(interaction, settings, kind)
        await self._start(interaction, settings, kind, await self._flow.text_of(message))

    async def form_asked(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the form that /continue and /infill open when no text is given."""
        kind: Kind = "infill" if ids[0] == "infill" else "continue"
        count, length = number(ids, 2), number(ids, 3)
        mood = None if ids[1] == NO_MOOD else ids[1]
        text, note = submitted(interaction), submitted(interaction, NOTE)
        given = interaction.extras[GIVEN] = "\n\n".join(part for part in (text, note) if part)
        note = _note(interaction, note, given)
        settings = await self._flow.settings(interaction)
        self._flow.permit(interaction, settings, kind)
        story = await self._rounds.story(interaction) if kind == "infill" else None
        if story is not None:
            await self._rounds.fill(interaction, settings, story, text, number=None, count=count or None)
        else:
            await self._start(interaction, settings, kind, text, mood, count or None, length or None, note=note)

    async def form_blanks(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the form that /infill opens for a passage of a story, in which blanks were put."""
        text = interaction.extras[GIVEN] = submitted(interaction)
        settings = await self._flow.settings(interaction)
        self._flow.permit(interaction, settings, "infill")
        story = await self._rounds.story(interaction)
        if story is None:
            raise NotHere("not_a_story")
        passage, count = number(ids, 0), number(ids, 1)
        await self._rounds.fill(interaction, settings, story, text, number=passage, count=count or None)

    async def _start(
        self,
        interaction: discord.Interaction[Any],
        settings: ServerSettings,
        kind: Kind,
        text: str,
        mood: str | None = None,
        count: int | None = None,
        length: int | None = None,
        parent_id: int | None = None,
        note: str = "",
    ) -> None:
        """Ask the models; what is None is as the server set it."""
        await self._rounds.require_models(interaction)
        request: Request
        if kind == "infill":
            request = InfillRequest(text=text, count=count or settings.count)
        else:
            request = ContinueRequest(
                text=text,
                mood=check_mood(mood) or settings.mood,
                count=count or settings.count,
                length=length or settings.length,
                note=note,
            )
        await self._flow.ask(interaction, request, settings, parent_id=parent_id)

    # ---- buttons: every click is authorised again

    async def go_on(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Go on from here*: anyone may; it makes a new card."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        suggestion = _suggestion(generation, number(ids, 1))
        settings = await self._flow.settings(interaction)
        self._flow.permit(interaction, settings, "continue")
        whole = feature_of(generation.kind).whole(generation, suggestion)
        async with self._flow.once(interaction, f"go:{generation.id}:{number(ids, 1)}"):
            length = generation.length or None
            await self._start(
                interaction, settings, "continue", whole, generation.mood, None, length, parent_id=generation.id
            )

    async def retry(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Retry*: the same request once more, with its note, on a new card, for the person who asked."""
        generation, settings = await self._retried(interaction, ids)
        request = feature_of(generation.kind).again(generation)
        async with self._flow.once(interaction, f"retry:{generation.id}"):
            await self._flow.ask(interaction, request, settings, parent_id=generation.id)

    async def note(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Retry with a note*: opens a form that has the note so far, to be changed or emptied."""
        generation, _ = await self._retried(interaction, ids)
        form = NoteForm(private(interaction), routes.NOTE_FORM.id(generation.id), generation.note)
        await open_form(interaction, form)

    async def form_noted(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: the same request once more, with what stands in it as the note."""
        given = interaction.extras[GIVEN] = submitted(interaction, NOTE)
        note = _note(interaction, given, given)
        generation, settings = await self._retried(interaction, ids)
        if not CARDS[generation.kind].takes_note:
            raise Gone("generation_gone")
        again = feature_of(generation.kind).again(generation)
        await self._flow.ask(interaction, replaced(again, note=note), settings, parent_id=generation.id)

    async def _retried(
        self, interaction: discord.Interaction[Any], ids: tuple[str, ...]
    ) -> tuple[Generation, ServerSettings]:
        """Return what is to be asked for once more by the person who asked, and the server's settings."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        if interaction.user.id != generation.person_id:
            raise NotAllowed("not_yours_retry")
        settings = await self._flow.settings(interaction)
        self._flow.permit(interaction, settings, feature_of(generation.kind).switch)
        return generation, settings

    async def own(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Write my own*: opens a form; for a text with blanks the text is in it already."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        settings = await self._flow.settings(interaction)
        self._flow.permit(interaction, settings, feature_of(generation.kind).switch)
        card = CARDS[generation.kind]
        form = Form(private(interaction), card.own_form, routes.OWN_FORM.id(generation.id), card.prefilled(generation))
        await open_form(interaction, form)

    async def form_written(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: posts what the person wrote as a card to go on from."""
        text = interaction.extras[GIVEN] = submitted(interaction)
        parent = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        settings = await self._flow.settings(interaction)
        self._flow.permit(interaction, settings, feature_of(parent.kind).switch)
        own = feature_of(parent.kind).own(parent, text)
        owner, place = self._flow.owner(interaction), self._flow.place(interaction)
        kept = await self._services.generation_service.add_derived(parent, owner, place, own)
        await self._flow.present(interaction, kept, public(interaction, settings.language))

    async def why(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Why this text?*: the receipts, for the person who clicked alone."""
        generation = await self._services.generation_service.find(number(ids, 0), self._flow.place(interaction))
        await whisper(interaction, receipt_card(private(interaction), generation))

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


def _note(interaction: discord.Interaction[Any], given: str | None, typed: str) -> str:
    """Return the note as it is used. Raises `BadInput` as `check_note`, and lets all that was typed be given back."""
    try:
        return check_note(given)
    except BadInput:
        interaction.extras[GIVEN] = typed
        raise


def _suggestion(generation: Generation, position: int) -> Suggestion:
    if not 0 <= position < len(generation.suggestions):
        raise Gone("generation_gone")
    return generation.suggestions[position]

"""/continue, its menu of messages, and the form that it opens; in a story it opens a round."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import BadInput, NotHere
from bot.rules.generations import check_note
from bot.rules.moods import MOOD_NAMES, check_mood
from bot.rules.servers import ServerSettings, tokens_of
from bot.ui import custom_ids
from bot.ui.answers import keep_given, open_form
from bot.ui.custom_ids import NO_MOOD, number
from bot.ui.forms import NOTE, Form, submitted
from bot.ui.locale import named, private
from bot.ui.tree import InklingTree
from bot.writing.continuation.request import ContinueRequest
from cogs.core.command_options import Count, Length, RoundMinutes
from cogs.core.generation_flow import GenerationFlow
from cogs.core.message_menu import MessageMenuCog
from cogs.core.message_text import ModelUse
from cogs.rounds.opening import RoundOpening

MOOD_CHOICES = [app_commands.Choice(name=named(f"mood.{mood}"), value=mood) for mood in MOOD_NAMES]
"""What the option `mood` offers."""


class ContinuationCog(MessageMenuCog):
    """Goes on from a text, or in the thread of a story from its last passage."""

    def __init__(self, tree: InklingTree, flow: GenerationFlow, rounds: RoundOpening) -> None:
        super().__init__(tree, named("menu.continue"), self.continue_message)
        self._flow = flow
        self._rounds = rounds
        tree.route(custom_ids.CONTINUE_FORM, self.form_asked)
        flow.message_uses.register(ModelUse("continue", "✨", flow.permitted, self._start))

    @app_commands.command(name=named("command.continue.name"), description=named("command.continue.description"))
    @app_commands.rename(
        text=named("command.continue.text.name"),
        mood=named("command.continue.mood.name"),
        count=named("command.continue.count.name"),
        length=named("command.continue.length.name"),
        note=named("command.continue.note.name"),
        minutes=named("command.minutes.name"),
    )
    @app_commands.describe(
        text=named("command.continue.text.description"),
        mood=named("command.continue.mood.description"),
        count=named("command.continue.count.description"),
        length=named("command.continue.length.description"),
        note=named("command.continue.note.description"),
        minutes=named("command.minutes.description"),
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
        minutes: RoundMinutes | None = None,
    ) -> None:
        """Continue `text`; without it a story, or a text that is asked for in a form, which carries the other options
        along."""
        settings = await self._flow.permitted(interaction, "continue")
        note = check_note(note)
        tokens = None if length is None else tokens_of(length)
        if text is not None and minutes is not None:
            raise BadInput("minutes_with_text")
        if text is not None:
            await self._start(interaction, settings, text, mood=mood, count=count, length=tokens, note=note)
        elif (story := await self._rounds.story(interaction)) is None and minutes is not None:
            raise NotHere("not_a_story")
        elif story is not None:
            await self._rounds.go_on(
                interaction,
                settings,
                story,
                mood=check_mood(mood),
                count=count,
                length=tokens,
                note=note,
                minutes=minutes,
            )
        else:
            custom_id = custom_ids.CONTINUE_FORM.id(check_mood(mood) or NO_MOOD, count or 0, tokens or 0)
            await open_form(interaction, Form(private(interaction), "continue", custom_id, note=note))

    async def continue_message(self, interaction: discord.Interaction[commands.Bot], message: discord.Message) -> None:
        """Context menu: continue the text of a message."""
        settings = await self._flow.permitted(interaction, "continue")
        await self._start(interaction, settings, await self._flow.text_of(message))

    async def form_asked(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the form that /continue opens when no text is given."""
        mood, count, length = None if ids[0] == NO_MOOD else ids[0], number(ids, 1), number(ids, 2)
        text, note = submitted(interaction), submitted(interaction, NOTE)
        keep_given(interaction, text, note)
        note = check_note(note)
        settings = await self._flow.permitted(interaction, "continue")
        await self._start(interaction, settings, text, mood=mood, count=count, length=length, note=note)

    async def _start(
        self,
        interaction: discord.Interaction[Any],
        settings: ServerSettings,
        text: str,
        *,
        mood: str | None = None,
        count: int | None = None,
        length: int | None = None,
        note: str = "",
    ) -> None:
        """Ask the models; what is None or 0 is as the server set it."""
        await self._rounds.require_models(interaction)
        request = ContinueRequest(
            text=text,
            mood=check_mood(mood) or settings.mood,
            count=count or settings.count,
            length=length or settings.length,
            note=note,
        )
        await self._flow.ask(interaction, request, settings)

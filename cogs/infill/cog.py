"""/infill, its menu of messages, and the forms that it opens; in a story it opens a round."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import NotHere
from bot.rules.servers import ServerSettings
from bot.ui import custom_ids
from bot.ui.answers import GIVEN, open_form
from bot.ui.custom_ids import NO_MOOD, number
from bot.ui.forms import Form, submitted
from bot.ui.locale import named, private
from bot.ui.tree import InklingTree
from bot.writing.blanks import has_blanks
from bot.writing.infill.request import InfillRequest
from cogs.core.command_options import Count, PassageNumber, RoundMinutes
from cogs.core.generation_flow import GenerationFlow
from cogs.core.message_menu import MessageMenuCog
from cogs.core.message_text import ModelUse
from cogs.rounds.custom_ids import BLANKS_FORM
from cogs.rounds.opening import RoundOpening


class InfillCog(MessageMenuCog):
    """Fills the blanks of a text, or in the thread of a story those that somebody puts into a passage."""

    def __init__(self, tree: InklingTree, flow: GenerationFlow, rounds: RoundOpening) -> None:
        super().__init__(tree, named("menu.infill"), self.infill_message)
        self._flow = flow
        self._rounds = rounds
        tree.route(custom_ids.INFILL_FORM, self.form_asked)
        flow.message_uses.register(ModelUse("infill", "🧩", flow.permitted, self._start, has_blanks))
        tree.route(BLANKS_FORM, self.form_blanks)

    @app_commands.command(name=named("command.infill.name"), description=named("command.infill.description"))
    @app_commands.rename(
        text=named("command.infill.text.name"),
        count=named("command.infill.count.name"),
        passage=named("command.infill.passage.name"),
        minutes=named("command.minutes.name"),
    )
    @app_commands.describe(
        text=named("command.infill.text.description"),
        count=named("command.infill.count.description"),
        passage=named("command.infill.passage.description"),
        minutes=named("command.minutes.description"),
    )
    async def infill(
        self,
        interaction: discord.Interaction[commands.Bot],
        text: str | None = None,
        count: Count | None = None,
        passage: PassageNumber | None = None,
        minutes: RoundMinutes | None = None,
    ) -> None:
        """Fill the blanks of `text`; without it, ask for it in a form. In a story, of one of its passages."""
        settings = await self._flow.permitted(interaction, "infill")
        story = await self._rounds.story(interaction)
        if story is None and (passage is not None or minutes is not None):
            raise NotHere("not_a_story")
        if story is not None and text is not None:
            await self._rounds.fill(interaction, settings, story, text, number=passage, count=count, minutes=minutes)
        elif story is not None and (at := passage or await self._rounds.with_blanks(story)) is not None:
            await self._rounds.ask_blanks(interaction, at, count, minutes)
        elif text is None:
            custom_id = custom_ids.INFILL_FORM.id(NO_MOOD, count or 0, 0, minutes or 0)
            await open_form(interaction, Form(private(interaction), "infill", custom_id))
        else:
            await self._start(interaction, settings, text, count)

    async def infill_message(self, interaction: discord.Interaction[commands.Bot], message: discord.Message) -> None:
        """Context menu: fill the blanks in a message."""
        settings = await self._flow.permitted(interaction, "infill")
        await self._start(interaction, settings, await self._flow.text_of(message))

    async def form_asked(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the form that /infill opens when no text is given."""
        text = interaction.extras[GIVEN] = submitted(interaction)
        count, minutes = number(ids, 1), number((*ids, "0"), 3)
        settings = await self._flow.permitted(interaction, "infill")
        story = await self._rounds.story(interaction)
        if story is not None:
            await self._rounds.fill(
                interaction, settings, story, text, number=None, count=count or None, minutes=minutes or None
            )
        else:
            await self._start(interaction, settings, text, count)

    async def form_blanks(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of the form that /infill opens for a passage of a story, in which blanks were put."""
        text = interaction.extras[GIVEN] = submitted(interaction)
        settings = await self._flow.permitted(interaction, "infill")
        story = await self._rounds.story(interaction)
        if story is None:
            raise NotHere("not_a_story")
        passage, count, minutes = number(ids, 0), number(ids, 1), number((*ids, "0"), 2)
        await self._rounds.fill(
            interaction, settings, story, text, number=passage, count=count or None, minutes=minutes or None
        )

    async def _start(
        self, interaction: discord.Interaction[Any], settings: ServerSettings, text: str, count: int | None = None
    ) -> None:
        """Ask the models; None or 0 is as many as the server set."""
        await self._rounds.require_models(interaction)
        await self._flow.ask(interaction, InfillRequest(text=text, count=count or settings.count), settings)

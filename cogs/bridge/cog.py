"""/bridge: what leads from one text to another. In a story's thread it opens a round."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import NotHere
from bot.ui.answers import GIVEN, open_form
from bot.ui.custom_ids import number
from bot.ui.forms import submitted
from bot.ui.locale import named, private
from bot.ui.tree import InklingTree
from bot.writing.bridge.request import BridgeRequest
from cogs.bridge.cards import FORM, LEFT, RIGHT, BridgeForm
from cogs.core.command_options import Count, PassageNumber, RoundMinutes
from cogs.core.generation_flow import GenerationFlow
from cogs.rounds.opening import RoundOpening


class BridgeCog(commands.Cog):
    """The command, and the form that it opens where there is no story to go by."""

    def __init__(self, tree: InklingTree, flow: GenerationFlow, rounds: RoundOpening) -> None:
        self._flow = flow
        self._rounds = rounds
        tree.route(FORM, self.form_bridge)

    @app_commands.command(name=named("command.bridge.name"), description=named("command.bridge.description"))
    @app_commands.rename(
        after=named("command.bridge.after.name"),
        count=named("command.bridge.count.name"),
        minutes=named("command.minutes.name"),
    )
    @app_commands.describe(
        after=named("command.bridge.after.description"),
        count=named("command.bridge.count.description"),
        minutes=named("command.minutes.description"),
    )
    async def bridge(
        self,
        interaction: discord.Interaction[commands.Bot],
        after: PassageNumber | None = None,
        count: Count | None = None,
        minutes: RoundMinutes | None = None,
    ) -> None:
        """Write between two passages of a story, or between two texts that are asked for in a form."""
        settings = await self._flow.permitted(interaction, "bridge")
        story = await self._rounds.story(interaction)
        if story is not None:
            await self._rounds.bridge(interaction, settings, story, number=after, count=count, minutes=minutes)
        elif minutes is not None:
            raise NotHere("not_a_story")
        else:
            await open_form(interaction, BridgeForm(private(interaction), FORM.id(count or 0)))

    async def form_bridge(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of that form: a card with ways across, as /infill shows it."""
        left, right = submitted(interaction, LEFT), submitted(interaction, RIGHT)
        interaction.extras[GIVEN] = f"{left}\n\n{right}"
        settings = await self._flow.permitted(interaction, "bridge")
        request = BridgeRequest(left=left, right=right, count=number(ids, 0) or settings.count)
        await self._flow.ask(interaction, request, settings)

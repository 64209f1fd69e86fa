"""*More like this*, *Stranger*, *Shorter*, *Longer* and *As usual* under the card of an infill."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.errors import Gone
from bot.ui import custom_ids
from bot.ui.custom_ids import number
from bot.ui.tree import InklingTree
from bot.writing.infill.request import InfillRequest
from bot.writing.infill.restyling import MOVES, moved
from cogs.core.generation_flow import GenerationFlow
from cogs.core.services import Services
from cogs.rounds.opening import RoundOpening


class RestylingCog(commands.Cog):
    """Asks for an infill anew, with something moved."""

    def __init__(self, tree: InklingTree, services: Services, flow: GenerationFlow, rounds: RoundOpening) -> None:
        self._services = services
        self._flow = flow
        self._rounds = rounds
        tree.route(custom_ids.MOVE, self.move)

    async def move(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of all five: anyone may; what comes goes on from the wish of the one pressed."""
        move = next((move for move in MOVES if move == ids[0]), None)
        if move is None:
            raise Gone("generation_gone")
        generation = await self._services.generation_service.find(number(ids, 1), self._flow.place(interaction))
        settings = await self._flow.permitted(interaction, "infill")
        await self._rounds.require_models(interaction)
        style = moved(generation, move, number(ids, 2) if move == "like" else 0)
        request = InfillRequest(text=generation.text, count=generation.count, style=style)
        await self._flow.ask_again(interaction, request, settings, generation)

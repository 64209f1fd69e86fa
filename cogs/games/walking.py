"""*Walk the book*: the pages of a finished game of Doors, each for whoever walks alone."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.errors import Gone
from bot.ui.answers import respond
from bot.ui.custom_ids import number
from bot.ui.locale import private
from bot.ui.tree import InklingTree
from cogs.games import custom_ids
from cogs.games.context import GameContext
from cogs.games.doors import DoorsCard, walking_card


class WalkingCog(commands.Cog):
    """Turns the pages. What is read is looked up at each click, so that what was withdrawn is not shown."""

    def __init__(self, tree: InklingTree, context: GameContext) -> None:
        self._context = context
        tree.route(custom_ids.WALK, self.walk)

    async def walk(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Walk the book* and of the doors on its pages."""
        who = await self._context.enter(interaction)
        view = await self._context.games.find_view(who, number(ids, 0))
        if view.kind != DoorsCard.kind:
            raise Gone("game_gone")
        await respond(interaction, walking_card(private(interaction), view, number(ids, 1)))

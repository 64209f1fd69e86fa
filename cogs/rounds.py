"""Rounds: their cards, ballots, and what opens and closes them."""

from __future__ import annotations

from discord.ext import commands

from bot.ui.tree import InklingTree
from cogs.asking import Asking
from cogs.services import Services
from cogs.showing import Showing


class Rounds(commands.Cog):
    """Rounds: their cards, ballots, and what opens and closes them."""

    def __init__(self, tree: InklingTree, services: Services, asking: Asking, showing: Showing) -> None:
        self._tree = tree
        self._services = services
        self._asking = asking
        self._showing = showing

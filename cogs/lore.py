"""/story memory and /story lore, /writer: what a story remembers, and what its writers ask of it."""

from __future__ import annotations

from discord.ext import commands

from bot.ui.tree import InklingTree
from cogs.asking import Asking
from cogs.services import Services
from cogs.showing import Showing


class Lore(commands.Cog):
    """/story memory and /story lore, /writer: what a story remembers, and what its writers ask of it."""

    def __init__(self, tree: InklingTree, services: Services, asking: Asking, showing: Showing) -> None:
        self._tree = tree
        self._services = services
        self._asking = asking
        self._showing = showing

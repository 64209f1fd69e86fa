"""Cogs with an entry in the menu of messages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.ui.tree import InklingTree

Callback = Callable[[discord.Interaction[commands.Bot], discord.Message], Coroutine[Any, Any, None]]
"""Answers the use of the entry on a message."""


class MessageMenuCog(commands.Cog):
    """Adds its entry while it is loaded; `name` is what it is called in each language."""

    def __init__(self, tree: InklingTree, name: app_commands.locale_str, callback: Callback) -> None:
        self._tree = tree
        self._menu = app_commands.ContextMenu(name=name, callback=callback)

    async def cog_load(self) -> None:
        self._tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        self._tree.remove_command(self._menu.name, type=self._menu.type)

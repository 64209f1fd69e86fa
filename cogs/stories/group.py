"""The group `/story` belongs to one cog; the commands of the others join it here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from discord import app_commands

from bot.ui.locale import named
from bot.ui.tree import InklingTree
from cogs.core.context import StoryCog


class StoryGroupCog(StoryCog):
    """A cog whose commands join the group. The one that owns it is loaded first."""

    def __init__(self, tree: InklingTree, callbacks: Mapping[str, Any]) -> None:
        """Make commands of methods, by their name in the catalogues."""
        self._tree = tree
        self._commands: list[app_commands.Command[Any, ..., Any]] = [
            app_commands.Command(
                name=named(f"command.story.{name}.name"),
                description=named(f"command.story.{name}.description"),
                callback=callback,
            )
            for name, callback in callbacks.items()
        ]

    async def cog_load(self) -> None:
        group = self._tree.get_command("story")
        assert isinstance(group, app_commands.Group), "the cog that owns the group is loaded first"
        for command in self._commands:
            group.add_command(command)

"""The group `/story` belongs to one cog; the commands of the others join it here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from discord import app_commands

from bot.ui.locale import named
from bot.ui.tree import InklingTree

Command = app_commands.Command[Any, ..., Any]


def story_commands(callbacks: Mapping[str, Any]) -> list[Command]:
    """Make commands of methods, by their name in the catalogues."""
    return [
        app_commands.Command(
            name=named(f"command.story.{name}.name"),
            description=named(f"command.story.{name}.description"),
            callback=callback,
        )
        for name, callback in callbacks.items()
    ]


def join(tree: InklingTree, commands: list[Command]) -> None:
    """Add the commands to the group. The cog that owns it must be loaded."""
    group = tree.get_command("story")
    assert isinstance(group, app_commands.Group), "the cog that owns the group is loaded first"
    for command in commands:
        group.add_command(command)

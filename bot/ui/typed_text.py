"""What a person wrote into the options of a command. Discord forgets it when the command is sent, so a refusal has to
hand it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.rules.text.characters import is_blank

_COMMAND = 1
"""Discord's number of a slash command among the commands."""


def typed_text(tree: app_commands.CommandTree[commands.Bot], interaction: discord.Interaction[Any]) -> str:
    """Return all texts of a slash command that were written, not chosen, a paragraph each; "" where there is none."""
    if interaction.type is not discord.InteractionType.application_command or interaction.data is None:
        return ""
    return "\n\n".join(_written(tree, interaction.data))


def _written(tree: app_commands.CommandTree[commands.Bot], data: Any) -> Iterator[str]:
    if data.get("type", _COMMAND) != _COMMAND:
        return
    command, options = tree.get_command(data["name"]), data.get("options", [])
    while isinstance(command, app_commands.Group) and options:
        command, options = command.get_command(options[0]["name"]), options[0].get("options", [])
    if not isinstance(command, app_commands.Command):
        return
    free = {parameter.display_name for parameter in command.parameters if _is_free(parameter)}
    for option in options:
        if option["name"] in free and not is_blank(option["value"]):
            yield option["value"]


def _is_free(parameter: app_commands.Parameter) -> bool:
    """Tell whether an option takes any text."""
    chosen = bool(parameter.choices) or parameter.autocomplete
    return parameter.type is discord.AppCommandOptionType.string and not chosen

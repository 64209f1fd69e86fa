"""The door by which people's text comes from Discord: nothing reads an interaction before it went through here.

So a command, a menu, a form or a list to choose from that is added later can leave nothing out.
"""

from __future__ import annotations

from typing import Any

import discord

from bot.rules.text.characters import normalise


def let_in(interaction: discord.Interaction[Any]) -> None:
    """Normalise every text that came with `interaction`: options, what is being typed, boxes, messages."""
    interaction.data = _normalised(interaction.data)


def _normalised(data: Any) -> Any:
    """Return JSON with all its texts normalised; names of fields are Discord's."""
    if isinstance(data, str):
        return normalise(data)
    if isinstance(data, dict):
        return {name: _normalised(value) for name, value in data.items()}
    return [_normalised(value) for value in data] if isinstance(data, list) else data

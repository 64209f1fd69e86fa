"""What several commands take: their options with the ranges that Discord enforces, and notes."""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands

from bot.errors import BadInput
from bot.rules.generations import check_note
from bot.rules.servers import COUNT_RANGE, WORDS_RANGE
from bot.rules.stories import MAX_TITLE
from bot.ui.answers import GIVEN

Count = app_commands.Range[int, COUNT_RANGE[0], COUNT_RANGE[-1]]
"""How many suggestions."""
Length = app_commands.Range[int, WORDS_RANGE[0], WORDS_RANGE[-1]]
"""How long each is, in words; see `tokens_of`."""
PassageNumber = app_commands.Range[int, 1, 1_000_000]
"""The number of a passage in its story."""
Title = app_commands.Range[str, 1, MAX_TITLE]
"""The title of a story."""


def checked_note(interaction: discord.Interaction[Any], note: str | None, typed: str) -> str:
    """Return the note as it is used. Raises `BadInput` as `check_note`; the person then gets `typed`, all that they
    wrote, back."""
    try:
        return check_note(note)
    except BadInput:
        interaction.extras[GIVEN] = typed
        raise

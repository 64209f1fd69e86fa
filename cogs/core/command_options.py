"""What several commands take: their options with the ranges that Discord enforces."""

from __future__ import annotations

from discord import app_commands

from bot.rules.servers import COUNT_RANGE, HOURS, MAX_TEXT, WORDS_RANGE
from bot.rules.stories import MAX_PASSAGE, MAX_PEN_NAME, MAX_TITLE, MAX_WORDS, QUORUM, ROUND_MINUTES
from bot.rules.zones import MAX_ZONE

Count = app_commands.Range[int, COUNT_RANGE[0], COUNT_RANGE[-1]]
"""How many suggestions."""
Length = app_commands.Range[int, WORDS_RANGE[0], WORDS_RANGE[-1]]
"""How long each is, in words; see `tokens_of`."""
Hour = app_commands.Range[int, HOURS[0], HOURS[-1]]
"""An hour of the day."""
ZoneText = app_commands.Range[str, 1, MAX_ZONE]
"""A time zone, as people write it."""
PassageNumber = app_commands.Range[int, 1, 1_000_000]
"""The number of a passage in its story."""
PassageText = app_commands.Range[str, 1, MAX_PASSAGE]
"""The text of a passage."""
Title = app_commands.Range[str, 1, MAX_TITLE]
"""The title of a story."""
WordCount = app_commands.Range[int, 1, MAX_WORDS]
"""How many words a passage has at least or at most."""
RoundMinutes = app_commands.Range[int, ROUND_MINUTES[0], ROUND_MINUTES[-1]]
"""How long a round is open."""
Quorum = app_commands.Range[int, QUORUM[0], QUORUM[-1]]
"""How many ballots a round needs."""
PenName = app_commands.Range[str, 1, MAX_PEN_NAME]
"""The name under which somebody writes in a server."""
TurnText = app_commands.Range[str, 1, MAX_TEXT]
"""What somebody writes in their turn of a game; how long it may be is the game's to say."""

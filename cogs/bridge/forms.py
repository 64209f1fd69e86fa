"""The form of /bridge: the texts on both sides."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.ui.forms import RoutedForm
from bot.ui.locale import Catalogue
from bot.ui.routes import Route

LEFT, RIGHT = "left", "right"
"""The custom ids of the boxes."""
SIDE_TEXT = 1900
"""Characters of one side: both and what stands between fit into one text."""

FORM = Route("rbridge", "count")
"""The form of /bridge. `count` is how many ways across are asked for, 0 for what the server set."""


class BridgeForm(RoutedForm):
    """Asks for both sides."""

    def __init__(self, say: Catalogue, custom_id: str) -> None:
        super().__init__(title=say("form.bridge.title"), custom_id=custom_id)
        for side in (LEFT, RIGHT):
            box: ui.TextInput[Any] = ui.TextInput(
                custom_id=side, style=discord.TextStyle.paragraph, max_length=SIDE_TEXT
            )
            hint = say("form.bridge.hint", limit=SIDE_TEXT)
            self.ask(say(f"form.bridge.{side}"), box, hint)

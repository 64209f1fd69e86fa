"""The card and the form of `/bridge`."""

from __future__ import annotations

from typing import Any, ClassVar

import discord
from discord import ui

from bot.rules.generations import GenerationKind
from bot.ui.custom_ids import Route
from bot.ui.forms import RoutedForm
from bot.ui.locale import Catalogue
from bot.writing.bridge.request import BridgeRequest
from cogs.core.feature_card import FilledCard

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


class BridgeCard(FilledCard):
    """Both texts with what leads from one to the other. It is shown to be copied, not to begin a story with."""

    kind: ClassVar[GenerationKind] = BridgeRequest.kind
    begins_stories: ClassVar[bool] = False

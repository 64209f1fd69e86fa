"""The menu on a suggestion's card that begins a story with it."""

from __future__ import annotations

from typing import Any

from discord import ui

from bot.rules.generations import Generation
from bot.ui import routes
from bot.ui.cutting import label
from bot.ui.locale import Catalogue

_LABEL = 90
"""Characters of a suggestion in the menu; Discord takes 100."""


def story_start(say: Catalogue, generation: Generation) -> ui.ActionRow[Any] | None:
    """Return the menu; None where no story can begin: outside of servers."""
    if generation.place.server_id is None:
        return None
    menu: ui.Select[Any] = ui.Select(custom_id=routes.START_STORY.id(generation.id), placeholder=say("story.from"))
    for position, suggestion in enumerate(generation.suggestions):
        words = " / ".join(suggestion.fills) if suggestion.fills else suggestion.text
        menu.add_option(label=label(f"{position + 1} · {words}", _LABEL), value=str(position))
    return ui.ActionRow(menu)

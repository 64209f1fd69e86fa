"""The menu on a suggestion's card that begins a story with it."""

from __future__ import annotations

from typing import Any

from discord import ui

from bot.rules.generations import Generation
from bot.ui.escaping import tidy
from bot.ui.locale import Catalogue

_LABEL = 90
_ELLIPSIS = "…"


def story_start(say: Catalogue, generation: Generation) -> ui.ActionRow[Any] | None:
    """Return the menu; None where no story can begin: outside of servers, and for what is no prose."""
    if generation.place.server_id is None or generation.kind not in ("continue", "infill", "twist"):
        return None
    menu: ui.Select[Any] = ui.Select(custom_id=f"ink:sfrom:{generation.id}", placeholder=say("story.from"))
    for position, suggestion in enumerate(generation.suggestions):
        words = " / ".join(suggestion.fills) if suggestion.fills else suggestion.text
        menu.add_option(label=_shortened(f"{position + 1} · {' '.join(tidy(words).split())}"), value=str(position))
    return ui.ActionRow(menu)


def _shortened(label: str) -> str:
    return label if len(label) <= _LABEL else label[: _LABEL - 1].rstrip() + _ELLIPSIS

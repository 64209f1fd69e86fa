"""The menu on a suggestion's card that takes one up: to change it, or to begin a story with it."""

from __future__ import annotations

from typing import Any

from discord import ui

from bot.rules.generations import Generation
from bot.ui import custom_ids
from bot.ui.cutting import label
from bot.ui.locale import Catalogue

CHANGE, BEGIN = "c", "s"
"""What the values of the menu begin with; the position of the suggestion follows."""
_LABEL = 90
"""Characters of a suggestion in the menu; Discord takes 100."""


def story_start(say: Catalogue, generation: Generation) -> ui.ActionRow[Any] | None:
    """Return the menu; None where no story can begin: outside of servers."""
    if generation.place.server_id is None:
        return None
    menu: ui.Select[Any] = ui.Select(custom_id=custom_ids.START_STORY.id(generation.id), placeholder=say("story.from"))
    for position in range(len(generation.suggestions)):
        menu.add_option(label=_named(generation, position), value=str(position))
    return ui.ActionRow(menu)


def take_menu(say: Catalogue, generation: Generation, *, begins_stories: bool) -> ui.ActionRow[Any]:
    """Return the menu of what models suggested: to change one of them, and where stories can begin, to begin one."""
    begins = begins_stories and generation.place.server_id is not None
    hint = say("take.change_or_begin" if begins else "take.change")
    menu: ui.Select[Any] = ui.Select(custom_id=custom_ids.TAKE.id(generation.id), placeholder=hint)
    for action, emoji in ((CHANGE, "✏️"), (BEGIN, "📖"))[: 1 + begins]:
        for position in range(len(generation.suggestions)):
            menu.add_option(
                label=_named(generation, position),
                value=f"{action}{position}",
                description=say(f"take.as_{'change' if action == CHANGE else 'beginning'}"),
                emoji=emoji,
            )
    return ui.ActionRow(menu)


def _named(generation: Generation, position: int) -> str:
    suggestion = generation.suggestions[position]
    words = " / ".join(suggestion.fills) if suggestion.fills else suggestion.text
    return label(f"{position + 1} · {words}", _LABEL)

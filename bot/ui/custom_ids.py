"""Custom ids. A route stands for one kind of button, menu or form: it writes the custom ids that its handler reads.

A custom id is `ink:<action>` and, behind colons, the ids of what it is about. Messages in Discord keep theirs for
years: an action keeps its name and the order of its ids, and a new id comes last and may be missing.
"""

from __future__ import annotations

import re
from typing import Any

import discord
from discord import ui

from bot.errors import Gone

PREFIX = "ink"
"""What every custom id of this bot begins with."""
TEMPLATE = rf"{PREFIX}:(?P<action>[a-z]+)(?::(?P<ids>[0-9A-Za-z:_-]*))?"
"""The pattern of a custom id."""
MAX_LENGTH = 100
"""Characters that Discord takes for a custom id."""
_ID = re.compile(r"[0-9A-Za-z_-]*")
"""The characters that an id within a custom id may have."""


class Route:
    """One kind of button, menu or form, by its `action`. `ids` names what stands in its custom ids, in order; those in
    `optional` may be left out, all of them at once. Several routes share an action where each has its own `branch`,
    which stands first in its custom ids."""

    def __init__(self, action: str, *ids: str, optional: tuple[str, ...] = (), branch: str = "") -> None:
        self.action = action
        self.ids = ids
        self.optional = optional
        self.key = f"{action}:{branch}" if branch else action

    def __repr__(self) -> str:
        return f"<Route {self.key}>"

    def id(self, *ids: object) -> str:
        """Return the custom id with these ids. Raises `ValueError` where they are not as many as the route names, or
        hold anything but letters of ASCII, digits, "_" and "-"."""
        parts = [str(each) for each in ids]
        if len(parts) not in (len(self.ids), len(self.ids) + len(self.optional)):
            raise ValueError(f"{self.key} takes the ids {self.ids} {self.optional}, not {parts}")
        custom_id = ":".join([PREFIX, self.key, *parts])
        if not all(_ID.fullmatch(part) for part in parts) or len(custom_id) > MAX_LENGTH:
            raise ValueError(f"{custom_id!r} is no custom id")
        return custom_id

    def button(
        self,
        label: str,
        *ids: object,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        emoji: str | None = None,
    ) -> ui.Button[Any]:
        """Return a button with these ids, which leads to the route's handler. Raises `ValueError` as `id`."""
        return ui.Button(custom_id=self.id(*ids), label=label, style=style, emoji=emoji)


def number(ids: tuple[str, ...], place: int) -> int:
    """Return the id at `place`. Raises `Gone` where it is no number of 64 bits: a card from another time."""
    try:
        found = int(ids[place])
    except (IndexError, ValueError):
        raise Gone("generation_gone") from None
    if not -(2**63) <= found < 2**63:
        raise Gone("generation_gone")
    return found


# ---- the cards of generations

GO = Route("go", "generation_id", "position")
"""*Go on from here*, beside a suggestion."""
RETRY = Route("retry", "generation_id")
"""*Retry*."""
RETRY_WITH_NOTE = Route("note", "generation_id")
"""*Retry with a note*: opens a form."""
NOTE_FORM = Route("noted", "generation_id")
"""The form with the note."""
MOVE = Route("move", "move", "generation_id", optional=("position",))
"""*Stranger*, *Shorter*, *Longer*, *As usual*, and beside a suggestion *More like this*."""
PAGE = Route("page", "generation_id", "step")
"""◀ and ▶: to the page of a card before the one with that generation, or behind it."""
OWN = Route("own", "generation_id")
"""*Write my own*: opens a form."""
OWN_FORM = Route("written", "generation_id")
"""The form with a text of one's own."""
READ = Route("read", "generation_id", "page")
"""*Read*, and the buttons that turn its pages."""
WHY = Route("why", "generation_id", optional=("view",))
"""*Why this text?*; the view "details" is its *Details*, none the plain words."""
DELETE = Route("delete", "generation_id")
"""*Delete*."""
START_STORY = Route("sfrom", "generation_id")
"""The menu *Start a story from…*."""
TAKE = Route("take", "generation_id")
"""The menu *Change one, or begin a story with it…*."""
CHANGE = Route("change", "generation_id", "position")
"""*Change it*: opens a form with that suggestion in it."""
CHANGE_FORM = Route("changed", "generation_id", "position")
"""That form."""

# ---- the next step in a story

WRITE_ON = Route("sadd", "story_id")
"""*Write on*: opens a form."""
ASK_MODELS = Route("sask", "story_id")
"""*Ask the models*: opens a form."""
NEXT_ROUND = Route("snext", "round_id")
"""*Next round*, after the one with that id."""

# ---- the cards of twists

TWIST = Route("twist", "generation_id", "word")
"""The menu of a word on the card of a twist."""
USE = Route("use", "generation_id")
"""*Use it* on the card of a twist."""

# ---- asking

CONTINUE_FORM = Route("ask", "mood", "count", "length", branch="continue")
"""The form for the text of a /continue, with the options of the command."""
INFILL_FORM = Route("ask", "mood", "count", "length", optional=("minutes",), branch="infill")
"""The form for the text of an /infill, with the options of the command; its mood is `NO_MOOD`, its length 0. `minutes`
is how long the vote in a story is open, 0 as its rules say."""
NO_MOOD = "mixed"
"""Stands for no mood."""
TWIST_FORM = Route("twistform")
"""The form for the text of a /twist."""
CANCEL = Route("cancel", "run", "ticket_id")
"""*Cancel* on a progress. `run` tells the runs of the program apart."""
REOPEN = Route("reopen", "generation_id")
"""*Show it here*, where a card could not be shown."""
KEEP_AGAIN = Route("again", "number")
"""*Keep it again*, where the same was kept before."""

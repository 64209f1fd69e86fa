"""What cards are made of: pure functions from values to Components V2.

Discord allows 40 components and 4,000 characters in all on a card. Texts are shortened at sentences to fit. Buttons
carry ids only: what they mean is looked up at the click.
"""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.rules.generations import Generation
from bot.ui.cutting import shown_pages
from bot.ui.escaping import escape
from bot.ui.fitting import fit
from bot.ui.locale import Catalogue

ASKED_TEXT = 320
"""Characters of what was asked, on a card."""
PAGE_TEXT = 3600
"""Characters of a text on one page, where it is read whole."""
INK = discord.Colour(0x4A5D8F)
"""The colour at the side of a card."""
AMBER = discord.Colour(0xB98A3D)
"""The colour at the side of a card that asks for something."""


class Card(ui.LayoutView):
    """One container. Its buttons are routed by custom id (see `bot.ui.tree`), also after a restart, so discord.py
    need not remember the view: it counts as finished from the start."""

    def __init__(self, *blocks: ui.Item[Any], colour: discord.Colour | None = INK) -> None:
        super().__init__(timeout=None)
        self.add_item(ui.Container(*fit(blocks), accent_colour=colour))

    def is_finished(self) -> bool:
        return True


def text(content: str) -> ui.TextDisplay[Any]:
    """Return a block of text, which must be escaped already."""
    return ui.TextDisplay(content)


def line(*, visible: bool = True) -> ui.Separator[Any]:
    """Return a line between blocks, or a gap."""
    return ui.Separator(visible=visible, spacing=discord.SeparatorSpacing.small)


def notice(message: str, *more: str, colour: discord.Colour | None = None) -> Card:
    """Return a card with a sentence or a few, each escaped already where it holds people's words."""
    return Card(*(text(part) for part in (message, *more)), colour=colour)


def is_own(generation: Generation) -> bool:
    """Tell whether a person wrote what `generation` holds, not a model."""
    return generation.suggestions[0].receipt.by_person


def note_line(say: Catalogue, note: str) -> list[str]:
    """Return a line that says which note the models were given, escaped; none where there was none."""
    return [say("card.note", note=escape(note))] if note else []


def given_cards(say: Catalogue, given: str) -> list[Card]:
    """Return what a person wrote, as private cards, so that a refusal loses nothing of it."""
    parts = shown_pages(given, PAGE_TEXT)
    return [notice(*([say("card.given")] if index == 0 else []), part) for index, part in enumerate(parts) if part]

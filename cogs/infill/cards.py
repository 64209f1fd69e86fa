"""The card of `/infill`: the ways to fill the blanks, and the buttons that ask anew with something moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from discord import ui

from bot.rules.generations import Generation, GenerationKind
from bot.ui import custom_ids
from bot.ui.cards import text
from bot.ui.locale import Catalogue
from bot.writing.infill.request import InfillRequest
from bot.writing.infill.restyling import possible
from cogs.core.feature_card import FilledCard

_MOVES = (("stranger", "🎲"), ("shorter", "➖"), ("longer", "➕"))
"""The buttons for all suggestions, with their signs."""


class InfillCard(FilledCard):
    """*More like this* stands beside each suggestion of a model, the other moves below them."""

    kind: ClassVar[GenerationKind] = InfillRequest.kind

    def suggestion_row(
        self, say: Catalogue, generation: Generation, position: int, shown: str
    ) -> Sequence[ui.Item[Any]]:
        if not possible(generation):
            return super().suggestion_row(say, generation, position, shown)
        go = custom_ids.GO.button(say("button.go"), generation.id, position)
        like = custom_ids.MOVE.button(say("button.like"), "like", generation.id, position)
        return [text(shown), ui.ActionRow(go, like)]

    def rows(self, say: Catalogue, generation: Generation) -> Sequence[ui.ActionRow[Any]]:
        """What cannot go further is greyed out; *As usual* is there where something is wished for."""
        moves = possible(generation)
        if not moves:
            return []
        row: ui.ActionRow[Any] = ui.ActionRow()
        for move, emoji in _MOVES:
            pressed = custom_ids.MOVE.button(say(f"button.{move}"), move, generation.id, emoji=emoji)
            pressed.disabled = move not in moves
            row.add_item(pressed)
        if "usual" in moves:
            row.add_item(custom_ids.MOVE.button(say("button.usual"), "usual", generation.id, emoji="↩️"))
        return [row]

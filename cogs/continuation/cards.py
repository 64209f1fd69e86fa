"""The card of `/continue`."""

from __future__ import annotations

from typing import ClassVar

from bot.rules.generations import Generation, GenerationKind
from bot.ui.cards import ASKED_TEXT
from bot.ui.cutting import shown_tail
from bot.ui.escaping import quote
from bot.writing.continuation.request import ContinueRequest
from cogs.core.feature_card import FeatureCard


class ContinueCard(FeatureCard):
    """The end of the text, and the ways to go on."""

    kind: ClassVar[GenerationKind] = ContinueRequest.kind
    working: ClassVar[str] = "progress.working"
    own_form: ClassVar[str] = "own"
    takes_note: ClassVar[bool] = True

    def asked(self, generation: Generation) -> str:
        return shown_tail(generation.text, ASKED_TEXT, quote)

    def prefilled(self, generation: Generation) -> str:
        """Nothing: what a person writes goes on from the text."""
        return ""

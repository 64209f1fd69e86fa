"""The card of `/continue`.

Shorter than 25 lines because it is as the cards of every kind, but for the note.
"""

from __future__ import annotations

from typing import ClassVar

from bot.rules.generations import GenerationKind
from bot.writing.continuation.request import ContinueRequest
from cogs.core.feature_card import FeatureCard


class ContinueCard(FeatureCard):
    """The end of the text, and the ways to go on."""

    kind: ClassVar[GenerationKind] = ContinueRequest.kind
    takes_note: ClassVar[bool] = True

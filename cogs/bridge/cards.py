"""The card of `/bridge`."""

from __future__ import annotations

from typing import ClassVar

from bot.rules.generations import GenerationKind
from bot.writing.bridge.request import BridgeRequest
from cogs.core.feature_card import FilledCard


class BridgeCard(FilledCard):
    """Both texts with what leads from one to the other. It is shown to be copied, not to begin a story with."""

    kind: ClassVar[GenerationKind] = BridgeRequest.kind
    begins_stories: ClassVar[bool] = False

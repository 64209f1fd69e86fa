"""The cards of the kinds of generations: one line a kind (see `bot.writing.features`)."""

from __future__ import annotations

from types import MappingProxyType

from cogs.bridge.cards import BridgeCard
from cogs.continuation.cards import ContinueCard
from cogs.core.feature_card import FeatureCard, FeatureCards
from cogs.infill.cards import InfillCard
from cogs.twist.cards import TwistCard

_ALL: tuple[FeatureCard, ...] = (
    ContinueCard(),
    InfillCard(),
    BridgeCard(),
    TwistCard(),
)
CARDS: FeatureCards = MappingProxyType({card.kind: card for card in _ALL})
"""Those of every kind, by its name."""

"""The cards of the kinds of generations: one line a kind (see `bot.writing.features`).

Shorter than 25 lines because it is nothing but that list.
"""

from __future__ import annotations

from cogs.bridge.cards import BridgeCard
from cogs.continuation.cards import ContinueCard
from cogs.core.feature_card import FeatureCards
from cogs.infill.cards import InfillCard
from cogs.twist.cards import TwistCard

CARDS = FeatureCards(
    ContinueCard(),
    InfillCard(),
    BridgeCard(),
    TwistCard(),
)
"""Those of every kind, by its name; a kind that is not here has plain ones."""

"""The kinds of generations: one line a kind."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.errors import Gone
from bot.rules.generations import GenerationKind
from bot.writing.bridge.feature import BridgeFeature
from bot.writing.continuation.feature import ContinueFeature
from bot.writing.feature import Feature
from bot.writing.infill.feature import InfillFeature
from bot.writing.twist.feature import TwistFeature

_ALL: tuple[Feature[Any], ...] = (
    ContinueFeature(),
    InfillFeature(),
    BridgeFeature(),
    TwistFeature(),
)
"""One feature of each kind."""
FEATURES: Mapping[GenerationKind, Feature[Any]] = MappingProxyType({feature.kind: feature for feature in _ALL})
"""Every kind by its name."""


def feature_of(kind: GenerationKind) -> Feature[Any]:
    """Return a kind. Raises `Gone` (`generation_gone`) for one that this version does not know."""
    feature = FEATURES.get(kind)
    if feature is None:
        raise Gone("generation_gone")
    return feature

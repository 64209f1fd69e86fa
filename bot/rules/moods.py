"""Moods: named presets of sampler values.

Sources: nucleus sampling (Holtzman et al. 2020), typical decoding (Meister et al. 2023), min-p
(Nguyen et al. 2024), DRY and XTC (p-e-w, text-generation-webui pull requests 5677 and 6335).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from bot.errors import BadInput

MoodName = Literal["steady", "open", "wild", "plain"]
MOOD_NAMES: tuple[MoodName, ...] = get_args(MoodName)
"""All moods."""


def check_mood(given: str | None) -> MoodName | None:
    """Return the mood of that name, None where none is given. Raises `BadInput` (`mood_unknown`: mood, allowed)."""
    found = next((mood for mood in MOOD_NAMES if mood == given), None)
    if given is not None and found is None:
        raise BadInput("mood_unknown", mood=given, allowed=", ".join(MOOD_NAMES))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Sampler values of one row. The defaults change nothing: the plain distribution of the model."""

    temperature: float = 1.0
    top_p: float = 1.0
    min_p: float = 0.0
    typical_p: float = 1.0
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    dry_breakers: tuple[str, ...] = ("\n", ":", '"', "*", "“", "”", "。", "，")


MOODS: Mapping[MoodName, Sampling] = MappingProxyType(
    {
        "steady": Sampling(temperature=0.7, min_p=0.1, dry_multiplier=0.8),
        "open": Sampling(temperature=1.0, min_p=0.08, dry_multiplier=0.8),
        "wild": Sampling(temperature=1.3, min_p=0.1, xtc_probability=0.5, dry_multiplier=0.8),
        "plain": Sampling(temperature=0.85, min_p=0.1, dry_multiplier=0.8),
    }
)
"""All cut by min-p, which keeps the same tokens whether the temperature comes behind it or, with its power of 1/T,
before it: so a mood is the same under every engine. What else it has an engine may replace (`substitutions`)."""

"""How many rows a job asks for: by what it is for, by what the story model costs, and by how many others ask."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from bot.errors import WorkerUnavailable
from bot.inference.protocol import Engine, Health, Tier

Purpose = Literal["continue", "bridge"]

MOST: Mapping[Purpose, int] = MappingProxyType({"continue": 12, "bridge": 16})
"""What each asks for of a small model."""
ROWS: Mapping[tuple[Purpose, Tier], int] = MappingProxyType(
    {
        ("continue", "small"): MOST["continue"],
        ("continue", "large"): 8,
        ("bridge", "small"): MOST["bridge"],
        ("bridge", "large"): 10,
    }
)
"""How many rows each asks for of each model."""
CROWD: Mapping[Tier, int] = MappingProxyType({"small": 12, "large": 4})
"""With more jobs than these under way or waiting, each has fewer rows, so that all together have about as many."""
SPARE = 2
"""Rows beyond those that are to be shown, at least: some cannot be."""


def rows_for(feature: Purpose, health: Health, count: int) -> int:
    """Return how many rows to ask for where `count` are to be shown."""
    tier: Tier = next((model.tier for model in health.models if model.role == "story"), "small")
    most, crowd = ROWS[feature, tier], CROWD[tier]
    return max(min(most, count + SPARE), most * crowd // max(crowd, health.jobs))


async def health_of(engine: Engine) -> Health:
    """Return how the worker is, also while it cannot be asked: then nothing is known of its models."""
    try:
        return await engine.health()
    except WorkerUnavailable:
        return Health(ready=False, stage="unknown", models=())

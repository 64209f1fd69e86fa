"""The penalties of OpenAI's API, which stand in for samplers that an engine lacks.

OpenVINO and most model servers have neither DRY nor XTC. Both are given the same penalties, so that a mood is the same
under each of them.
"""

from __future__ import annotations

from bot.rules.moods import Sampling

PER_DRY = 0.15
"""A frequency penalty for each unit of DRY's multiplier: 0.12 for the moods' 0.8. With it a mood is as open as under
DRY (`python -m benchmarks.moods`)."""
PER_XTC = 0.6
"""A presence penalty for each unit of XTC's probability: 0.3 for the moods' 0.5."""
GREATEST = 2.0
"""OpenAI's API takes no greater penalties."""


def frequency_penalty(sampling: Sampling) -> float:
    """Return the frequency penalty that stands in for DRY."""
    return min(GREATEST, round(PER_DRY * sampling.dry_multiplier, 3))


def presence_penalty(sampling: Sampling) -> float:
    """Return the presence penalty that stands in for XTC."""
    return min(GREATEST, round(PER_XTC * sampling.xtc_probability, 3))

"""Who won, and how sure that is: from the fit to what is said in public and, privately, to each writer.

A winner is always named. The first place is shared only where the chance that the first is stronger than the second is
below SHARED: intervals that overlap would tie almost everything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bot.rules.voting.plackett_luce import Fit, Floats

SHARED = 0.55
"""Below this chance that the first is better than the second, they share the place."""
DRAWS = 1000
"""Draws from the posterior by which places are counted."""
INTERVAL = 0.8
"""How much of its draws an entry's places (from, to) hold."""
PODIUM = 3
"""Places of the podium."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """The decision. `order`: all entries, the best first; `first_over_second`: the chance that the first is better;
    `shared`: the first place is shared; `places[entry]`: between which places it stands, counted from 1;
    `podium[entry]`: the chance that it is among the first three."""

    order: tuple[int, ...]
    first_over_second: float
    shared: bool
    places: tuple[tuple[int, int], ...]
    podium: tuple[float, ...]


def standings(fit: Fit, seed: int) -> Standings:
    """Return the decision of a fit; `seed` is for the draws. Equal strengths stand in the order of their numbers, which
    the caller has drawn by lot."""
    order = np.argsort(-fit.strengths, kind="stable")
    ranks = drawn_ranks(fit, seed)
    edge = (1 - INTERVAL) / 2
    low, high = np.quantile(ranks, [edge, 1 - edge], axis=0, method="nearest")
    sure = above(fit, int(order[0]), int(order[1])) if len(order) > 1 else 1.0
    return Standings(
        order=tuple(map(int, order)),
        first_over_second=sure,
        shared=sure < SHARED,
        places=tuple((int(first), int(last)) for first, last in zip(low, high, strict=True)),
        podium=tuple(map(float, (ranks <= PODIUM).mean(axis=0))),
    )


def above(fit: Fit, first: int, second: int) -> float:
    """Return the chance that one entry is stronger than another: of a normal difference."""
    variance = fit.covariance[first, first] + fit.covariance[second, second] - 2 * fit.covariance[first, second]
    distance = float(fit.strengths[first] - fit.strengths[second]) / math.sqrt(max(float(variance), 1e-12))
    return 0.5 * (1 + math.erf(distance / math.sqrt(2)))


def drawn_ranks(fit: Fit, seed: int, draws: int = DRAWS) -> Floats:
    """Return the places (draws × n, from 1) of all entries in draws from the posterior."""
    random = np.random.Generator(np.random.PCG64(seed))
    factor = np.linalg.cholesky(fit.covariance + 1e-12 * np.eye(len(fit.strengths)))
    drawn = fit.strengths + random.standard_normal((draws, len(fit.strengths))) @ factor.T
    ranks = np.empty_like(drawn)
    places = np.broadcast_to(np.arange(1.0, drawn.shape[1] + 1), drawn.shape)
    np.put_along_axis(ranks, np.argsort(-drawn, axis=1), places, axis=1)
    return ranks

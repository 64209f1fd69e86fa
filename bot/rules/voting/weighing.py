"""How much a reader counts: as much as they agree with what all others say.

Agreement is the share of a reader's pairs that stand as the others' fit orders them. The fit without a reader is not
made anew: one Newton step leads there from the full one, with the Hessian downdated by what the reader gave to it
(Sherman-Morrison-Woodbury). It goes at least three quarters of the way to a full refit (`tests/rules/voting`).
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from bot.rules.voting.plackett_luce import Fit, Floats, fit, of_each
from bot.rules.voting.shelves import Rankings

LEAST_READERS = 8
"""With fewer readers all count the same: too few to tell who is careless."""
FULL_AGREEMENT = 0.65
"""The agreement from which a reader counts fully."""
NO_AGREEMENT = 0.4
"""The agreement down to which a reader counts least; by chance it is .5."""
LEAST_WEIGHT = 0.1
"""What a reader counts at least."""


def reader_weights(rankings: Rankings, full: Fit) -> dict[int, float]:
    """Return what each reader counts, by reader, from the fit of all with equal weights."""
    readers = sorted(set(rankings.readers))
    if len(readers) < LEAST_READERS:
        return dict.fromkeys(readers, 1.0)
    return {reader: weight_of(agreement) for reader, agreement in agreements(rankings, full).items()}


def weight_of(agreement: float) -> float:
    """Return what a reader of that agreement counts."""
    share = (agreement - NO_AGREEMENT) / (FULL_AGREEMENT - NO_AGREEMENT)
    return float(np.clip(share, LEAST_WEIGHT, 1.0))


def agreements(rankings: Rankings, full: Fit) -> dict[int, float]:
    """Return the agreement of each reader with all others, by reader."""
    theirs: defaultdict[int, list[int]] = defaultdict(list)
    for place, reader in enumerate(rankings.readers):
        theirs[reader].append(place)
    return {
        reader: _agreement(rankings, places, strengths_without(rankings, places, full))
        for reader, places in theirs.items()
    }


def strengths_without(rankings: Rankings, places: list[int], full: Fit) -> Floats:
    """Return the strengths (n) as they would be without the rankings at `places`: one Newton step from the full fit."""
    entries = sorted({entry for place in places for entry in rankings.orders[place]})
    at = {entry: index for index, entry in enumerate(entries)}
    gradient = np.zeros(len(entries))
    curvature = np.zeros((len(entries), len(entries)))
    for place in places:
        order = np.array([rankings.orders[place]], dtype=np.int64)
        slopes, curves = of_each(order, full.strengths)
        here = [at[entry] for entry in rankings.orders[place]]
        gradient[here] += rankings.weights[place] * slopes[0]
        curvature[np.ix_(here, here)] += rankings.weights[place] * curves[0]
    columns = full.covariance[:, entries]
    inner = columns[entries]
    # (H - U)^-1 g = C g + C U (I - C U)^-1 C g, all within the reader's entries
    moved = np.linalg.solve(np.eye(len(entries)) - inner @ curvature, inner @ gradient)
    return full.strengths - columns @ (gradient + curvature @ moved)


def _agreement(rankings: Rankings, places: list[int], strengths: Floats) -> float:
    """The share of pairs that stand in the order of the strengths; a pair of equal strength counts half."""
    right = total = 0.0
    for place in places:
        found = strengths[list(rankings.orders[place])]
        above = np.triu(np.ones((len(found), len(found)), dtype=bool), 1)
        differences = (found[:, None] - found[None, :])[above]
        right += float((differences > 0).sum() + 0.5 * (differences == 0).sum())
        total += differences.size
    return right / total if total else 1.0


def fit_by_agreement(rankings: Rankings) -> Fit:
    """Return the fit in which each reader counts by their agreement with the others."""
    full = fit(rankings)
    weights = reader_weights(rankings, full)
    if all(weight == 1.0 for weight in weights.values()):
        return full
    shares = tuple(weight * weights[reader] for weight, reader in zip(rankings.weights, rankings.readers, strict=True))
    return fit(Rankings(entries=rankings.entries, orders=rankings.orders, readers=rankings.readers, weights=shares))

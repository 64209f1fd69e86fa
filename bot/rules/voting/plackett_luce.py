"""What shelves say together: the Plackett-Luce model, fitted by maximum a posteriori.

Each entry has a strength; a reader's first place goes to an entry with a chance in proportion to exp(strength) among
those on the shelf, the second among the rest, and so on. The prior is normal, with mean 0 and precision PRECISION.
Newton's method finds the mode; Laplace's approximation, the inverse of the Hessian there, says how sure it is.

Sources: R. D. Luce, Individual Choice Behavior (1959); R. L. Plackett, The analysis of permutations, Applied Statistics
24 (1975); D. R. Hunter, MM algorithms for generalized Bradley-Terry models, Annals of Statistics 32 (2004).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.rules.voting.shelves import Rankings

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

PRECISION = 0.5
"""Precision of the prior of a strength (its variance is 2)."""
STEPS = 50
"""Newton's steps at most; four to eight are usual."""
TOLERANCE = 1e-9
"""A step whose greatest part is smaller ends the search (log strength)."""
LONGEST_STEP = 2.0
"""How far one step may move a strength: with little data a full step can overshoot."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The fitted strengths (n; mean about 0) and their covariance (n × n)."""

    strengths: Floats
    covariance: Floats


@dataclass(frozen=True, slots=True)
class Derivatives:
    """The gradient (n) and the negated Hessian (n × n) of the logarithm of the likelihood."""

    gradient: Floats
    curvature: Floats


def fit(rankings: Rankings) -> Fit:
    """Return the strengths that are likeliest by the rankings and the prior, without any ranking all 0."""
    blocks = blocks_of(rankings)
    strengths: Floats = np.zeros(rankings.entries)
    prior = PRECISION * np.eye(rankings.entries)
    for _ in range(STEPS):
        found = derivatives(blocks, strengths)
        step = np.linalg.solve(found.curvature + prior, found.gradient - PRECISION * strengths)
        step *= min(1.0, LONGEST_STEP / max(float(np.abs(step).max(initial=0.0)), LONGEST_STEP))
        strengths += step
        if np.abs(step).max(initial=0.0) < TOLERANCE:
            break
    covariance = np.linalg.inv(derivatives(blocks, strengths).curvature + prior).astype(np.float64)
    return Fit(strengths, covariance)


@dataclass(frozen=True, slots=True)
class Block:
    """Rankings of one length: entries (k × m), their weights (k), and which rankings they are (k)."""

    orders: Indices
    weights: Floats
    places: Indices


def blocks_of(rankings: Rankings) -> list[Block]:
    """Return the rankings by length."""
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for place, order in enumerate(rankings.orders):
        by_length[len(order)].append(place)
    return [
        Block(
            np.array([rankings.orders[place] for place in places], dtype=np.int64),
            np.array([rankings.weights[place] for place in places]),
            np.array(places, dtype=np.int64),
        )
        for _, places in sorted(by_length.items())
    ]


def derivatives(blocks: list[Block], strengths: Floats) -> Derivatives:
    """Return the derivatives of all rankings, weighted."""
    count = len(strengths)
    gradient = np.zeros(count)
    curvature = np.zeros(count * count)
    for block in blocks:
        slopes, curves = of_each(block.orders, strengths)
        np.add.at(gradient, block.orders, block.weights[:, None] * slopes)
        flat = block.orders[:, :, None] * count + block.orders[:, None, :]
        weighted = block.weights[:, None, None] * curves
        curvature += np.bincount(flat.ravel(), weighted.ravel(), minlength=count * count)
    return Derivatives(gradient, curvature.reshape(count, count))


def of_each(orders: Indices, strengths: Floats) -> tuple[Floats, Floats]:
    """Return the gradient (k × m) and the negated Hessian (k × m × m) of each of k rankings of m entries, in the order
    of its places."""
    found = strengths[orders]
    weights = np.exp(found - found.max(axis=1, keepdims=True))
    left = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]  # of each place and those behind it
    length = orders.shape[1]
    stages = np.tril(np.ones((length, length)))[:, : length - 1]  # place × stage: is it still there
    chances = stages[None] * weights[:, :, None] / left[:, None, : length - 1]
    totals = chances.sum(axis=2)
    first = np.ones(length)
    first[-1] = 0.0  # the last place is never chosen from anything
    curves = -np.einsum("kis,kjs->kij", chances, chances)
    curves[:, np.arange(length), np.arange(length)] += totals
    return first[None] - totals, curves

"""Which candidate belongs in a blank: the evidence of both models, weighed, and a confidence.

The backbone is `joint` = log p(fill + what follows | left) under the causal model. The masked model adds its
pseudo-log-likelihood of the fill's words between both sides; a causal model that was taught to see both sides adds its
view of the fill. How much each counts is fitted on half of the dev stories
(`python -m benchmarks.infill.fit`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.writing.infill.candidate_pool import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Weights of the evidence, in nats.

    What the left text alone says of a fill counts in full (and `prior` times more), and `seen` times what both sides in
    sight say of it: each down to `unlikely`, and below that only by its share `rare`. For a long fill stands for the
    many that would do as well and were not found, and must not lose to a short one by its own improbability alone.
    `masked` multiplies the masked model's log-probability, of which each word costs at most `floor`, for the same
    reason: a rare word of several pieces is hard for it. `phrase` is added where there is more than one word, and
    `word` for each word after the second. `far` multiplies what a fill makes of the words behind the first few.
    `temperature` makes the shares honest. `prior`, `masked`, `seen`, `far`, `floor` and `temperature` are fitted, the
    others settle how often a long fill is shown.
    """

    prior: float = -0.075
    unlikely: float = -10.0
    rare: float = 0.1
    masked: float = 0.25
    floor: float = -16.0
    phrase: float = -1.0
    word: float = 1.5
    seen: float = 0.0
    far: float = 0.8
    temperature: float = 1.3


LEFT_ALONE = Weights()
"""Where the causal model sees the left text alone."""
AT_FIRST_SIGHT = Weights(
    prior=0.0, unlikely=-10.0, rare=1.0, masked=0.45, floor=-16.0, phrase=0.0, word=0.0, temperature=1.0
)
"""Of what it says with both sides in sight, without more: `joint` and `prior` are with these then."""
BOTH_SIDES = Weights(prior=-0.3, masked=0.3, phrase=-1.5, word=3.5, seen=0.7, temperature=1.8)
"""Where it was taught to see both sides, and reads candidates either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a candidate, in natural logarithms, summed over words: `prior` is log p(fill | left), `joint`
    that of the fill and the first words that follow, `far` that of some more of them, `masked` the masked model's;
    `seen` is log p(fill, and that it ends | both sides)."""

    candidate: Candidate
    joint: float
    prior: float = 0.0
    masked: float | None = None
    seen: float | None = None
    far: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate with its confidence: the probability, among the pool, that it is what belongs there. `appeal` is what
    it is chosen by: its logarithm, but for a constant, and what the writer's wishes add to it."""

    candidate: Candidate
    confidence: float
    appeal: float = 0.0


def total(evidence: Evidence, weights: Weights = LEFT_ALONE) -> float:
    """The weighed evidence; greater is better, comparable over all lengths within one blank."""
    words = evidence.candidate.words
    value = (evidence.joint - evidence.prior) + (1.0 + weights.prior) * _forgiven(evidence.prior, weights)
    value += weights.far * evidence.far
    if words > 1:
        value += weights.phrase + weights.word * (words - 2)
    if evidence.masked is not None:
        value += weights.masked * max(evidence.masked, weights.floor * words)
    if evidence.seen is not None:
        value += weights.seen * _forgiven(evidence.seen, weights)
    return value


def _forgiven(value: float, weights: Weights) -> float:
    """What the improbability of a fill by itself counts."""
    likely = max(value, weights.unlikely)
    return likely + weights.rare * (value - likely)


def rank(evidence: Sequence[Evidence], weights: Weights = LEFT_ALONE, wishes: Sequence[float] = ()) -> list[Ranked]:
    """Order the candidates, the most appealing first, with confidences that add up to one. `wishes` may have for each
    what the style of the ask adds to its appeal, in nats."""
    totals = [total(each, weights) / weights.temperature for each in evidence]
    greatest = max(totals, default=0.0)
    shares = [math.exp(value - greatest) for value in totals]
    whole = sum(shares)
    appeals = [value + wish for value, wish in zip(totals, wishes or [0.0] * len(totals), strict=True)]
    order = sorted(range(len(evidence)), key=lambda number: -appeals[number])
    return [
        Ranked(candidate=evidence[number].candidate, confidence=shares[number] / whole, appeal=appeals[number])
        for number in order
    ]

"""Ranking the candidates for a blank: the weighted evidence of both models, and a confidence.

Most counts `log_p_with_right` = log p(fill + what follows | left) under the causal model. The masked model adds its
pseudo-log-likelihood of the fill's words between both sides; a causal model that was taught to see both sides adds
log p(fill | both sides). How much each counts is fitted on half of the dev stories
(`python -m benchmarks.infill.fit`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.writing.infill.candidate_pool import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Weights of the evidence, in nats. `unlikely`, `rare`, `phrase` and `word` settle how often a long fill is shown,
    the others are fitted."""

    left: float = -0.075
    """log p(fill | left) counts 1 + `left` times."""
    unlikely: float = -10.0
    """Of a log p(fill | …) what lies below this counts only by the share `rare`. A long fill stands for the many that
    would do as well and were not found: it must not lose to a short one by its own improbability alone."""
    rare: float = 0.1
    """See `unlikely`."""
    masked: float = 0.25
    """The factor of the masked model's log-probability."""
    floor: float = -16.0
    """What each word costs at most there: a rare word of several pieces is hard for that model."""
    phrase: float = -1.0
    """Is added where there is more than one word."""
    word: float = 1.5
    """Is added for each word after the second."""
    both_sides: float = 0.0
    """The factor of log p(fill | both sides)."""
    far_right: float = 0.8
    """The factor of the log-probability of the words of the right text after the first few."""
    temperature: float = 1.3
    """Divides the sum; makes the confidences honest."""


LEFT_ALONE = Weights()
"""Where the causal model sees the left text alone."""
FIRST_PASS = Weights(
    left=0.0, unlikely=-10.0, rare=1.0, masked=0.45, floor=-16.0, phrase=0.0, word=0.0, temperature=1.0
)
"""For the first pass with a causal model that sees both sides: `log_p_with_right` and `log_p_fill` are given both."""
BOTH_SIDES = Weights(left=-0.3, masked=0.3, phrase=-1.5, word=3.5, both_sides=0.7, temperature=1.8)
"""Where the causal model was taught to see both sides, and scores candidates with the left text and with both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Log-probabilities (natural logarithms) of a candidate, summed over words.

    Under the causal model: `log_p_fill` is log p(fill | left), `log_p_with_right` log p(fill and the first words of the
    right text | left), `log_p_far_right` that of some more of these words, `log_p_both_sides` log p(fill, and that it
    ends | both sides). `log_p_masked` is the masked model's pseudo-log-likelihood of the fill.
    """

    candidate: Candidate
    log_p_with_right: float
    log_p_fill: float = 0.0
    log_p_masked: float | None = None
    log_p_both_sides: float | None = None
    log_p_far_right: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate with its confidence: the probability, among the pool, that it is what belongs there. `score` is what
    it is chosen by, in nats: the weighted evidence and the adjustments for the style."""

    candidate: Candidate
    confidence: float
    score: float = 0.0


def total(evidence: Evidence, weights: Weights = LEFT_ALONE) -> float:
    """Return the weighted evidence in nats; greater is better, comparable over all lengths within one blank."""
    words = evidence.candidate.words
    value = evidence.log_p_with_right - evidence.log_p_fill
    value += (1.0 + weights.left) * _forgiven(evidence.log_p_fill, weights)
    value += weights.far_right * evidence.log_p_far_right
    if words > 1:
        value += weights.phrase + weights.word * (words - 2)
    if evidence.log_p_masked is not None:
        value += weights.masked * max(evidence.log_p_masked, weights.floor * words)
    if evidence.log_p_both_sides is not None:
        value += weights.both_sides * _forgiven(evidence.log_p_both_sides, weights)
    return value


def _forgiven(value: float, weights: Weights) -> float:
    """Return `value` with what lies below `unlikely` counted by the share `rare`."""
    likely = max(value, weights.unlikely)
    return likely + weights.rare * (value - likely)


def rank(
    evidence: Sequence[Evidence], weights: Weights = LEFT_ALONE, adjustments: Sequence[float] = ()
) -> list[Ranked]:
    """Order the candidates by their scores, the highest first, with confidences that add up to one. `adjustments` may
    have for each what the style adds to its score, in nats."""
    totals = [total(each, weights) / weights.temperature for each in evidence]
    greatest = max(totals, default=0.0)
    shares = [math.exp(value - greatest) for value in totals]
    whole = sum(shares)
    scores = [value + more for value, more in zip(totals, adjustments or [0.0] * len(totals), strict=True)]
    order = sorted(range(len(evidence)), key=lambda number: -scores[number])
    return [
        Ranked(candidate=evidence[number].candidate, confidence=shares[number] / whole, score=scores[number])
        for number in order
    ]

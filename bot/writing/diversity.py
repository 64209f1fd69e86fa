"""Diversity: the diverse few of many candidates that people see.

Copies of the story, near-doubles and loops are dropped, then a few are picked by maximal marginal relevance
(Carbonell and Goldstein 1998): each time the candidate with the greatest
`lam * quality(c) - (1 - lam) * max(similarity(c, s) for s already picked)`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from bot.rules.text.sentences import sentence_ends
from bot.writing.overlap import Overlap, compared_words

CandidateT = TypeVar("CandidateT")

LAMBDA = 0.6
"""The weight of quality against likeness, 0..1."""
COPIED_RUN = 8
"""A candidate that shares this many words in a row with the story is a copy."""
NEAR_DOUBLE = 0.8
"""Candidates whose character 4-grams have a cosine above this are the same to a reader."""


def choose(
    candidates: Sequence[CandidateT],
    k: int,
    similarity: Callable[[CandidateT, CandidateT], float],
    quality: Callable[[CandidateT], float],
    lam: float = LAMBDA,
) -> list[CandidateT]:
    """Return at most `k` of `candidates` by maximal marginal relevance, the best first.

    `similarity` and `quality` should both be about 0..1, since `lam` weighs the one against the other.
    Ties go to the earlier candidate.
    """
    qualities = [quality(candidate) for candidate in candidates]
    nearest = [0.0] * len(candidates)
    left = list(range(len(candidates)))
    picked: list[int] = []
    while left and len(picked) < k:
        best = max(left, key=lambda i: lam * qualities[i] - (1 - lam) * nearest[i])
        left.remove(best)
        picked.append(best)
        for other in left:
            nearest[other] = max(nearest[other], similarity(candidates[other], candidates[best]))
    return [candidates[i] for i in picked]


def spread(values: Sequence[float]) -> Callable[[float], float]:
    """Return how values between the least and the greatest of `values` become 0..1."""
    low, high = min(values), max(values)
    return lambda value: (value - low) / (high - low) if high > low else 1.0


# ---- similarity


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What two texts are compared by: counts of character 4-grams, and a vector of length one (or none)."""

    grams: Mapping[str, int]
    norm: float
    vector: tuple[float, ...]


def features(text: str, vector: Sequence[float] = ()) -> Features:
    """Return the features of `text`; `vector` is its L2-normalised embedding, where there is one."""
    bare = " ".join(compared_words(text))
    grams = Counter(bare[i : i + 4] for i in range(max(1, len(bare) - 3))) if bare else Counter[str]()
    norm = math.sqrt(sum(count * count for count in grams.values()))
    return Features(grams=grams, norm=norm, vector=tuple(vector))


def gram_cosine(first: Features, second: Features) -> float:
    """Return the cosine of the character 4-gram counts, 0..1."""
    if not first.norm or not second.norm:
        return 0.0
    small, large = sorted((first, second), key=lambda side: len(side.grams))
    shared = sum(count * large.grams.get(gram, 0) for gram, count in small.grams.items())
    return min(1.0, shared / (first.norm * second.norm))


def alike(first: Features, second: Features) -> float:
    """Return how alike two texts are, 0..1: half the cosine of their 4-grams, half that of their vectors
    (a negative one counts as none); the first alone where a vector is missing."""
    grams = gram_cosine(first, second)
    if not first.vector or not second.vector:
        return grams
    return 0.5 * grams + 0.5 * vector_cosine(first, second)


def vector_cosine(first: Features, second: Features) -> float:
    """Return the cosine of the vectors, 0..1 (a negative one counts as none); 0 where one is missing."""
    if not first.vector or not second.vector:
        return 0.0
    dot = sum(a * b for a, b in zip(first.vector, second.vector, strict=True))
    return min(1.0, max(0.0, dot))


# ---- filters


def is_copy(found: Overlap) -> bool:
    """Tell whether a candidate with this echo of the story copies it: a long run, or little of its own."""
    return found.longest_run >= COPIED_RUN or found.shared > 0.6


def is_loop(text: str) -> bool:
    """Tell whether `text` goes round in circles: a word five times running, a run of four words thrice, fewer
    than two thirds of its runs of three words different, a sentence twice, or three that begin alike."""
    words = compared_words(text)
    same = 1
    for before, after in pairwise(words):
        same = same + 1 if before == after else 1
        if same >= 5:
            return True
    fours = Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    if fours and max(fours.values()) >= 3:
        return True
    sentences = [compared_words(part) for part in _between(text, sentence_ends(text))]
    whole = Counter(tuple(sentence) for sentence in sentences if len(sentence) >= 3)
    openings = Counter(tuple(sentence[:2]) for sentence in sentences if len(sentence) >= 3)
    if max(whole.values(), default=0) >= 2 or max(openings.values(), default=0) >= 3:
        return True
    threes = list(zip(words, words[1:], words[2:], strict=False))
    return len(threes) >= 6 and len(set(threes)) / len(threes) < 2 / 3


def _between(text: str, ends: Sequence[int]) -> list[str]:
    return [text[start:end] for start, end in pairwise([0, *ends, len(text)])]


def without_doubles(candidates: Sequence[CandidateT], look: Callable[[CandidateT], Features]) -> list[CandidateT]:
    """Return `candidates` without those that are nearly the same as an earlier one."""
    kept: list[CandidateT] = []
    for candidate in candidates:
        if all(gram_cosine(look(candidate), look(other)) <= NEAR_DOUBLE for other in kept):
            kept.append(candidate)
    return kept

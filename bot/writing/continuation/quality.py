"""How likely a writer is to keep a row: a score fitted to what readers said of 738 rows (`python -m benchmarks.rows`);
and where a row is best cut."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.rules.text.words import split_words
from bot.writing.cleaning import closed, sentences
from bot.writing.continuation.faults import KINDS, faults, kinds
from bot.writing.overlap import Overlap, compared_words
from bot.writing.text_form import TextForm

LEAST_WORDS = 8
"""A row is not cut to fewer words where it has more."""
MOST_OF_LENGTH = 0.6
"""So many words are shown for each token that was asked for: two of three useful rows gained, readers said, by losing
their end."""
GIBBERISH = -2.5
"""Mean log-probability of a token (nats, under the model that wrote it) below which none of 66 rows of the small model
was of use: such a row is shown only where others are missing."""
_FLUENT = -1.2
"""Mean log-probability of a token from which a row makes no more sense for being more likely."""
_RUT = -1.0
"""Above this a row rather repeats what was said."""
_LOWEST = -4.0
"""Below this nothing gets worse."""
_LONG_RUN = 8
"""A run of so many words of the text before is a copy of it."""

DIFFERENT_WORDS = 24
"""The share of different words falls with their number: it is taken of so many."""
REPEATED_A_WORD = 0.009
"""What the share falls by with each word up to that, in the marked rows."""

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "sense": 1.7,
        "rut": -1.86,
        "different": 2.49,
        "copied": -0.8,
        "name": -0.66,
        "comment": -1.45,
        "stray": -0.68,
        "form": -1.0,
    }
)
"""What each trait is worth, in log-odds of being kept."""
_BIAS = -2.23
"""What a row without traits has, in log-odds."""


def traits(text: str, log_prob: float | None, before: str, form: TextForm, shared: Overlap) -> dict[str, float]:
    """Return what the score of `text` is made of, each about 0..1 (`sense` down to -2.8, `rut` up to 1), and whether it
    has each kind of fault. It goes on from `before`, a text of this form, with which it shares so much; `log_prob` is
    the mean of its tokens in nats."""
    words = compared_words(text)
    found = kinds(faults(text, before, form))
    flags = {kind: float(kind in found) for kind in KINDS}
    return flags | {
        "sense": 0.0 if log_prob is None else max(_LOWEST, min(log_prob, _FLUENT)) - _FLUENT,
        "rut": 0.0 if log_prob is None else max(0.0, log_prob - _RUT),
        "different": different_share(words),
        "copied": min(_LONG_RUN, shared.longest_run) / _LONG_RUN,
    }


def different_share(words: Sequence[str]) -> float:
    """Return the share of different words in `words`, whatever their number: the mean over all runs of
    `DIFFERENT_WORDS`; of fewer words what they would have with as many."""
    size = min(DIFFERENT_WORDS, len(words))
    if not size:
        return 1.0
    counts = Counter(words[:size])
    total, runs = len(counts), 1
    for old, new in zip(words, words[size:], strict=False):
        counts[new] += 1
        counts[old] -= 1
        if not counts[old]:
            del counts[old]
        total, runs = total + len(counts), runs + 1
    return total / (runs * size) - REPEATED_A_WORD * (DIFFERENT_WORDS - size)


def quality_of(found: Mapping[str, float], weights: Mapping[str, float] = WEIGHTS) -> float:
    """Return the quality of a row with these traits, 0..1: about the share of readers who would keep or edit it."""
    return 1 / (1 + math.exp(-_BIAS - sum(weight * found[name] for name, weight in weights.items())))


def is_doubtful(found: Mapping[str, float], log_prob: float | None) -> bool:
    """Tell whether a row with these traits is better not shown: it makes no sense, or has a fault that readers seldom
    forgave (an invented name they did, where the rest was good)."""
    senseless = log_prob is not None and log_prob < GIBBERISH
    return senseless or any(found[kind] for kind in ("loop", "comment", "stray", "form", "person"))


def mean_log_prob(log_probs: Sequence[float], text: str, whole: str) -> float | None:
    """Return the mean of the log-probabilities of those tokens of `whole` that became `text`, which it begins with;
    None where none are known."""
    if not log_probs:
        return None
    share = len(text.strip()) / max(1, len(whole.strip()))
    shown = log_probs[: max(1, math.ceil(min(1.0, share) * len(log_probs)))]
    return sum(shown) / len(shown)


def shortened(text: str, before: str, form: TextForm, length: int) -> str:
    """Return `text` up to the sentence in which its first fault begins, and no longer than suits `length` tokens; the
    first sentence, or so many that there are a few words, stays in any case."""
    first = min((fault.at for fault in faults(text, before, form)), default=len(text))
    most = max(LEAST_WORDS, round(MOST_OF_LENGTH * length))
    kept, words = 0, 0
    for start, end in sentences(text, form):
        own = len(split_words(text[start:end]))
        if words >= LEAST_WORDS and (start >= first or words + own > most):
            break
        kept, words = end, words + own
    cut = text[:kept].rstrip()
    return text if kept >= len(text) or not cut.strip() else closed(cut, before, form)

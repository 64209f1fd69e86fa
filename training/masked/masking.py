"""Which tokens are hidden. Pure functions on numpy arrays; every draw comes from the generator that is passed in.

A blank in a story is always [MASK], so every chosen token is replaced by [MASK]: BERT's random and kept tokens
(Devlin 2019) prepare for fine-tuning on unmasked text, which this model never sees. Whole-word spans with a
geometric length follow SpanBERT (Joshi 2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskPlan:
    """`least` to `most`: share of a row's tokens to hide, drawn for each row; `span_share`: share of rows whose hidden
    tokens are whole-word spans of `1 / stop` words on average (geometric), the other rows hide single tokens."""

    least: float = 0.15
    most: float = 0.15
    span_share: float = 0.5
    stop: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialIds:
    cls: int
    sep: int
    mask: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedBatch:
    """`inputs`: (rows, window) ids with [CLS], [SEP] and [MASK] set; `places`: flat indices of the masked
    positions in `inputs`, ascending; `targets`: the ids they hid, in the same order."""

    inputs: Rows
    places: Rows
    targets: Rows


def single_tokens(length: int, rate: float, rng: np.random.Generator) -> Mask:
    """Hide `round(rate * length)` tokens (at least one), each as likely as any other."""
    mask = np.zeros(length, dtype=np.bool_)
    mask[rng.choice(length, max(1, round(rate * length)), replace=False)] = True
    return mask


def word_spans(continues: Mask, rate: float, stop: float, rng: np.random.Generator) -> Mask:
    """Hide whole words, in runs of a geometric number of words, until `rate` of the tokens are hidden.

    `continues` says of each token whether it goes on with the word before it (`##`). Pieces at the start of the
    row whose word began before it are never hidden. At least one word is hidden where there is one.
    """
    length = len(continues)
    mask = np.zeros(length, dtype=np.bool_)
    starts = np.flatnonzero(~continues)
    if not len(starts):
        return mask
    ends = np.append(starts[1:], length)
    target = min(max(1.0, rate * length), float(length - starts[0]))
    while mask.sum() < target:
        first = int(rng.integers(len(starts)))
        last = min(first + int(rng.geometric(stop)), len(starts)) - 1
        mask[starts[first] : ends[last]] = True
    return mask


def draw_mask(rows: Rows, continuation: Mask, plan: MaskPlan, rng: np.random.Generator) -> Mask:
    """Masks for a batch of rows, (rows, length). `continuation`: for each id of the vocabulary, whether it is a
    word's later piece."""
    mask = np.zeros(rows.shape, dtype=np.bool_)
    for index, row in enumerate(rows):
        rate = rng.uniform(plan.least, plan.most) if plan.most > plan.least else plan.least
        if rng.random() < plan.span_share:
            mask[index] = word_spans(continuation[row], rate, plan.stop, rng)
        else:
            mask[index] = single_tokens(len(row), rate, rng)
    return mask


def apply_mask(rows: Rows, mask: Mask, special: SpecialIds) -> MaskedBatch:
    """Put rows between [CLS] and [SEP] and replace what `mask` chose by [MASK]."""
    inputs = np.empty((rows.shape[0], rows.shape[1] + 2), dtype=np.int64)
    inputs[:, 0], inputs[:, -1] = special.cls, special.sep
    inputs[:, 1:-1] = np.where(mask, special.mask, rows)
    row, column = np.nonzero(mask)
    return MaskedBatch(inputs=inputs, places=row * inputs.shape[1] + column + 1, targets=rows[mask])

"""Blanks in a window of a story, laid out so that a causal model learns to fill them with both sides in sight.

The left text is read once, as a trunk. Behind it each blank has a branch of its own:

    left text … | OPEN right text CLOSE, the last of the left text again, the fill, the first of the right text

A branch sees the trunk up to its blank, and itself: so it is exactly the plain sequence that the worker reads for one
blank (`bot.worker.causal.fill_in_the_middle`). What is learnt are the fill and the first tokens behind it, which say
that the fill ends. (Fill in the middle: Donahue et al. 2020, Bavarian et al. 2022; many blanks of one text in one pass
by a tree of attention: Miao et al. 2024.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.worker.causal.fill_in_the_middle import HINT_TOKENS, REREAD_TOKENS, MiddleIds
from training.corpus import Windows

TRUNK = 160
"""Tokens of a window that are read; those behind them are only right text."""
LEAST_LEFT = 16
"""Tokens of text before the first blank, at least."""
BEHIND = 1
"""Tokens of the right text that are learnt behind a fill: they say that it ends."""
WINDOW = 216
"""Tokens of a window."""
LONGEST = WINDOW - TRUNK - HINT_TOKENS
"""Tokens of the longest blank: behind one at the trunk's end there is still all of its right text."""
IGNORED = -100
"""The target where nothing is to be learnt: what PyTorch's cross-entropy leaves out."""

_BREAKS = frozenset('\n.!?"“”:;')
"""Characters of the tokens that no blank may cross: ends of lines and sentences, quotation marks, colons."""

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """For each token id: whether its text may begin a word, and with a space; whether it ends in a letter; and whether
    it goes on with a word. No fill crosses a token of `breaks`: a new paragraph, or the end of a sentence."""

    begins: Flags
    spaced: Flags
    ends: Flags
    goes_on: Flags
    breaks: Flags

    @classmethod
    def of(cls, texts: Sequence[str]) -> Letters:
        """Look at the text of every id, as it reads behind another token."""

        def flags(test: list[bool]) -> Flags:
            return np.array(test, dtype=np.bool_)

        bare = [text.removeprefix(" ") for text in texts]
        return cls(
            begins=flags([text[:1].isalnum() for text in bare]),
            spaced=flags([text.startswith(" ") for text in texts]),
            ends=flags([text[-1:].isalnum() for text in texts]),
            goes_on=flags([text[:1].isalnum() or text[:1] in ("'", "’", "-") for text in texts]),
            breaks=flags([not _BREAKS.isdisjoint(text) for text in texts]),
        )


@dataclass(frozen=True, slots=True)
class Blank:
    """Tokens `start` to `end` of a window are missing."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GapPlan:
    """`words`: how often a blank has 1, 2, … words; `cut`: how many have a shorter right text than is usual;
    `length`: tokens of a row; `plain`: tokens of the trunk that are learnt too, so that the model still reads texts."""

    words: tuple[float, ...] = (0.5, 0.14, 0.1, 0.07, 0.06, 0.05, 0.04, 0.04)
    cut: float = 0.15
    length: int = 512
    plain: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class GapBatch:
    """Rows of one length, each array [rows, tokens] but `sees`. `targets` has the id to be learnt behind a token, or
    `IGNORED`; `of_plain` tells which of them are of plain text; `sees[row, a, b]` whether token a sees token b. The
    last tokens of a row may be padding, which sees itself."""

    inputs: Ids
    positions: Ids
    targets: Ids
    of_plain: Flags
    sees: Flags


def word_places(window: Ids, letters: Letters) -> tuple[Ids, Ids]:
    """Where in a window words begin, and where they end (the token behind the last), one for one."""
    before, now = window[:-1], window[1:]
    begins = letters.begins[now] & (letters.spaced[now] | ~letters.goes_on[now] | ~letters.ends[before])
    # What is glued to an apostrophe or a hyphen goes on with the word before it.
    joined = letters.goes_on[before] & ~letters.begins[before] & ~letters.spaced[now]
    starts = np.flatnonzero(begins & ~joined) + 1
    ends_here = letters.ends[before] & ~(letters.goes_on[now] & ~letters.spaced[now])
    ends = np.flatnonzero(ends_here) + 1
    after = np.searchsorted(ends, starts, side="right")
    whole = after < len(ends)
    return starts[whole], ends[after[whole]]


def draw_blanks(window: Ids, letters: Letters, plan: GapPlan, rng: np.random.Generator) -> list[Blank]:
    """Blanks in random order, each of whole words within a sentence; they may overlap, for none sees another."""
    starts, ends = word_places(window, letters)
    breaks = np.cumsum(letters.breaks[window])
    found: list[Blank] = []
    shares = np.array(plan.words) / sum(plan.words)
    for place in rng.permutation(len(starts)):
        words = 1 + int(rng.choice(len(shares), p=shares))
        if place + words > len(ends):
            continue
        blank = Blank(int(starts[place]), int(ends[place + words - 1]))
        inside = breaks[blank.end - 1] - breaks[blank.start - 1]
        if LEAST_LEFT <= blank.start < TRUNK and blank.end - blank.start <= LONGEST and not inside:
            found.append(blank)
    return found


def lay_out(
    window: Ids, blanks: Sequence[Blank], middle_ids: MiddleIds, plan: GapPlan, rng: np.random.Generator
) -> tuple[Ids, Ids, Ids, Flags]:
    """One row of a batch: as many of the blanks as there is room for."""
    length = plan.length
    inputs, targets = np.zeros(length, dtype=np.int64), np.full(length, IGNORED, dtype=np.int64)
    positions, sees = np.zeros(length, dtype=np.int64), np.eye(length, dtype=np.bool_)
    inputs[:TRUNK], positions[:TRUNK] = window[:TRUNK], np.arange(TRUNK)
    sees[:TRUNK, :TRUNK] = np.tri(TRUNK, dtype=np.bool_)
    plain = rng.choice(np.arange(LEAST_LEFT, TRUNK), plan.plain, replace=False)
    targets[plain] = window[plain + 1]
    at = TRUNK
    for blank in blanks:
        shown = int(rng.integers(0, HINT_TOKENS)) if rng.random() < plan.cut else HINT_TOKENS
        right = window[blank.end : blank.end + shown]
        lead = [*middle_ids.around(right.tolist()), *window[max(0, blank.start - REREAD_TOKENS) : blank.start].tolist()]
        told = window[blank.start : blank.end + min(BEHIND, len(right))]
        end = at + len(lead) + len(told) - 1
        if end > length:
            continue
        inputs[at:end] = [*lead, *told[:-1].tolist()]
        positions[at:end] = np.arange(blank.start, blank.start + end - at)
        targets[end - len(told) : end] = told
        sees[at:end, : blank.start] = True
        sees[at:end, at:end] = np.tri(end - at, dtype=np.bool_)
        at = end
    return inputs, positions, targets, sees


def draw_batch(
    windows: Windows, letters: Letters, middle_ids: MiddleIds, plan: GapPlan, rng: np.random.Generator
) -> GapBatch:
    """The windows [rows, WINDOW] with their blanks: the first `TRUNK` tokens of a row are the text, the others its
    blanks."""
    rows = []
    for ids in windows:
        window = np.asarray(ids, dtype=np.int64)
        rows.append(lay_out(window, draw_blanks(window, letters, plan, rng), middle_ids, plan, rng))
    inputs, positions, targets, sees = (np.stack(part) for part in zip(*rows, strict=True))
    of_plain = np.zeros(inputs.shape, dtype=np.bool_)
    of_plain[:, :TRUNK] = True
    return GapBatch(inputs=inputs, positions=positions, targets=targets, of_plain=of_plain, sees=sees)


def plain_rows(texts: Windows) -> GapBatch:
    """Stretches of plain text [rows, tokens + 1], each token of which but the first is to be learnt."""
    ids = np.asarray(texts, dtype=np.int64)
    count, length = ids.shape[0], ids.shape[1] - 1
    return GapBatch(
        inputs=ids[:, :-1],
        positions=np.tile(np.arange(length), (count, 1)),
        targets=ids[:, 1:],
        of_plain=np.ones((count, length), dtype=np.bool_),
        sees=np.tile(np.tri(length, dtype=np.bool_), (count, 1, 1)),
    )

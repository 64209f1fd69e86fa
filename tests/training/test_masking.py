from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.masked.masking import MaskPlan, SpecialIds, apply_mask, draw_mask, single_tokens, word_spans

SPECIAL = SpecialIds(cls=101, sep=102, mask=103)
seeds = st.integers(0, 2**32 - 1)
rates = st.floats(0.01, 0.9)
continuations = st.lists(st.booleans(), min_size=1, max_size=126).map(np.array)


@given(length=st.integers(1, 200), rate=rates, seed=seeds)
def test_single_tokens_hides_the_asked_share(length: int, rate: float, seed: int) -> None:
    mask = single_tokens(length, rate, np.random.default_rng(seed))
    assert mask.sum() == max(1, round(rate * length))


@given(continues=continuations, rate=rates, seed=seeds)
def test_word_spans_hide_whole_words(continues: NDArray[np.bool_], rate: float, seed: int) -> None:
    mask = word_spans(continues, rate, 0.5, np.random.default_rng(seed))
    word = np.cumsum(~continues)
    assert not mask[word == 0].any(), "pieces of a word that began before the row stay"
    for number in range(1, word[-1] + 1):
        assert len(set(mask[word == number])) == 1, "a word is hidden whole or not at all"


@given(continues=continuations, rate=rates, seed=seeds)
def test_word_spans_hide_the_asked_share_of_what_can_be_hidden(
    continues: NDArray[np.bool_], rate: float, seed: int
) -> None:
    mask = word_spans(continues, rate, 0.5, np.random.default_rng(seed))
    words = np.flatnonzero(~continues)
    possible = len(continues) - words[0] if len(words) else 0
    assert mask.sum() >= min(rate * len(continues), possible)


def test_word_spans_are_two_words_on_average() -> None:
    rng = np.random.default_rng(0)
    continues = np.zeros(126, dtype=np.bool_)
    lengths: list[int] = []
    for _ in range(4000):  # one span a row, away from the row's end
        mask = word_spans(continues, 0.001, 0.5, rng)
        if not mask[-1]:
            lengths.append(int(mask.sum()))
    assert 1.9 < np.mean(lengths) < 2.1
    assert 0.45 < np.mean(np.array(lengths) == 1) < 0.55


@given(seed=seeds, share=st.sampled_from([0.0, 1.0]))
def test_span_share_chooses_the_kind_of_rows(seed: int, share: float) -> None:
    """With every second token a word's later piece, only single tokens ever cut a word in two."""
    rows = np.tile(np.array([0, 1]), (8, 63))
    continuation = np.array([False, True])
    mask = draw_mask(rows, continuation, MaskPlan(least=0.25, most=0.25, span_share=share), np.random.default_rng(seed))
    cuts = bool((mask[:, ::2] != mask[:, 1::2]).any())
    assert cuts == (share == 0.0)


@given(
    rows=st.lists(st.lists(st.integers(1000, 2000), min_size=9, max_size=9), min_size=1, max_size=5),
    seed=seeds,
)
def test_apply_mask_loses_nothing(rows: list[list[int]], seed: int) -> None:
    ids = np.array(rows, dtype=np.int64)
    mask = np.random.default_rng(seed).random(ids.shape) < 0.4
    batch = apply_mask(ids, mask, SPECIAL)
    assert (batch.inputs[:, 0] == SPECIAL.cls).all()
    assert (batch.inputs[:, -1] == SPECIAL.sep).all()
    assert (batch.inputs.reshape(-1)[batch.places] == SPECIAL.mask).all()
    assert (batch.inputs == SPECIAL.mask).sum() == len(batch.targets) == mask.sum()
    restored = batch.inputs.copy().reshape(-1)
    restored[batch.places] = batch.targets
    assert (restored.reshape(batch.inputs.shape)[:, 1:-1] == ids).all()

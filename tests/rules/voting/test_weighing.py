"""What readers count: as much as they agree with the others, by a step that stands for a whole refit."""

from __future__ import annotations

import numpy as np
import pytest

from bot.rules.voting.plackett_luce import fit
from bot.rules.voting.shelves import Rankings, Shelf, from_shelves
from bot.rules.voting.weighing import (
    LEAST_WEIGHT,
    agreements,
    fit_by_agreement,
    reader_weights,
    strengths_without,
    weight_of,
)
from tests.rules.voting.test_plackett_luce import shelves_of


def without(rankings: Rankings, reader: int) -> Rankings:
    kept = [place for place, each in enumerate(rankings.readers) if each != reader]
    return Rankings(
        entries=rankings.entries,
        orders=tuple(rankings.orders[place] for place in kept),
        readers=tuple(rankings.readers[place] for place in kept),
        weights=tuple(rankings.weights[place] for place in kept),
    )


@pytest.mark.parametrize("seed", range(8))
def test_leaving_a_reader_out_is_nearly_a_refit(seed: int) -> None:
    rankings = from_shelves(24, shelves_of(seed, 24, 24, 8))
    full = fit(rankings)
    for reader in set(rankings.readers):
        places = [place for place, each in enumerate(rankings.readers) if each == reader]
        refit = fit(without(rankings, reader)).strengths
        stepped = strengths_without(rankings, places, full)
        moved, missed = np.abs(refit - full.strengths).max(), np.abs(refit - stepped).max()
        assert missed < 0.3 * moved


def test_a_reader_who_turns_everything_round_counts_least() -> None:
    random = np.random.default_rng(3)
    shelves = []
    for reader in range(20):
        read = sorted(map(int, random.permutation(24)[:8]))  # entry 0 is the best, by all but one
        shelves.append(Shelf(tuple(read if reader else reversed(read))))
    rankings = from_shelves(24, shelves)
    weights = reader_weights(rankings, fit(rankings))
    assert weights[0] == LEAST_WEIGHT
    assert all(weights[reader] == 1 for reader in range(1, 20))
    assert np.argmax(fit_by_agreement(rankings).strengths) == 0


def test_among_few_readers_all_count_the_same() -> None:
    shelves = [Shelf((0, 1, 2))] * 6 + [Shelf((2, 1, 0))]
    rankings = from_shelves(3, shelves)
    assert set(reader_weights(rankings, fit(rankings)).values()) == {1.0}
    assert min(agreements(rankings, fit(rankings)).values()) == 0


@pytest.mark.parametrize(("agreement", "weight"), [(0, 0.1), (0.4, 0.1), (0.5, 0.4), (0.65, 1), (1, 1)])
def test_weights_rise_with_agreement(agreement: float, weight: float) -> None:
    assert weight_of(agreement) == pytest.approx(weight)

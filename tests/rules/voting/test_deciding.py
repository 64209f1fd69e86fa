"""The decision, the chances in it, and who reads what next."""

from __future__ import annotations

import numpy as np
import pytest

from bot.errors import BadInput
from bot.rules.voting.assigning import FLOOR, Reading, next_entry
from bot.rules.voting.deciding import above, drawn_ranks, standings
from bot.rules.voting.plackett_luce import fit
from bot.rules.voting.shelves import MOST_ON_SHELF, Shelf, from_shelves
from tests.rules.voting.test_plackett_luce import shelves_of


def test_standings_name_a_winner_and_say_how_sure() -> None:
    agreed = standings(fit(from_shelves(5, [Shelf((3, 1, 0, 4, 2))] * 30)), 1)
    assert agreed.order == (3, 1, 0, 4, 2)
    assert agreed.first_over_second > 0.95
    assert not agreed.shared
    assert agreed.places[3][0] == 1
    assert agreed.places[2] == (5, 5)
    split = standings(fit(from_shelves(2, [Shelf((0, 1)), Shelf((1, 0))])), 1)
    assert split.first_over_second == pytest.approx(0.5)
    assert split.shared


def test_chances_of_draws_are_those_of_the_normal_difference() -> None:
    found = fit(from_shelves(8, shelves_of(5, 8, 12, 6)))
    ranks = drawn_ranks(found, 1, draws=40_000)
    for first, second in ((0, 1), (2, 5), (7, 3)):
        drawn = float((ranks[:, first] < ranks[:, second]).mean())
        assert drawn == pytest.approx(above(found, first, second), abs=0.015)
    assert sorted(ranks[0]) == list(range(1, 9))


def test_podium_chances_add_up_to_three() -> None:
    found = standings(fit(from_shelves(9, shelves_of(2, 9, 12, 6))), 4)
    assert sum(found.podium) == pytest.approx(3)
    assert all(low <= high for low, high in found.places)


def test_readers_get_all_entries_but_their_own_each_once() -> None:
    given: set[int] = set()
    while (
        entry := next_entry([0] * 12, None, Reading(own=frozenset({3}), given=frozenset(given)), len(given))
    ) is not None:
        assert entry not in given
        given.add(entry)
    assert given == set(range(12)) - {3}


def test_every_entry_has_its_floor_before_contenders_are_read_more() -> None:
    random = np.random.default_rng(0)
    readings = [0] * 24
    podium = [1.0] * 3 + [0.0] * 21
    for step in range(24 * FLOOR):
        entry = next_entry(readings, podium, Reading(), step)
        assert entry is not None
        readings[entry] += 1
    assert set(readings) == {FLOOR}
    for step in range(60):
        entry = next_entry(readings, podium, Reading(own=frozenset({int(random.integers(24))})), 1000 + step)
        assert entry is not None
        readings[entry] += 1
    assert min(readings[:3]) > 3 * max(readings[3:]) / 2


def test_withdrawn_entries_are_read_no_more_and_hold_nobody_up() -> None:
    readings = [9, 0, 9, 9]
    assert next_entry(readings, [0.1, 0.9, 0.2, 0.9], Reading(), 1, closed={1}) == 3


def test_shelves_take_an_entry_at_a_place_and_move_it() -> None:
    shelf = Shelf().placed(4, 0).placed(7, 0).placed(1, 2)
    assert shelf.entries == (7, 4, 1)
    assert shelf.placed(1, 0).entries == (1, 7, 4)
    assert shelf.without(7).entries == (4, 1)
    with pytest.raises(BadInput, match="shelf_place"):
        shelf.placed(9, 4)
    with pytest.raises(BadInput, match="shelf_full"):
        Shelf(tuple(range(MOST_ON_SHELF))).placed(99, 0)

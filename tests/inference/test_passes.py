"""Works that take turns and share their passes."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import GEN_CLOSED, getgeneratorstate
from typing import Any

import pytest

from bot.inference.passes import Pass, Turns, Work, complete


class Model:
    """Doubles numbers and writes down which came together; one that is refused fails the whole pass."""

    def __init__(self, refused: int | None = None) -> None:
        self.passes: list[list[int]] = []
        self._refused = refused

    def run(self, asks: Sequence[int]) -> list[int]:
        self.passes.append(list(asks))
        if self._refused in asks:
            raise ZeroDivisionError(f"not {self._refused}")
        return [2 * ask for ask in asks]


def doubling(model: Model, number: int, times: int, *, tokens: int = 1, most: int = 100) -> Work[int]:
    for _ in range(times):
        number = yield Pass(model.run, number, tokens, most)
    return number


def test_works_share_their_passes_however_far_they_are() -> None:
    model = Model()
    assert complete([doubling(model, 1, 3), doubling(model, 5, 1), doubling(model, 7, 2)]) == [8, 10, 28]
    assert model.passes == [[1, 5, 7], [2, 14], [4]]


def test_a_work_that_comes_later_joins() -> None:
    model, turns, ends = Model(), Turns(), []
    turns.add(doubling(model, 1, 3), lambda result, _: ends.append(result))
    turns.step()
    turns.add(doubling(model, 5, 1), lambda result, _: ends.append(result))
    while turns:
        turns.step()
    assert model.passes == [[1], [2, 5], [4]]
    assert sorted(ends) == [8, 10]


def test_two_models_take_turns() -> None:
    first, second = Model(), Model()
    assert complete([doubling(first, 1, 2), doubling(second, 3, 2), doubling(first, 5, 2)]) == [4, 12, 20]
    assert first.passes == [[1, 5], [2, 10]]
    assert second.passes == [[3], [6]]


def test_no_pass_grows_beyond_its_limit_and_nobody_is_left_behind() -> None:
    model = Model()
    works = [doubling(model, number, 2, tokens=4, most=10) for number in (1, 3, 5)]
    assert complete([*works, doubling(model, 7, 1, tokens=2, most=10)]) == [4, 12, 20, 14]
    # Two of four tokens and the one of two; then the one that had no room comes first.
    assert model.passes == [[1, 3, 7], [5, 2], [6, 10]]


def test_a_pass_larger_than_the_limit_is_run_alone() -> None:
    model = Model()
    assert complete([doubling(model, number, 1, tokens=9, most=5) for number in (1, 2)]) == [2, 4]
    assert model.passes == [[1], [2]]


def test_who_breaks_a_shared_pass_fails_alone() -> None:
    model, turns = Model(refused=3), Turns()
    results: list[int] = []
    errors: list[Exception] = []

    def done(result: Any, error: Exception | None) -> None:
        if error is None:
            results.append(result)
        else:
            errors.append(error)

    works = [doubling(model, number, 2) for number in (1, 3, 5)]
    for work in works:
        turns.add(work, done)
    while turns:
        turns.step()
    assert results == [4, 20]
    assert [type(error) for error in errors] == [ZeroDivisionError]
    assert getgeneratorstate(works[1]) == GEN_CLOSED


def test_a_work_that_wants_no_pass_ends_at_once() -> None:
    assert complete([doubling(Model(), 4, 0)]) == [4]


def test_what_a_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError, match="not 2"):
        complete([doubling(Model(refused=2), 1, 2)])


def test_a_dropped_work_is_closed_and_the_others_go_on() -> None:
    model, turns, ends = Model(), Turns(), []
    left, stays = doubling(model, 1, 5), doubling(model, 3, 2)
    for work in (left, stays):
        turns.add(work, lambda result, _: ends.append(result))
    turns.step()
    turns.drop(left)
    turns.drop(left)
    while turns:
        turns.step()
    assert ends == [12]
    assert getgeneratorstate(left) == GEN_CLOSED
    assert model.passes == [[1, 3], [6]]

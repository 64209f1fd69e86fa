"""Works that take turns and share their passes."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import GEN_CLOSED, getgeneratorstate
from threading import Barrier
from typing import Any

import pytest

from bot.worker.batching import Pass, Turns, Work, complete
from bot.worker.compute_threads import ComputeThreads


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


def test_batching_work_that_comes_later_joins() -> None:
    model, turns, ends = Model(), Turns(), []
    turns.add(doubling(model, 1, 3), lambda result, _: ends.append(result))
    turns.step()
    turns.add(doubling(model, 5, 1), lambda result, _: ends.append(result))
    while turns:
        turns.step()
    assert model.passes == [[1], [2, 5], [4]]
    assert sorted(ends) == [8, 10]


def test_models_take_turns() -> None:
    first, second = Model(), Model()
    assert complete([doubling(first, 1, 2), doubling(second, 3, 2), doubling(first, 5, 2)]) == [4, 12, 20]
    assert first.passes == [[1, 5], [2, 10]]
    assert second.passes == [[3], [6]]


@pytest.mark.parametrize(("hurried", "limit"), [(True, 10), (False, 5)])
def test_pass_never_grows_beyond_its_limit_and_leaves_nobody_behind(hurried: bool, limit: int) -> None:
    """Where nobody else waits, twice as much goes into one."""
    model, turns, ends = Model(), Turns(), []
    for number, times, tokens in ((1, 2, 4), (3, 2, 4), (5, 2, 4), (7, 1, 2)):
        work = doubling(model, number, times, tokens=tokens, most=limit)
        turns.add(work, lambda result, _: ends.append(result))
    while turns:
        turns.step(hurried=hurried)
    assert sorted(ends) == [4, 12, 14, 20]
    # Two of four tokens and the one of two; then the one that had no room comes first.
    assert model.passes == [[1, 3, 7], [5, 2], [6, 10]]


def test_batching_runs_a_pass_larger_than_the_limit_alone() -> None:
    model = Model()
    assert complete([doubling(model, number, 1, tokens=9, most=4) for number in (1, 2)]) == [2, 4]
    assert model.passes == [[1], [2]]


def test_batching_work_that_breaks_a_shared_pass_fails_alone() -> None:
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


def test_batching_work_that_wants_no_pass_ends_at_once() -> None:
    assert complete([doubling(Model(), 4, 0)]) == [4]


def test_work_that_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError, match="not 2"):
        complete([doubling(Model(refused=2), 1, 2)])


def test_work_that_is_dropped_is_closed_and_the_others_go_on() -> None:
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


def test_works_go_on_side_by_side_in_their_lanes() -> None:
    """With the answers of their own passes, and what a lane's pass divides is not divided once more."""
    compute_threads, meeting = ComputeThreads(2), Barrier(2)
    model = Model()

    def meeting_half_way(number: int) -> Work[int]:
        number = yield from doubling(model, number, 1)
        meeting.wait(10.0)  # one after the other they would not meet
        assert compute_threads.count == 1
        return (yield from doubling(model, number, 1))

    assert complete([meeting_half_way(number) for number in (1, 3)], compute_threads) == [4, 12]
    assert sorted(model.passes) == [[1], [2], [3], [6]]
    assert compute_threads.count == 2


def test_works_that_would_not_share_the_lanes_equally_share_a_pass() -> None:
    model = Model()
    works = [doubling(model, number, 1, tokens=tokens) for number, tokens in ((1, 9), (3, 5))]
    assert complete(works, ComputeThreads(2)) == [2, 6]
    assert model.passes == [[1, 3]]


def test_batching_in_threads_work_that_breaks_a_shared_pass_fails_alone_and_the_order_is_kept() -> None:
    model, turns = Model(refused=3), Turns(ComputeThreads(2))
    ends: list[Any] = []
    for number in (1, 3, 5, 7):
        turns.add(doubling(model, number, 2), lambda result, error: ends.append(type(error) if error else result))
    turns.step()
    assert ends == [ZeroDivisionError]
    turns.step()
    assert sorted(ends[1:]) == [4, 20, 28]

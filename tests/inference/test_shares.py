"""How time is shared between tenants, by a clock of the test's own."""

from __future__ import annotations

from bot.inference.worker.shares import LEAST_ROWS, LINGER_S, Shares
from tests.support.engines import HandClock


def shares(*tenants: str) -> tuple[Shares, HandClock]:
    clock = HandClock()
    made = Shares(clock)
    made.look(tenants)
    return made, clock


def test_who_is_alone_has_all() -> None:
    made, _ = shares("a")
    assert made.level({"a": 192}) is None
    assert not made.is_behind("a", ["a"])


def test_nobody_has_more_rows_than_who_has_fewest_but_for_one_request() -> None:
    made, _ = shares("a", "b", "c")
    assert made.level({"a": 192, "b": 60, "c": 48}) == 48
    assert made.level({"a": 192, "b": 60, "c": 1}) == LEAST_ROWS
    assert made.level({"a": 192, "b": 60}) == LEAST_ROWS  # c asks for something else than rows


def test_who_thinks_for_a_moment_is_still_there() -> None:
    made, clock = shares("a", "b")
    clock.now += LINGER_S
    made.look(["a"])
    assert made.level({"a": 192}) == LEAST_ROWS
    clock.now += 0.1
    made.look(["a"])
    assert made.level({"a": 192}) is None


def test_time_is_charged_by_parts_and_who_had_least_is_behind() -> None:
    made, _ = shares("a", "b")
    made.charge({"a": 12, "b": 36}, 4.0)
    assert (made.used("a"), made.used("b")) == (1.0, 3.0)
    assert made.is_behind("a", ["b"])
    assert not made.is_behind("b", ["a"])
    assert not made.is_behind("a", ["a", "b"])


def test_nobody_saves_time_up() -> None:
    made, clock = shares("a", "b")
    made.charge({"a": 1}, 50.0)
    made.charge({"b": 1}, 40.0)
    made.look(["a", "b", "new"])
    assert made.used("new") == 40.0
    for _ in range(5):
        clock.now += LINGER_S
        made.look(["a", "b"])
    made.charge({"a": 1, "b": 1}, 100.0)
    made.look(["a", "b", "new"])
    assert made.used("new") == 90.0

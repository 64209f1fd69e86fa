"""How time is shared between tenants, by a clock of the test's own."""

from __future__ import annotations

from bot.worker.time_shares import LEAD_S, LEAST_ROWS, LINGER_S, TimeShares
from tests.support.engines import HandClock


def shares(*tenants: str) -> tuple[TimeShares, HandClock]:
    clock = HandClock()
    made = TimeShares(clock)
    made.look(tenants)
    return made, clock


def test_time_shares_tenant_alone_has_all() -> None:
    made, _ = shares("a")
    assert made.level({"a": 192}) is None
    assert not made.is_behind("a", ["a"])


def test_time_shares_give_nobody_more_rows_than_who_has_fewest_but_for_one_request() -> None:
    made, _ = shares("a", "b", "c")
    assert made.level({"a": 192, "b": 60, "c": 48}) == 48
    assert made.level({"a": 192, "b": 60, "c": 1}) == LEAST_ROWS
    assert made.level({"a": 192, "b": 60}) == LEAST_ROWS  # c asks for something else than rows


def test_time_shares_tenant_that_pauses_keeps_its_place() -> None:
    made, clock = shares("a", "b")
    clock.now += LINGER_S
    made.look(["a"])
    assert made.level({"a": 192}) == LEAST_ROWS
    clock.now += 0.1
    made.look(["a"])
    assert made.level({"a": 192}) is None


def test_time_is_charged_by_parts_and_who_had_least_is_behind() -> None:
    made, _ = shares("a", "b")
    assert made.used("a") == made.used("b") == -LEAD_S
    made.charge({"a": 12, "b": 36}, 16.0)
    assert [made.used(tenant) for tenant in "ab"] == [4.0 - LEAD_S, 12.0 - LEAD_S]
    assert made.is_behind("a", ["b"])
    assert not made.is_behind("b", ["a"])
    assert not made.is_behind("a", ["a", "b"])


def test_time_shares_cannot_be_saved_up_and_put_the_last_comer_not_before_others() -> None:
    made, clock = shares("a", "b")
    made.charge({"a": 1}, 50.0)
    made.charge({"b": 1}, 40.0)
    made.look(["a", "b", "new"])
    made.look(["a", "b", "new", "newer"])
    assert made.used("new") == made.used("newer") == made.used("b") - LEAD_S
    for _ in range(5):
        clock.now += LINGER_S
        made.look(["a", "b"])
    made.charge({"a": 1, "b": 1}, 100.0)
    made.look(["a", "b", "new"])
    assert made.used("new") == made.used("b") - LEAD_S

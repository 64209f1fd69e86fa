from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from training.schedule import Schedule


def test_schedule_rises_stays_and_falls() -> None:
    schedule = Schedule(warmup=100, decay=100, decay_from=1000)
    assert schedule.factor(0) == 0.01
    assert schedule.factor(49) == 0.5
    assert schedule.factor(99) == schedule.factor(500) == schedule.factor(1000) == 1.0
    assert schedule.factor(1025) == 0.5
    assert schedule.factor(1100) == schedule.factor(5000) == 0.0


@given(seen=st.integers(0, 10_000_000))
def test_schedule_without_a_decay_never_ends(seen: int) -> None:
    schedule = Schedule(warmup=0, decay=100)
    assert schedule.factor(seen) == 1.0
    assert not schedule.finished(seen)


def test_is_finished_when_the_decay_is_over() -> None:
    schedule = Schedule(warmup=100, decay=100, decay_from=1000)
    assert not schedule.finished(1099)
    assert schedule.finished(1100)


@given(step=st.integers(0, 10_000), decay_from=st.none() | st.integers(0, 10_000_000))
def test_weights_that_are_newest_count_more_in_the_decay(step: int, decay_from: int | None) -> None:
    flat = Schedule(warmup=100, decay=100_000)
    now = Schedule(warmup=100, decay=100_000, decay_from=decay_from)
    assert 1 / 500 <= flat.averaging(step, 2048) <= now.averaging(step, 2048) <= 1

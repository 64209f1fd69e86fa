"""What is concluded from measured work, and what is told of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inference.pace import Countdown, Pace, Work, finishing_s, left_s


class One:
    """A kind of work."""


class Other:
    """Another kind."""


@given(st.lists(st.none() | st.floats(min_value=0, max_value=1e4)))
def test_countdown_never_counts_up_and_is_never_far_from_what_is_expected(expected: list[float | None]) -> None:
    countdown = Countdown()
    told: list[float] = []
    for each in expected:
        seconds = countdown.tell(each)
        if seconds is not None:
            assert each is not None
            assert each <= 1.5 * seconds + 2.0
            told.append(seconds)
    assert told == sorted(told, reverse=True)


def test_pace_measures_each_kind_of_work_by_itself() -> None:
    pace = Pace()
    pace.note(Work(kind=One, tokens=100, share=1.0, spent_s=20.0))
    assert pace.token_s(One, []) == pytest.approx(0.2)
    assert pace.token_s(Other, []) is None
    pace.note(Work(kind=One, tokens=100, share=1.0, spent_s=5.0))  # a faster model
    pace.note(Work(kind=One, tokens=100, share=1.0, spent_s=5.0))
    assert pace.token_s(One, []) == pytest.approx(0.05 + 0.15 / 7)


def test_running_job_tells_of_its_kind_when_enough_is_done() -> None:
    pace = Pace()
    running = [Work(kind=One, tokens=100, share=0.05, spent_s=5.0), Work(kind=One, tokens=100, share=0.5, spent_s=0.5)]
    assert pace.token_s(One, running) is None
    running.append(Work(kind=One, tokens=100, share=0.25, spent_s=5.0))
    assert pace.token_s(One, running) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("share", "spent_s", "left"),
    [(0.0, 0.0, 20.0), (0.25, 10.0, 22.5), (0.5, 20.0, 20.0), (0.75, 30.0, 10.0), (1.0, 40.0, 0.0)],
)
def test_job_speed_of_its_own_counts_the_more_the_further_it_is(share: float, spent_s: float, left: float) -> None:
    work = Work(kind=One, tokens=100, share=share, spent_s=spent_s)  # twice as slow as is usual
    assert left_s(work, 0.2) == pytest.approx(left)
    assert left_s(work, None) is None


def test_jobs_side_by_side_end_after_the_shorter_ones_and_their_own_part() -> None:
    assert [finishing_s([2.0, 5.0, 5.0], own) for own in range(3)] == [6.0, 12.0, 12.0]
    assert finishing_s([2.0, None], 0) is None
    assert finishing_s([4.0], 0) == 4.0

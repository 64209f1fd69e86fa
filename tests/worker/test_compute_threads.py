"""Halves of the work in two threads."""

from __future__ import annotations

import threading
from threading import Barrier, Event

import pytest
import torch

from bot.worker.compute_threads import ComputeThreads


def test_shares_run_side_by_side_and_are_answered_in_their_order() -> None:
    meeting = Barrier(2)

    def square(number: int) -> int:
        meeting.wait(10.0)  # one after the other they would not meet
        return number * number

    compute_threads = ComputeThreads(2)
    assert compute_threads.run(square, [3, 4]) == [9, 16]
    assert compute_threads.run(square, [5, 6]) == [25, 36]


def test_compute_threads_are_shared_and_nobody_else_loses_any() -> None:
    started = torch.get_num_threads()
    torch.set_num_threads(before := 4)
    found: list[int] = []
    assert ComputeThreads(2).run(lambda _: torch.get_num_threads(), [0, 0]) == [before // 2] * 2
    later = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert (torch.get_num_threads(), found) == (before, [before])
    torch.set_num_threads(started)


def test_compute_threads_single_share_runs_in_the_caller() -> None:
    assert ComputeThreads(2).run(lambda _: threading.get_ident(), [0]) == [threading.get_ident()]


def test_error_of_one_share_is_raised_when_the_other_has_ended() -> None:
    began, ended = Event(), Event()

    def share(number: int) -> None:
        if number == 0:
            assert began.wait(10.0)
            raise ZeroDivisionError("oh")
        began.set()
        threading.Event().wait(0.05)
        ended.set()

    with pytest.raises(ZeroDivisionError, match="oh"):
        ComputeThreads(2).run(share, [0, 1])
    assert ended.is_set()


def test_compute_threads_are_not_split_on_an_accelerator() -> None:
    assert ComputeThreads.of("cuda").count == 1

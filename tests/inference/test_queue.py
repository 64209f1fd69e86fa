"""The dispatcher and its tickets. The jobs here need no models: they wait until they are let go on."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from bot.errors import BadInput, Busy, Cancelled
from bot.inference.jobs import Limits, Owner, Queued, Report, Waking, Working
from bot.inference.protocol import Engine
from bot.inference.queue import Inference, Ticket
from tests.support.patience import PATIENCE_S

NO_ENGINE = cast(Engine, None)


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class HeldEngine:
    """A job that starts, and ends when it is told to."""

    def __init__(self, person: int = 1, *, server: int = 1, rows: int = 1, tokens: int = 100) -> None:
        self.owner = Owner(server_id=server, person_id=person)
        self.rows = rows
        self.tokens = tokens
        self.started = asyncio.Event()
        self.outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.report: Report | None = None
        self.cancelled = False

    async def run(self, engine: Engine, report: Report) -> str:
        self.report = report
        self.started.set()
        try:
            return await self.outcome
        except asyncio.CancelledError:
            self.cancelled = True
            raise


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def running(inference: Inference) -> AsyncIterator[Inference]:
    """Let the dispatcher work meanwhile."""
    task = asyncio.create_task(inference.run())
    try:
        yield inference
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def inference(clock: Clock) -> AsyncIterator[Inference]:
    limits = Limits(waiting=4, per_person=3, per_server=6, rows=4)
    async with running(Inference(NO_ENGINE, limits, clock=clock)) as made:
        yield made


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def outcome(ticket: Ticket[Any]) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        return await ticket


async def test_job_gives_its_result_to_everyone_who_waits(inference: Inference) -> None:
    job = HeldEngine()
    ticket = inference.submit(job)
    readers = [asyncio.create_task(outcome(ticket)) for _ in range(2)]
    await job.started.wait()
    job.outcome.set_result("done")
    assert await asyncio.gather(*readers) == ["done", "done"]
    assert await outcome(ticket) == "done"
    await settle()
    assert (inference.waiting, inference.running) == (0, 0)


async def test_job_error_reaches_its_ticket_only(inference: Inference) -> None:
    bad, good = HeldEngine(1), HeldEngine(2)
    tickets = [inference.submit(bad), inference.submit(good)]
    await good.started.wait()
    bad.outcome.set_exception(BadInput("no_blank"))
    with pytest.raises(BadInput):
        await outcome(tickets[0])
    good.outcome.set_result("fine")
    assert await outcome(tickets[1]) == "fine"
    assert await outcome(submitted(inference, HeldEngine(1))) == "later"


def submitted(inference: Inference, job: HeldEngine) -> Ticket[str]:
    job.outcome.set_result("later")
    return inference.submit(job)


async def test_rows_bound_what_runs_and_a_large_job_is_not_passed(inference: Inference) -> None:
    first, large, small = HeldEngine(1, rows=2), HeldEngine(2, rows=4), HeldEngine(3, rows=1)
    tickets = [inference.submit(job) for job in (first, large, small)]
    await settle()
    assert [ticket.position for ticket in tickets] == [0, 1, 2]
    assert not small.started.is_set()  # two rows are free, but the large job comes first
    first.outcome.set_result("")
    await settle()
    assert [large.started.is_set(), small.started.is_set()] == [True, False]
    large.outcome.set_result("")
    await settle()
    assert small.started.is_set()


async def test_queue_limits_say_who_is_full_and_when_to_come_back(inference: Inference) -> None:
    for _ in range(3):
        inference.submit(HeldEngine(1, rows=4))
    await settle()  # one runs, two wait
    with pytest.raises(Busy) as person:
        inference.submit(HeldEngine(1))
    assert person.value.key == "queue_full_person_untimed"  # nothing was measured yet
    for number in range(2, 4):
        inference.submit(HeldEngine(number, rows=4))
    with pytest.raises(Busy) as everyone:
        inference.submit(HeldEngine(4, server=2))
    assert everyone.value.key == "queue_full_all_untimed"
    assert everyone.value.retry_after_s > 0
    assert person.value.retry_after_s > 0


async def test_queue_has_a_limit_per_server(clock: Clock) -> None:
    inference = Inference(NO_ENGINE, Limits(waiting=99, per_person=3, per_server=2, rows=1), clock=clock)
    inference.submit(HeldEngine(1))
    inference.submit(HeldEngine(2))
    with pytest.raises(Busy) as full:
        inference.submit(HeldEngine(3))
    assert full.value.key == "queue_full_server_untimed"
    inference.submit(HeldEngine(3, server=2))


async def test_ticket_cancelled_while_queued(inference: Inference) -> None:
    running, queued, behind = HeldEngine(1, rows=4), HeldEngine(2), HeldEngine(3)
    tickets = [inference.submit(job) for job in (running, queued, behind)]
    await settle()
    tickets[1].cancel()
    with pytest.raises(Cancelled):
        await outcome(tickets[1])
    assert tickets[2].position == 1
    running.outcome.set_result("")
    await behind.started.wait()
    assert not queued.started.is_set()


async def test_cancelling_while_running_frees_its_rows(inference: Inference) -> None:
    running, queued = HeldEngine(1, rows=4), HeldEngine(2, rows=4)
    ticket = inference.submit(running)
    inference.submit(queued)
    await running.started.wait()
    ticket.cancel()
    with pytest.raises(Cancelled):
        await outcome(ticket)
    await queued.started.wait()
    assert running.cancelled
    ticket.cancel()  # again: nothing happens


async def test_cancelling_in_the_moment_it_starts_frees_its_rows(clock: Clock) -> None:
    inference = Inference(NO_ENGINE, Limits(rows=4), clock=clock)
    job, after = HeldEngine(1, rows=4), HeldEngine(2, rows=4)
    ticket = inference.submit(job)
    inference.submit(after)
    task = asyncio.create_task(inference.run())
    await asyncio.sleep(0)  # the dispatcher has made the job's task, which has not taken a step
    assert ticket.position == 0
    assert not job.started.is_set()
    ticket.cancel()
    async with asyncio.timeout(PATIENCE_S):
        await after.started.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_reader_that_goes_away_leaves_the_job_alone(inference: Inference) -> None:
    job = HeldEngine()
    ticket = inference.submit(job)
    reader = asyncio.create_task(outcome(ticket))
    await job.started.wait()
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    job.outcome.set_result("kept")
    assert await outcome(ticket) == "kept"


async def test_failure_whose_reader_went_away_is_no_surprise_in_the_log(
    inference: Inference, caplog: pytest.LogCaptureFixture
) -> None:
    ticket = inference.submit(HeldEngine())
    assert not ticket.ending().done()
    ticket.cancel()
    await settle()
    assert ticket.finished
    gc.collect()
    assert not caplog.records


async def test_ticket_progress_is_the_newest_only_and_ends(inference: Inference) -> None:
    job = HeldEngine(rows=4)
    ticket = inference.submit(job)
    await job.started.wait()
    assert job.report is not None
    seen: list[str] = []
    watching = asyncio.create_task(watch(ticket, seen))
    await settle()
    for number in range(100):
        job.report(f"text {number}", number, 100)
    await settle()
    assert seen[-1] == "text 99"
    assert "text 50" not in seen
    job.outcome.set_result("")
    async with asyncio.timeout(PATIENCE_S):
        await watching


async def watch(ticket: Ticket[Any], seen: list[str]) -> None:
    async for progress in ticket:
        assert isinstance(progress, Working)
        seen.append(progress.text)


async def test_queued_ticket_moves_up_while_it_is_watched(inference: Inference) -> None:
    jobs = [HeldEngine(person, rows=4) for person in (1, 2, 3)]
    tickets = [inference.submit(job) for job in jobs]
    await settle()
    places: list[int] = []

    async def follow() -> None:
        async for progress in tickets[2]:
            places.append(progress.position if isinstance(progress, Queued) else 0)

    following = asyncio.create_task(follow())
    for job in jobs:
        await job.started.wait()
        await settle()
        job.outcome.set_result("")
    async with asyncio.timeout(PATIENCE_S):
        await following
    assert sorted(set(places), reverse=True) == [2, 1, 0]
    assert places == sorted(places, reverse=True)


async def tick(inference: Inference, clock: Clock, seconds: float) -> None:
    """Let so much time pass, and the dispatcher tell everybody anew how they stand."""
    clock.now += seconds
    inference._wake.set()
    await settle()


async def test_eta_follows_the_measured_speed(inference: Inference, clock: Clock) -> None:
    """Two jobs side by side make 40 tokens a second together; what waits reckons with both."""
    jobs = [HeldEngine(person, rows=2, tokens=1000) for person in (1, 2)]
    tickets = [inference.submit(job) for job in jobs]
    waiting = inference.submit(HeldEngine(3, rows=4, tokens=1000))
    await settle()
    for second in range(1, 41):
        for job in jobs:
            assert job.report is not None
            job.report("", 20 * second, 1000)
        await tick(inference, clock, 1.0)
    # 400 of 2000 tokens are left before it, then its own 1000, at 40 a second.
    assert waiting.eta_s == pytest.approx((2 * 200 + 1000) / 40, rel=0.1)
    assert [ticket.eta_s for ticket in tickets] == pytest.approx([10.0, 10.0], rel=0.1)


async def test_eta_is_not_told_before_one_was_measured(inference: Inference, clock: Clock) -> None:
    first, second, third = (HeldEngine(rows=4) for _ in range(3))
    tickets = [inference.submit(job) for job in (first, second, third)]
    await settle()
    await tick(inference, clock, 30.0)
    assert tickets[0].progress == Working(text="", share=0.0, eta_s=None)
    assert tickets[1].progress == Queued(position=1, eta_s=None)
    with pytest.raises(Busy) as full:
        inference.submit(HeldEngine(rows=4))
    assert full.value.key == "queue_full_person_untimed"

    first.outcome.set_result("")  # after 30 s
    await settle()
    started, waiting = (ticket.progress for ticket in tickets[1:])
    assert started == Working(text="", share=0.0, eta_s=30.0)
    assert waiting == Queued(position=1, eta_s=60.0)
    inference.submit(HeldEngine(rows=4))
    with pytest.raises(Busy) as full:
        inference.submit(HeldEngine(rows=4))
    assert (full.value.key, full.value.retry_after_s) == ("queue_full_person", 30.0)


async def test_eta_that_is_exceeded_says_so_and_never_counts_up(inference: Inference, clock: Clock) -> None:
    quick, slow = HeldEngine(), HeldEngine()
    inference.submit(quick)
    await settle()
    await tick(inference, clock, 10.0)
    quick.outcome.set_result("")
    await settle()
    ticket = inference.submit(slow)
    await settle()
    assert slow.report is not None
    assert ticket.eta_s == pytest.approx(10.0)
    slow.report("", 20, 100)
    await tick(inference, clock, 20.0)  # ten times as slow
    assert ticket.progress == Working(text="", share=0.2, eta_s=None, late=True)
    slow.report("", 95, 100)
    await tick(inference, clock, 20.0)
    progress = ticket.progress
    assert isinstance(progress, Working)
    assert progress.eta_s is not None
    assert progress.eta_s < 10.0
    assert not progress.late
    slow.report("", 50, 100)  # a bar does not go back, either
    assert ticket.progress == Working(text="", share=0.95, eta_s=progress.eta_s)


async def test_ticket_that_waits_for_waking_models_tells_how_far_they_are(clock: Clock) -> None:
    loaded = 0.0
    limits = Limits(rows=1)
    async with running(Inference(NO_ENGINE, limits, clock=clock, loaded=lambda: loaded)) as inference:
        first, second = HeldEngine(1), HeldEngine(2)
        tickets = [inference.submit(first), inference.submit(second)]
        await settle()
        assert [ticket.progress for ticket in tickets] == [Waking(loaded=0.0), Waking(loaded=0.0, position=1)]
        loaded = 0.5
        await tick(inference, clock, 40.0)
        assert tickets[0].progress == Waking(loaded=0.5)
        assert first.report is not None
        first.report("The fox", 1, 4)  # the model that writes is there before the others
        await tick(inference, clock, 2.0)
        assert isinstance(tickets[0].progress, Working)
        await tick(inference, clock, 2.0)  # now it wants another
        assert tickets[0].progress == Waking(loaded=0.5)
        loaded = 1.0
        first.report("The fox", 4, 4)
        await tick(inference, clock, 2.0)
        first.outcome.set_result("")
        await settle()
        assert tickets[1].progress == Working(text="", share=0.0, eta_s=4.0)  # without the 42 s
        loaded = 0.0  # the worker has to be started anew
        await tick(inference, clock, 1.0)
        assert tickets[1].progress == Waking(loaded=0.0)


async def test_queue_closing_cancels_everything(clock: Clock) -> None:
    inference = Inference(NO_ENGINE, Limits(rows=1), clock=clock)
    task = asyncio.create_task(inference.run())
    running, queued = HeldEngine(1), HeldEngine(2)
    tickets = [inference.submit(running), inference.submit(queued)]
    await running.started.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for ticket in tickets:
        with pytest.raises(Cancelled):
            await outcome(ticket)
    assert running.cancelled
    with pytest.raises(Busy):
        inference.submit(HeldEngine(3))

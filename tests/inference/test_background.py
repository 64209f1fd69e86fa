"""Jobs in the background: they start only where no person's job waits, and are in nobody's way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Busy, Cancelled
from bot.inference.background import SHARE, BackgroundQueue
from bot.inference.jobs import Limits, Owner
from bot.inference.queue import Inference, Ticket
from tests.inference.test_queue import NO_ENGINE, HeldEngine, outcome, running, settle

LIMITS = Limits(waiting=4, per_person=1, per_server=2, rows=16)


@pytest.fixture
async def inference() -> AsyncIterator[Inference]:
    async with running(Inference(NO_ENGINE, LIMITS)) as made:
        yield made


def started(*jobs: HeldEngine) -> list[bool]:
    return [job.started.is_set() for job in jobs]


async def test_background_waits_while_a_person_waits(inference: Inference) -> None:
    large, person, behind = HeldEngine(1, rows=16), HeldEngine(2, rows=16), HeldEngine(0, rows=2)
    for job in (large, person):
        inference.submit(job)
    inference.submit(behind, background=True)
    await settle()
    assert started(large, person, behind) == [True, False, False]
    large.outcome.set_result("done")
    await settle()
    assert started(person, behind) == [True, False], "no rows are free for it"
    person.outcome.set_result("done")
    await settle()
    assert started(behind) == [True]


async def test_person_does_not_wait_for_the_background(inference: Inference) -> None:
    """Whatever runs there, the rows for people are all there still."""
    behind, person = HeldEngine(0, rows=16), HeldEngine(1, rows=16)
    inference.submit(behind, background=True)
    await settle()
    ticket = inference.submit(person)
    await settle()
    assert started(behind, person) == [True, True]
    assert (ticket.position, inference.waiting, inference.running) == (0, 0, 2)


async def test_background_takes_a_share_of_the_rows(inference: Inference) -> None:
    jobs = [HeldEngine(0, server=server, rows=16 // SHARE - 1 or 1) for server in (1, 1, 2)]
    for job in jobs:
        inference.submit(job, background=True)
    await settle()
    assert started(*jobs) == [True, False, True], "servers take turns"
    jobs[0].outcome.set_result("done")
    await settle()
    assert started(*jobs) == [True, True, True]


async def test_background_counts_against_nobody(inference: Inference) -> None:
    for number in range(LIMITS.waiting):
        inference.submit(HeldEngine(1, rows=16, server=number), background=True)
    inference.submit(HeldEngine(1))
    with pytest.raises(Busy):
        inference.submit(HeldEngine(1))
    assert inference.waiting == 1


async def test_background_is_bounded_and_can_be_cancelled(inference: Inference) -> None:
    person = HeldEngine(1, rows=16)
    inference.submit(person)
    tickets = [inference.submit(HeldEngine(0), background=True) for _ in range(LIMITS.waiting)]
    with pytest.raises(Busy):
        inference.submit(HeldEngine(0), background=True)
    tickets[0].cancel()
    with pytest.raises(Cancelled):
        await outcome(tickets[0])
    inference.submit(HeldEngine(0), background=True)


async def test_background_ends_with_the_dispatcher() -> None:
    tickets: list[Ticket[Any]] = []
    async with running(Inference(NO_ENGINE, LIMITS)) as made:
        made.submit(HeldEngine(1, rows=16))
        tickets += [made.submit(HeldEngine(0, rows=rows), background=True) for rows in (1, 16)]
        await settle()
    for ticket in tickets:
        with pytest.raises(Cancelled):
            await ticket


JOBS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 20)), max_size=12)


@given(jobs=JOBS, free=st.integers(0, 16))
def test_background_loses_nothing_and_keeps_its_bounds(jobs: list[tuple[int, int]], free: int) -> None:
    queue: BackgroundQueue[int] = BackgroundQueue(LIMITS)
    for number, (server, rows) in enumerate(jobs):
        queue.push(Owner(server_id=server, person_id=0), rows, number)
    ended: list[int] = []
    while True:
        taken = sum(entry.rows for entry in queue.running)
        expected = next(iter(queue.order()), None)
        entry = queue.start_next(free - taken)
        if entry is not None:
            assert entry is expected
            assert entry.rows <= free - taken
            assert not taken or taken + entry.rows <= LIMITS.rows // SHARE
        elif queue.running:
            done = next(iter(queue.running))
            queue.remove(done)
            queue.remove(done)
            ended.append(done.item)
        else:
            break
    left = [entry.item for entry in queue.order()]
    assert sorted([*ended, *left]) == list(range(len(jobs)))
    assert not left or next(iter(queue.order())).rows > free

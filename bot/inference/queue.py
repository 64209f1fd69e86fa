"""The queue in the bot: jobs go in, tickets come out, and one dispatcher takes jobs to the engine."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress
from typing import Any, Generic, TypeVar

from bot.errors import Busy, Cancelled
from bot.inference.fair_queue import Entry, FairQueue
from bot.inference.jobs import Job, Limits, Owner, Progress, Queued, Working
from bot.inference.protocol import Engine
from bot.inference.tenants import TenantEngine, tenant_of

_log = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")

FIRST_GUESS_TOKENS_PER_S = 300.0
"""What the ETA assumes before anything was measured: two cores, a small model."""
TICK_S = 1.0
LEARN_S = 10.0
"""Seconds of work after which the measured speed counts for two thirds of what is assumed."""


class Ticket(Generic[ResultT]):
    """A place in the queue, and then a running job. Await it for the result; iterate it for progress.

    Awaiting raises what the job raised, or `Cancelled`. Iteration gives the newest `Progress` only, skipping what the
    reader was too slow for, and ends when the job has. Both may be done by several tasks, and again.
    """

    def __init__(self, job: Job[ResultT], number: int, queue: Inference) -> None:
        self.id = f"{number:x}"
        self._job = job
        self._queue = queue
        self._entry: Entry[Ticket[Any]] | None = None
        self._result: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._result.add_done_callback(_retrieve)
        self._task: asyncio.Task[None] | None = None
        self._position = 0
        self._eta_s = 0.0
        self._text, self._done, self._total = "", 0, 1
        self._version = 0
        self._changed = asyncio.Event()

    @property
    def position(self) -> int:
        """1 is the next to start; 0 is running or finished."""
        return self._position

    @property
    def eta_s(self) -> float:
        """Expected seconds until the result."""
        return self._eta_s

    @property
    def finished(self) -> bool:
        """Whether the result, or the failure, is there."""
        return self._result.done()

    @property
    def progress(self) -> Progress:
        """How it stands now."""
        if self._position:
            return Queued(position=self._position, eta_s=self._eta_s)
        return Working(text=self._text, done=self._done, total=self._total, eta_s=self._eta_s)

    def ending(self) -> asyncio.Future[ResultT]:
        """Return a future (not a task) that is done when the job has ended, with its result or failure; whoever awaits
        the ticket is told of that."""
        ending = asyncio.shield(self._result)
        ending.add_done_callback(_retrieve)
        return ending

    def cancel(self) -> None:
        """Cancel it, queued or running; once finished this does nothing."""
        self._queue.cancel(self)

    def __await__(self) -> Generator[Any, None, ResultT]:
        # Shielded: a reader that is cancelled leaves the job to its other readers.
        return asyncio.shield(self._result).__await__()

    async def __aiter__(self) -> AsyncIterator[Progress]:
        seen = -1
        while not self.finished:
            if seen != self._version:
                seen = self._version
                yield self.progress
            else:
                await self._changed.wait()

    def _notify(self) -> None:
        self._version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def _place(self, position: int, eta_s: float) -> None:
        if position != self._position or abs(eta_s - self._eta_s) >= 0.5:
            self._position, self._eta_s = position, eta_s
            self._notify()

    def _report(self, text: str, done: int, total: int) -> None:
        if not self.finished:
            before = self._tokens_left
            self._text, self._done, self._total = text, done, max(1, total)
            self._queue._made(before - self._tokens_left)
            self._notify()

    def _finish(self, result: ResultT | None, error: BaseException | None) -> None:
        if self._result.done():
            return
        if error is not None:
            self._result.set_exception(error)
        else:
            self._result.set_result(result)  # type: ignore[arg-type]  # a job without error has a result
        self._position = 0
        self._notify()

    @property
    def _tokens_left(self) -> float:
        return self._job.tokens * (1.0 - min(1.0, self._done / self._total))


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Mark a failure as seen: a ticket that nobody awaits any more must not end in the log as a surprise."""
    if not future.cancelled():
        future.exception()


class Inference:
    """Bounded, fair and cancellable access to an engine.

    `run` is one long-lived task that the application starts; jobs are its children, so they outlive the
    command that submitted them and end with it.
    """

    def __init__(self, engine: Engine, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.engine = engine
        self._clock = clock
        self._key = secrets.token_bytes(16)
        self._queue: FairQueue[Ticket[Any]] = FairQueue(limits)
        self._wake = asyncio.Event()
        self._count = 0
        self._closed = False
        self._tokens_per_s = FIRST_GUESS_TOKENS_PER_S
        self._measured_since = clock()
        self._tokens = 0.0

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return self._queue.waiting

    @property
    def running(self) -> int:
        """How many jobs run."""
        return len(self._queue.running)

    def submit(self, job: Job[ResultT]) -> Ticket[ResultT]:
        """Queue a job and return its ticket at once. Raises `Busy` where a bound is reached."""
        full = self._queue.full(job.owner)
        if full is not None or self._closed:
            raise Busy(f"queue_full_{full or 'all'}", retry_after_s=self._retry_after_s(full, job.owner))
        self._count += 1
        ticket = Ticket(job, self._count, self)
        ticket._entry = self._queue.push(job.owner, job.rows, ticket)
        self._replan()
        self._wake.set()
        return ticket

    def cancel(self, ticket: Ticket[Any]) -> None:
        """Cancel a job, queued or running; see `Ticket.cancel`."""
        if ticket._task is not None:
            ticket._task.cancel()
        elif ticket._entry is not None:
            self._queue.remove(ticket._entry)
        ticket._finish(None, Cancelled("cancelled"))
        self._replan()
        self._wake.set()

    async def run(self) -> None:
        """Dispatch until cancelled; then every job is cancelled too, and its ticket says so."""
        try:
            async with asyncio.TaskGroup() as jobs:
                while True:
                    self._wake.clear()
                    self._learn()
                    while (entry := self._queue.start_next()) is not None:
                        self._start(entry, jobs)
                    self._replan()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(TICK_S if self.running else None):
                            await self._wake.wait()
        finally:
            self._closed = True
            for entry in [*self._queue.order(), *self._queue.running]:
                entry.item._finish(None, Cancelled("cancelled"))

    def _start(self, entry: Entry[Ticket[Any]], jobs: asyncio.TaskGroup) -> None:
        ticket = entry.item
        ticket._task = jobs.create_task(self._run_one(ticket), name=f"job-{ticket.id}")
        # Not in a `finally` of the job: a task that is cancelled before its first step never enters it.
        ticket._task.add_done_callback(lambda _: self._leave(entry))

    def _leave(self, entry: Entry[Ticket[Any]]) -> None:
        self._queue.remove(entry)
        self._wake.set()

    async def _run_one(self, ticket: Ticket[Any]) -> None:
        tenant = tenant_of(ticket._job.owner.server_id, self._key)
        engine = TenantEngine(self.engine, tenant, lambda: self.waiting + self.running)
        try:
            result = await ticket._job.run(engine, ticket._report)
        except asyncio.CancelledError:
            ticket._finish(None, Cancelled("cancelled"))
            raise
        except Exception as error:  # it belongs to whoever holds the ticket, not to the dispatcher
            _log.debug("job %s failed: %r", ticket.id, error)
            ticket._finish(None, error)
        else:
            self._made(ticket._tokens_left)
            ticket._finish(result, None)

    def _made(self, tokens: float) -> None:
        self._tokens += tokens

    def _learn(self) -> None:
        """Measure tokens a second while there is work, for the ETA: all jobs together, by what they report."""
        now = self._clock()
        busy_s = now - self._measured_since
        if not self.running and not self._tokens:
            self._measured_since = now
        elif busy_s >= TICK_S / 2:
            share = 1.0 - math.exp(-busy_s / LEARN_S)
            self._tokens_per_s += share * (self._tokens / busy_s - self._tokens_per_s)
            self._tokens_per_s = max(1.0, self._tokens_per_s)
            self._measured_since, self._tokens = now, 0.0

    def _replan(self) -> None:
        """Tell every ticket its place and its time."""
        ahead = 0.0
        for entry in self._queue.running:
            ahead += entry.item._tokens_left
        for entry in self._queue.running:
            entry.item._place(0, ahead / self._tokens_per_s)
        for position, entry in enumerate(self._queue.order(), start=1):
            ahead += entry.item._job.tokens
            entry.item._place(position, ahead / self._tokens_per_s)

    def _retry_after_s(self, full: str | None, owner: Owner) -> float:
        """When the person's or the server's next job will be done; else when half of all that is there will be."""
        key = {"person": "person_id", "server": "server_id"}.get(full or "")
        if key is not None:
            entries = [*self._queue.running, *self._queue.order()]
            return max(
                1.0, min(entry.item.eta_s for entry in entries if getattr(entry.owner, key) == getattr(owner, key))
            )
        tokens = sum(entry.item._tokens_left for entry in self._queue.running)
        tokens += sum(entry.item._job.tokens for entry in self._queue.order())
        return max(2.0, tokens / self._tokens_per_s / 2)

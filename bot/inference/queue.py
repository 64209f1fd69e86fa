"""The queue in the bot: jobs go in, tickets come out, and one dispatcher takes jobs to the engine."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any, Generic, TypeVar

from bot.errors import Busy, Cancelled
from bot.inference.engine import Engine
from bot.inference.fair import Entry, FairQueue
from bot.inference.jobs import Job, Limits, Progress, Queued, Working

_log = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")

FIRST_GUESS_TOKENS_PER_S = 300.0
"""What the ETA assumes before anything was measured: two cores, a small model."""


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
            self._text, self._done, self._total = text, done, max(1, total)
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

    def __init__(
        self, engine: Engine, limits: Limits, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.engine = engine
        self._clock = clock
        self._queue: FairQueue[Ticket[Any]] = FairQueue(limits)
        self._wake = asyncio.Event()
        self._count = 0
        self._closed = False
        self._tokens_per_s = FIRST_GUESS_TOKENS_PER_S
        self._busy_since: float | None = None
        self._busy_tokens = 0.0

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
            raise Busy(f"queue_full_{full or 'all'}", retry_after_s=self._retry_after_s())
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
                    while (entry := self._queue.start_next()) is not None:
                        ticket = entry.item
                        self._busy_since = self._busy_since or self._clock()
                        ticket._task = jobs.create_task(self._run_one(entry), name=f"job-{ticket.id}")
                    self._replan()
                    await self._wake.wait()
        finally:
            self._closed = True
            for entry in [*self._queue.order(), *self._queue.running]:
                entry.item._finish(None, Cancelled("cancelled"))

    async def _run_one(self, entry: Entry[Ticket[Any]]) -> None:
        ticket = entry.item
        try:
            result = await ticket._job.run(self.engine, ticket._report)
        except asyncio.CancelledError:
            ticket._finish(None, Cancelled("cancelled"))
            raise
        except (
            Exception
        ) as error:  # whatever it is belongs to whoever holds the ticket, not to the dispatcher
            _log.debug("job %s failed: %r", ticket.id, error)
            ticket._finish(None, error)
        else:
            self._busy_tokens += ticket._job.tokens
            ticket._finish(result, None)
        finally:
            self._queue.remove(entry)
            self._learn()
            self._wake.set()

    def _learn(self) -> None:
        """Measure tokens a second over each stretch of work, for the ETA."""
        now = self._clock()
        busy_s = now - (self._busy_since if self._busy_since is not None else now)
        if busy_s > 0.2 and self._busy_tokens:
            self._tokens_per_s = 0.7 * self._tokens_per_s + 0.3 * (self._busy_tokens / busy_s)
            self._busy_since, self._busy_tokens = now, 0.0
        if not self._queue.running:
            self._busy_since = None

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

    def _retry_after_s(self) -> float:
        """When about half of what is there now will be done."""
        tokens = sum(entry.item._tokens_left for entry in self._queue.running)
        tokens += sum(entry.item._job.tokens for entry in self._queue.order())
        return max(2.0, tokens / self._tokens_per_s / 2)

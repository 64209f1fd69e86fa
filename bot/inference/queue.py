"""The queue in the bot: jobs go in, tickets come out, and one dispatcher takes jobs to the engine."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress
from typing import Any, Generic, TypeVar

from bot.errors import Busy, Cancelled
from bot.inference.background import BackgroundQueue
from bot.inference.fair_queue import Entry, FairQueue, Full
from bot.inference.jobs import Job, Limits, Owner, Progress, Queued, Waking, Working
from bot.inference.pace import Countdown, Pace, Work, finishing_s, left_s, total_s
from bot.inference.protocol import Engine
from bot.inference.tenants import TenantEngine, tenant_of

_log = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")

TICK_S = 1.0
"""While something runs, everybody is told anew how it stands at least so often."""
QUIET_S = 2.5
"""A job that tells nothing for so long while models are being loaded is taken to wait for one of them."""
RETRY_S = 30.0
"""When a program comes back where nothing was measured yet; people are told no time."""
SHORTEST_RETRY_S = 2.0
"""Nobody is asked to come back sooner."""
NO_SERVER = -1
"""In the place of a server's number: all that runs in the background has one share of the worker together."""


def all_loaded() -> float:
    """Tell that all models are there."""
    return 1.0


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
        self._eta_s: float | None = None
        self._countdown = Countdown()
        self._loaded = 1.0
        self._text = ""
        self._work = Work(kind=type(job), tokens=job.tokens)
        self._version = 0
        self._changed = asyncio.Event()

    @property
    def position(self) -> int:
        """1 is the next to start; 0 is running or finished."""
        return self._position

    @property
    def eta_s(self) -> float | None:
        """Expected seconds until the result, as they are told: see `Queued.eta_s`."""
        return self._eta_s

    @property
    def finished(self) -> bool:
        """Whether the result, or the failure, is there."""
        return self._result.done()

    @property
    def progress(self) -> Progress:
        """How it stands now."""
        if self._loaded < 1.0:
            return Waking(loaded=self._loaded, position=self._position)
        late = self._countdown.late
        if self._position:
            return Queued(position=self._position, eta_s=self._eta_s, late=late)
        return Working(text=self._text, share=self._work.share, eta_s=self._eta_s, late=late)

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

    def _place(self, position: int, expected_s: float | None, loaded: float) -> None:
        """Tell the place in the queue, the expected time, and how much is loaded of the models that it waits for."""
        late = self._countdown.late
        eta_s = self._countdown.tell(expected_s)
        told = (position, loaded, self._countdown.late, eta_s is None)
        if told != (self._position, self._loaded, late, self._eta_s is None) or _differ(eta_s, self._eta_s):
            self._position, self._loaded, self._eta_s = position, loaded, eta_s
            self._notify()

    def _report(self, text: str, done: int, total: int) -> None:
        if not self.finished:
            self._text = text
            self._work.quiet_s = 0.0
            self._work.share = max(self._work.share, min(1.0, done / max(1, total)))
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


def _differ(told_s: float | None, before_s: float | None) -> bool:
    """Tell whether another time is worth telling."""
    return told_s is not None and before_s is not None and abs(told_s - before_s) >= 0.5


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Mark a failure as seen: a ticket that nobody awaits any more must not end in the log as a surprise."""
    if not future.cancelled():
        future.exception()


class Inference:
    """Bounded, fair and cancellable access to an engine.

    `run` is one long-lived task that the application starts; jobs are its children, so they outlive the
    command that submitted them and end with it.

    `loaded` tells how much of the loading of the models is done, 0..1, without asking them: `Health.loaded`.
    """

    def __init__(
        self,
        engine: Engine,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.monotonic,
        loaded: Callable[[], float] = all_loaded,
    ) -> None:
        self.engine = engine
        self.loaded = loaded
        self._clock = clock
        self._key = secrets.token_bytes(16)
        self._queue: FairQueue[Ticket[Any]] = FairQueue(limits)
        self._background: BackgroundQueue[Ticket[Any]] = BackgroundQueue(limits)
        self._wake = asyncio.Event()
        self._count = 0
        self._closed = False
        self._pace = Pace()
        self._counted_until = clock()

    @property
    def waiting(self) -> int:
        """How many jobs of people wait."""
        return self._queue.waiting

    @property
    def running(self) -> int:
        """How many jobs run."""
        return len(self._running)

    @property
    def _running(self) -> list[Entry[Ticket[Any]]]:
        return [*self._queue.running, *self._background.running]

    def submit(self, job: Job[ResultT], *, background: bool = False) -> Ticket[ResultT]:
        """Queue a job and return its ticket at once; in the `background` it starts only where no person's job waits.
        Raises `Busy` where a bound is reached."""
        full: Full | None = self._queue.full(job.owner)
        if background:
            full = "all" if self._background.full else None
        if full is not None or self._closed:
            retry_s = self._retry_after_s(full, job.owner)
            key = f"queue_full_{full or 'all'}"
            raise Busy(key if retry_s is not None else f"{key}_untimed", retry_after_s=retry_s or RETRY_S)
        self._count += 1
        ticket = Ticket(job, self._count, self)
        ticket._entry = (self._background if background else self._queue).push(job.owner, job.rows, ticket)
        self._replan()
        self._wake.set()
        return ticket

    def cancel(self, ticket: Ticket[Any]) -> None:
        """Cancel a job, queued or running; see `Ticket.cancel`."""
        if ticket._task is not None:
            ticket._task.cancel()
        elif ticket._entry is not None:
            self._remove(ticket._entry)
        ticket._finish(None, Cancelled("cancelled"))
        self._replan()
        self._wake.set()

    async def run(self) -> None:
        """Dispatch until cancelled; then every job is cancelled too, and its ticket says so."""
        try:
            async with asyncio.TaskGroup() as jobs:
                while True:
                    self._wake.clear()
                    self._count_time()
                    while (entry := self._start_next()) is not None:
                        self._start(entry, jobs)
                    self._replan()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(TICK_S if self.running else None):
                            await self._wake.wait()
        finally:
            self._closed = True
            for entry in [*self._queue.order(), *self._background.order(), *self._running]:
                entry.item._finish(None, Cancelled("cancelled"))

    def _start_next(self) -> Entry[Ticket[Any]] | None:
        """Start the next job: a person's, or where none waits, one of the background."""
        if (entry := self._queue.start_next()) is not None or self._queue.waiting:
            return entry
        taken = sum(each.rows for each in self._background.running)
        return self._background.start_next(self._queue.free_rows - taken)

    def _start(self, entry: Entry[Ticket[Any]], jobs: asyncio.TaskGroup) -> None:
        ticket = entry.item
        self._count_time()
        ticket._task = jobs.create_task(self._run_one(ticket), name=f"job-{ticket.id}")
        # Not in a `finally` of the job: a task that is cancelled before its first step never enters it.
        ticket._task.add_done_callback(lambda _: self._leave(entry))

    def _leave(self, entry: Entry[Ticket[Any]]) -> None:
        self._count_time()
        self._remove(entry)
        self._wake.set()

    def _remove(self, entry: Entry[Ticket[Any]]) -> None:
        self._queue.remove(entry)
        self._background.remove(entry)

    async def _run_one(self, ticket: Ticket[Any]) -> None:
        in_background = ticket._entry in self._background.running
        tenant = tenant_of(NO_SERVER if in_background else ticket._job.owner.server_id, self._key)
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
            self._count_time()
            self._pace.note(ticket._work)
            ticket._finish(result, None)

    # ---- how long it takes

    def _count_time(self) -> None:
        """Share the time since the last call among the jobs that the models worked on."""
        now = self._clock()
        passed_s, self._counted_until = now - self._counted_until, now
        running = [entry.item for entry in self._running]
        for ticket in running:
            ticket._work.quiet_s += passed_s
        awake = [ticket for ticket in running if not (ticket.finished or self._sleeps(ticket))]
        for ticket in awake:
            ticket._work.spent_s += passed_s / len(awake)

    def _sleeps(self, ticket: Ticket[Any]) -> bool:
        """Tell whether a job waits for models to be loaded: there are none, or it does not get on meanwhile."""
        loaded, work = self.loaded(), ticket._work
        return loaded <= 0.0 or (loaded < 1.0 and (not work.share or work.quiet_s > QUIET_S))

    def _replan(self) -> None:
        """Tell every ticket its place and its time."""
        running = [entry.item for entry in self._running]
        waiting = [entry.item for entry in (*self._queue.order(), *self._background.order())]
        works = [ticket._work for ticket in running]
        kinds = {ticket._work.kind for ticket in (*running, *waiting)}
        token_s = {kind: self._pace.token_s(kind, works) for kind in kinds}
        left = [left_s(work, token_s[work.kind]) for work in works]
        for number, ticket in enumerate(running):
            self._tell(ticket, 0, finishing_s(left, number))
        ahead_s = total_s(left)
        for position, ticket in enumerate(waiting, start=1):
            ahead_s = total_s([ahead_s, left_s(ticket._work, token_s[ticket._work.kind])])
            self._tell(ticket, position, ahead_s)

    def _tell(self, ticket: Ticket[Any], position: int, expected_s: float | None) -> None:
        asleep = self._sleeps(ticket)
        ticket._place(position, None if asleep else expected_s, self.loaded() if asleep else 1.0)

    def _retry_after_s(self, full: str | None, owner: Owner) -> float | None:
        """When the person's or the server's next job will be done; else when half of all that is there will be; None
        where nothing was measured yet."""
        entries = [*self._queue.running, *self._queue.order()]
        key = {"person": "person_id", "server": "server_id"}.get(full or "")
        if key is not None:
            entries = [entry for entry in entries if getattr(entry.owner, key) == getattr(owner, key)]
        told = [entry.item.eta_s for entry in entries if entry.item.eta_s is not None]
        if not told:
            return None
        return max(SHORTEST_RETRY_S, min(told) if key is not None else max(told) / 2)

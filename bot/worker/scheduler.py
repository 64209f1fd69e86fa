"""The scheduler: one thread in which both models work.

Causal rows of all requests decode together, step after step. Masked and scoring work comes as generators that yield
the forward passes they need; single passes slip in between decode steps, the works taking turns and sharing passes. So
a short infill never waits for somebody's long continuation; and while rows decode, passes take no more than their share
of the time, so that it never slows a continuation by more than a quarter either.

Beside somebody with few rows others have no more, and the passes of who has had least go first (`worker.time_shares`).

The causal engine may be exchanged while rows decode: those end where they began, and the old engine goes with the last.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from bot.errors import InferenceError, WorkerUnavailable
from bot.inference.protocol import Continuation, GenerateRequest, Partial
from bot.logs import describe
from bot.worker.batching import Turns, Work
from bot.worker.causal.protocol import CausalEngine, RowUpdate
from bot.worker.default_dtype import DEFAULT_DTYPE
from bot.worker.engines import Engines
from bot.worker.streams import Rate, Running, Stream, resolve, told_error
from bot.worker.time_shares import TimeShares

if TYPE_CHECKING:  # it imports torch, for which generating must not wait
    from bot.worker.compute_threads import ComputeThreads

_log = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")

PASS_SHARE = 0.18
"""The share of the time that passes may take while rows decode: these then last 1 / (1 - 0.18) = 1.22 times as long."""
GIVE_WAY_S = 0.02
"""Seconds that a step waits for the event loop at most."""
GIVE_WAY_TURNS = 3
"""Further turns of the event loop for which a step waits: what is ready makes more ready."""
ELSEWHERE_S = 0.25
"""Seconds after which the loop looks at rows that another machine decodes, where nothing was heard of them."""
MAX_FAILURES = 3
"""Decode steps that fail one after another before the engine itself, not a request, is held to be broken."""


class Scheduler:
    """Owns the models' thread. Its methods are called from the event loop in which it was made."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.steps = 0
        self.failed = asyncio.Event()
        self._clock = clock
        self._engines = Engines()
        self._has_causal = asyncio.Event()
        self._commands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._streams: set[Stream] = set()
        self._open: set[asyncio.Future[Any]] = set()
        self._rate = Rate()
        self._asyncio = asyncio.get_running_loop()
        # The thread's own:
        self._count = 0
        self._running: dict[str, Running] = {}
        self._suspects: deque[Running] = deque()
        self._failures = 0
        self._turns = Turns()
        self._shares = TimeShares(clock)
        self._owed_s = 0.0
        self._thread = threading.Thread(target=self._run, name="step-loop", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def close(self) -> None:
        """End the thread after the step it is in; what runs ends with `WorkerUnavailable`."""
        self._commands.put(None)
        await asyncio.to_thread(self._thread.join, 10.0)
        await self._engines.close()
        self._fail_all("the worker is closing")

    def adopt(self, causal: CausalEngine) -> None:
        """Begin to use a causal engine; requests that came before it was loaded have waited for it. Where there is one
        already, what it has begun it ends."""
        self._commands.put(lambda: self._engines.add(causal, lambda: self._commands.put(_wake)))
        self._has_causal.set()

    def widen(self, compute_threads: ComputeThreads) -> None:
        """Let works run side by side, once torch is there."""
        self._turns.compute_threads = compute_threads

    @property
    def rows_running(self) -> int:
        """Causal rows that decode, or wait for their prefill."""
        return self._engines.rows_running

    @property
    def requests(self) -> int:
        """Requests in hand: streams that are open and works that are not done."""
        return len(self._streams) + len(self._open)

    @property
    def untold(self) -> int:
        """What the thread has yet to be told. A thread that hangs is told nothing, though everybody left."""
        return self._commands.qsize()

    @property
    def tokens_per_s(self) -> float:
        """Tokens a second over the last few seconds of work."""
        return self._rate.tokens_per_s

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        """Yield the newest partials and every finished row. Leaving early cancels the rows that are left.

        Raises what the engine refuses the request with, and `WorkerUnavailable` where the thread ends.
        """
        arrived = time.monotonic()
        await self._has_causal.wait()
        if request.deadline_s is not None:
            request = replace(request, deadline_s=max(0.0, request.deadline_s - (time.monotonic() - arrived)))
        self._refuse_if_ended()
        numbers = range(len(request.rows))
        stream = Stream(left=set(numbers))
        self._streams.add(stream)
        self._commands.put(lambda: self._add(Running(stream, request, list(numbers))))
        try:
            async with aclosing(stream.events()) as events:
                async for event in events:
                    yield event
        finally:
            self._streams.discard(stream)
            if stream.left and stream.failure is None:
                self._commands.put(lambda: self._cancel(stream))

    async def run(self, work: Work[ResultT], tenant: str = "") -> ResultT:
        """Run a work in the models' thread, its passes between decode steps, and return its result."""
        self._refuse_if_ended()
        answer: asyncio.Future[ResultT] = self._asyncio.create_future()

        def done(result: Any, error: Exception | None) -> None:
            self._call(resolve, answer, result, None if error is None else told_error(error))

        self._open.add(answer)
        self._commands.put(lambda: self._turns.add(work, done, tenant))
        try:
            return await answer
        except asyncio.CancelledError:
            self._commands.put(lambda: self._turns.drop(work))
            raise
        finally:
            self._open.discard(answer)

    def _refuse_if_ended(self) -> None:
        if self.failed.is_set():
            raise WorkerUnavailable("the models' thread has ended")

    # -- in the thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._take_commands(self._pause_s()):
                if not self._running and self._suspects:
                    self._start(self._suspects.popleft())
                self._take_turns()
                self._give_way()
        except BaseException:
            _log.exception("the scheduler failed; the worker ends so that another can be started")
            self._call(self._fail_all, "the models' thread failed")

    def _take_turns(self) -> None:
        """A decode step, a pass, or both."""
        (rows, asked), working = self._rows_of_each(), self._turns.tenants
        self._shares.look(rows.keys() | working)
        first = min(working, key=self._shares.used, default=None) if self._shares.several else None
        here = self._engines.rows_here > 0
        if here and first is not None and rows and self._shares.is_behind(first, rows):
            self._step_turns(first)
            return
        if self.rows_running:
            level = self._shares.level(asked)
            took_s = self._timed(lambda: self._step_causal(level))
            if here:
                self._shares.charge({tenant: min(count, level or count) for tenant, count in rows.items()}, took_s)
                self._owed_s -= took_s
        if not here:
            self._owed_s = 0.0
        if self._turns and self._owed_s <= 0.0:
            # What is owed to the rows; of time in which no pass was wanted nothing is saved up.
            self._owed_s = self._step_turns(first) * (1.0 / PASS_SHARE - 1.0)

    def _rows_of_each(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many rows of each tenant have not ended, and how many its requests under way have in all."""
        rows, asked = Counter[str](), Counter[str]()
        for running in self._running.values():
            rows[running.request.tenant] += running.rows_left
            asked[running.request.tenant] += len(running.rows)
        return rows, asked

    def _timed(self, step: Callable[[], None]) -> float:
        """Do a step and return how many seconds it took."""
        began = self._clock()
        step()
        return self._clock() - began

    def _call(self, function: Callable[..., None], *args: Any) -> None:
        """Call in the event loop; when that has ended nobody is left to be told."""
        try:
            self._asyncio.call_soon_threadsafe(function, *args)
        except RuntimeError:
            _log.debug("the event loop has ended")

    def _pause_s(self) -> float | None:
        """Return how many seconds to wait for a command: none while there is work, None where there is nothing."""
        if self._turns or self._suspects or self._engines.rows_here:
            return 0.0
        return ELSEWHERE_S if self.rows_running else None

    def _take_commands(self, wait_s: float | None) -> bool:
        """Carry out what was asked meanwhile; False when the loop is to end."""
        while True:
            try:
                command = self._commands.get(block=wait_s != 0.0, timeout=wait_s)
            except queue.Empty:
                return True
            if command is None:
                return False
            command()
            wait_s = 0.0

    def _give_way(self) -> None:
        """Let the event loop run what is ready before the next step, which may hold the interpreter's lock."""
        settled = threading.Event()
        self._call(self._settle, settled, GIVE_WAY_TURNS)
        settled.wait(GIVE_WAY_S)

    def _step_causal(self, level: int | None) -> None:
        for engine in self._engines:
            if engine.rows_running:
                self._step_engine(engine, level)
        self._engines.let_go()

    def _step_engine(self, engine: CausalEngine, level: int | None) -> None:
        began, here = time.monotonic(), self._engines.rows_here > 0
        try:
            updates = engine.step(level)
        except Exception as error:
            self._failures += 1
            if self._failures > MAX_FAILURES:
                raise
            self._quarantine(engine, error)
            return
        finally:
            self.steps += 1
        known = [(self._running[update.request_id], update) for update in updates if update.request_id in self._running]
        tokens = sum(running.note(update.event) for running, update in known)
        if here:
            self._rate.add(time.monotonic() - began, tokens)
        if known:  # a step that only clears away what was cancelled proves nothing
            self._failures = 0
        for key in {update.request_id for _, update in known}:
            if self._running[key].rows_left == 0:
                del self._running[key]
        if known:
            self._call(self._deliver, known)
        for failure in self._engines.failures():
            if (failed := self._running.pop(failure.request_id, None)) is not None:
                self._call(failed.stream.fail, failure.error)

    def _quarantine(self, engine: CausalEngine, error: Exception) -> None:
        """A step failed. Alone in the batch a request has itself to blame; several are tried again one by one."""
        keys = [key for key, one in self._running.items() if one.engine is engine]
        for key in keys:
            engine.cancel(key)
        running = [self._running.pop(key) for key in keys]
        _log.error("a decode step failed with %d requests in the batch", len(running), exc_info=error)
        if len(running) == 1:
            self._call(running[0].stream.fail, InferenceError(describe(error)))
            return
        self._suspects.extend(one.again() for one in running)

    def _add(self, running: Running) -> None:
        if self._suspects:
            self._suspects.append(running)  # while suspects are tried alone, nobody joins them
        else:
            self._start(running)

    def _start(self, running: Running) -> None:
        running.engine = self._engines.newest
        # An id of the loop's own: a request sent or tried again never meets what is left of its first run.
        self._count += 1
        key = f"{running.request.request_id}#{self._count}"
        try:
            running.engine.add(replace(running.request, request_id=key))
        except Exception as error:  # one request's mistake is that request's failure
            self._call(running.stream.fail, told_error(error))
        else:
            self._running[key] = running

    def _cancel(self, stream: Stream) -> None:
        self._suspects = deque(one for one in self._suspects if one.stream is not stream)
        for key, running in [(key, one) for key, one in self._running.items() if one.stream is stream]:
            del self._running[key]
            if running.engine is not None:
                running.engine.cancel(key)

    def _step_turns(self, tenant: str | None) -> float:
        """Run a pass, of that tenant if one is named; return how many seconds it took."""
        began = self._clock()
        tokens: dict[str, int] = {}
        try:
            with DEFAULT_DTYPE:
                tokens = self._turns.step(hurried=self._shares.several or self._engines.rows_here > 0, tenant=tenant)
        finally:
            self.steps += 1
        took_s = self._clock() - began
        if tokens:
            self._shares.charge(tokens, took_s)
        return took_s

    # -- in the event loop --------------------------------------------------------------------------------

    def _settle(self, settled: threading.Event, turns: int) -> None:
        if turns:
            self._asyncio.call_soon(self._settle, settled, turns - 1)
        else:
            settled.set()

    def _deliver(self, updates: Sequence[tuple[Running, RowUpdate]]) -> None:
        for running, update in updates:
            running.stream.put(replace(update.event, row=running.rows[update.event.row]))

    def _fail_all(self, reason: str) -> None:
        self.failed.set()
        failure = WorkerUnavailable(reason)
        for stream in self._streams:
            stream.fail(failure)
        for answer in self._open:
            resolve(answer, None, failure)
        self._has_causal.set()


def _wake() -> None:
    """A command that does nothing but wake the thread: the next step follows it."""

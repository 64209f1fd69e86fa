"""The step loop: one thread in which both models work.

Causal rows of all requests decode together, step after step. Masked and scoring work comes as generators that
yield after each batched forward pass; one pass slips in between two decode steps, the works taking turns.
So a short infill never waits for somebody's long continuation, and slows it by its own passes only.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.errors import WorkerRefused, WorkerUnavailable
from bot.inference.causal import CausalEngine, RowUpdate
from bot.inference.engine import Continuation, GenerateRequest, Partial

_log = logging.getLogger(__name__)
ResultT = TypeVar("ResultT")
Work = Generator[None, None, Any]

_RATE_WINDOW_S = 5.0


@dataclass(slots=True, eq=False)
class _Stream:
    """What the readers of one request have not taken yet: every finished row, and each row's newest partial."""

    rows_left: int
    finished: deque[Continuation] = field(default_factory=deque)
    partials: dict[int, Partial] = field(default_factory=dict)
    failure: Exception | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, event: Partial | Continuation) -> None:
        if isinstance(event, Partial):
            self.partials[event.row] = event
        else:
            self.partials.pop(event.row, None)
            self.finished.append(event)
            self.rows_left -= 1
        self.changed.set()

    def fail(self, error: Exception) -> None:
        self.failure = error
        self.changed.set()


@dataclass(slots=True, eq=False)
class _Task:
    """A piece of masked or scoring work and who waits for it."""

    work: Work
    done: asyncio.Future[Any]


class StepLoop:
    """Owns the models' thread. Its methods are called from the event loop that `start` was called in."""

    def __init__(self) -> None:
        self.steps = 0
        self._causal: CausalEngine | None = None
        self._has_causal = asyncio.Event()
        self._commands: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._streams: dict[str, _Stream] = {}
        self._tasks: deque[_Task] = deque()
        self._tokens: deque[tuple[float, int]] = deque()
        self._thread = threading.Thread(target=self._run, name="step-loop", daemon=True)
        self._asyncio = asyncio.get_running_loop()
        self.failed = asyncio.Event()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End the thread after the step it is in; what runs is abandoned."""
        self._commands.put(None)
        self._thread.join(timeout=10.0)

    def adopt(self, causal: CausalEngine) -> None:
        """Begin to use a causal engine; requests that came before it was loaded have waited for it."""
        self._causal = causal
        self._has_causal.set()

    @property
    def rows_running(self) -> int:
        """Causal rows that decode, or wait for their prefill."""
        return self._causal.rows_running if self._causal is not None else 0

    @property
    def requests_waiting(self) -> int:
        """Requests in hand: streams that are open and works that are not done."""
        return len(self._streams) + len(self._tasks)

    @property
    def tokens_per_s(self) -> float:
        """Tokens a second over the last few seconds of work."""
        since = time.monotonic() - _RATE_WINDOW_S
        recent = [(when, count) for when, count in tuple(self._tokens) if when >= since]
        if len(recent) < 2:
            return 0.0
        return sum(count for _, count in recent[1:]) / max(1e-3, recent[-1][0] - recent[0][0])

    async def generate(self, request: GenerateRequest) -> AsyncIterator[Partial | Continuation]:
        """Yield the newest partials and every finished row. Leaving early cancels the rows that are left.

        Raises `WorkerRefused` where the engine refuses the request or its id is in use.
        """
        await self._has_causal.wait()
        if request.request_id in self._streams:
            raise WorkerRefused(f"request {request.request_id} is running already")
        stream = self._streams[request.request_id] = _Stream(rows_left=len(request.rows))
        self._commands.put(lambda: self._add(request, stream))
        try:
            while True:
                while stream.finished:
                    yield stream.finished.popleft()
                if stream.failure is not None:
                    raise stream.failure
                if stream.rows_left == 0:
                    return
                partials, stream.partials = stream.partials, {}
                for partial in partials.values():
                    yield partial
                if not (stream.finished or stream.partials or stream.failure):
                    stream.changed.clear()
                    await stream.changed.wait()
        finally:
            del self._streams[request.request_id]
            if stream.rows_left and stream.failure is None:
                self._commands.put(lambda: self._cancel(request.request_id))

    async def run(self, work: Generator[None, None, ResultT]) -> ResultT:
        """Run a generator in the models' thread, one pass between two decode steps, and return its result."""
        task = _Task(work, self._asyncio.create_future())
        self._commands.put(lambda: self._tasks.append(task))
        try:
            result: ResultT = await task.done
            return result
        except asyncio.CancelledError:
            self._commands.put(lambda: self._drop(task))
            raise

    # -- in the thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                idle = not self._tasks and not self.rows_running
                if not self._take_commands(wait=idle):
                    return
                if self.rows_running:
                    self._step_causal()
                if self._tasks:
                    self._step_task()
                time.sleep(0)  # give way: a step may have held the interpreter's lock throughout
        except BaseException:
            _log.exception("the step loop failed; the worker ends so that its supervisor starts another")
            self._asyncio.call_soon_threadsafe(self._fail_all)

    def _take_commands(self, *, wait: bool) -> bool:
        """Carry out what was asked meanwhile; False when the loop is to end."""
        while True:
            try:
                command = self._commands.get(block=wait)
            except queue.Empty:
                return True
            if command is None:
                return False
            command()
            wait = False

    def _step_causal(self) -> None:
        assert self._causal is not None
        updates = self._causal.step()
        self.steps += 1
        if updates:
            self._tokens.append((time.monotonic(), len(updates)))
            if len(self._tokens) > 1024:
                self._tokens.popleft()
            self._asyncio.call_soon_threadsafe(self._deliver, updates)

    def _step_task(self) -> None:
        """Advance the task whose turn it is by one pass."""
        task = self._tasks.popleft()
        self.steps += 1
        try:
            next(task.work)
        except StopIteration as stop:
            self._asyncio.call_soon_threadsafe(_resolve, task.done, stop.value, None)
        except Exception as error:  # one request's mistake is that request's failure
            _log.exception("masked or scoring work failed")
            failure = error if isinstance(error, WorkerRefused) else WorkerRefused(f"{type(error).__name__}: {error}")
            self._asyncio.call_soon_threadsafe(_resolve, task.done, None, failure)
        else:
            self._tasks.append(task)

    def _add(self, request: GenerateRequest, stream: _Stream) -> None:
        assert self._causal is not None
        try:
            self._causal.add(request)
        except Exception as error:  # likewise
            _log.warning("request %s refused: %s", request.request_id, error)
            failure = error if isinstance(error, WorkerRefused) else WorkerRefused(f"{type(error).__name__}: {error}")
            self._asyncio.call_soon_threadsafe(stream.fail, failure)

    def _cancel(self, request_id: str) -> None:
        assert self._causal is not None
        self._causal.cancel(request_id)

    def _drop(self, task: _Task) -> None:
        if task in self._tasks:
            self._tasks.remove(task)
            task.work.close()

    # -- in the event loop --------------------------------------------------------------------------------

    def _deliver(self, updates: list[RowUpdate]) -> None:
        for update in updates:
            stream = self._streams.get(update.request_id)
            if stream is not None:
                stream.put(update.event)

    def _fail_all(self) -> None:
        failure = WorkerUnavailable("the models' thread failed")
        for stream in self._streams.values():
            stream.fail(failure)
        for task in self._tasks:
            _resolve(task.done, None, failure)
        self.failed.set()


def _resolve(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)

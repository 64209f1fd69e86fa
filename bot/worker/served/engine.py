"""A model server as a causal engine of the worker: the third, beside torch and OpenVINO.

The server batches; here rows are only sent and read, in a thread with an event loop of its own, and the scheduler is
woken when something has come. A request that must stay on this machine is given to a local engine, which is opened when
the first one comes.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence

from bot.errors import HostError, InferenceError, WorkerRefused
from bot.inference.model_server import ModelServer, shown
from bot.inference.protocol import Continuation, GenerateRequest, ModelInfo
from bot.worker.causal.protocol import Capabilities, CausalEngine, Failure, RowUpdate
from bot.worker.served.probe import PLAIN_WINDOW
from bot.worker.served.sending import Sender

_log = logging.getLogger(__name__)


class ServedEngine:
    """An `ElsewhereEngine`. `open_local` opens the engine for requests that are `local`; it may take its time, and
    raise `HostError`. Close it in the end."""

    capabilities = Capabilities(samplers=frozenset({"temperature", "top_p"}), reproducible="unknown")

    def __init__(self, server: ModelServer, open_local: Callable[[], CausalEngine]) -> None:
        self._server = server
        self._open_local = open_local
        self._news: queue.SimpleQueue[RowUpdate | Failure] = queue.SimpleQueue()
        self._wake: Callable[[], None] = _nothing
        self._level: int | None = None
        self._left: dict[str, int] = {}
        self._failures: list[Failure] = []
        self._local: CausalEngine | None = None
        self._opening: threading.Thread | None = None
        self._opened: queue.SimpleQueue[CausalEngine | HostError] = queue.SimpleQueue()
        self._local_waiting: dict[str, GenerateRequest] = {}
        self._loop = asyncio.new_event_loop()
        self._sender: Sender | None = None
        self._thread = threading.Thread(target=self._run, name="model-server", daemon=True)
        self._thread.start()

    @property
    def info(self) -> ModelInfo:
        """What is known of the server's model by now."""
        found = self._sender.found if self._sender is not None else None
        return ModelInfo(
            role="story",
            name=shown(found.model if found is not None else self._server.model) or "?",
            revision="served",
            engine="openai",
            window=found.window if found is not None else PLAIN_WINDOW,
            host=self._server.told_host,
        )

    @property
    def rows_running(self) -> int:
        """How many rows have not ended, or have news that no step has told yet."""
        waiting = sum(len(request.rows) for request in self._local_waiting.values())
        return sum(self._left.values()) + waiting + self.rows_here

    @property
    def rows_here(self) -> int:
        """How many rows a local engine writes."""
        return self._local.rows_running if self._local is not None else 0

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` when a step has something to tell."""
        self._wake = wake

    def add(self, request: GenerateRequest) -> None:
        """Send the rows of `request`, or let a local engine write them. Raises `WorkerRefused`."""
        if not any(piece.text.strip() for piece in request.pieces):
            raise WorkerRefused("there is no text to continue")
        if request.local and not self._server.is_here:
            self._add_local(request)
            return
        self._left[request.request_id] = len(request.rows)
        self._call(lambda sender: sender.add(request))

    def cancel(self, request_id: str) -> None:
        """End the rows of a request; a later step gives what they have."""
        if self._local_waiting.pop(request_id, None) is None and self._local is not None:
            self._local.cancel(request_id)
        if request_id in self._left:
            self._call(lambda sender: sender.end(request_id, "cancelled"))

    def step(self, level: int | None = None) -> list[RowUpdate]:
        """Return what has come since the last step; a local engine does one of its own."""
        if level != self._level:
            self._level = level
            self._call(lambda sender: sender.set_level(level))
        updates: list[RowUpdate] = []
        while True:
            try:
                news = self._news.get_nowait()
            except queue.Empty:
                break
            self._note(news, updates)
        return updates + self._step_local(level)

    def failures(self) -> Sequence[Failure]:
        """Return the requests that failed since the last call."""
        failures, self._failures = self._failures, []
        return failures

    def close(self) -> None:
        """Break off what runs, and end the connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    # -- the server's part

    def _note(self, news: RowUpdate | Failure, updates: list[RowUpdate]) -> None:
        left = self._left.get(news.request_id)
        if left is None:
            return  # of a request that failed, some rows were still on their way
        if isinstance(news, Failure):
            del self._left[news.request_id]
            self._failures.append(news)
            return
        updates.append(news)
        if isinstance(news.event, Continuation):
            self._left[news.request_id] = left - 1
            if left == 1:
                del self._left[news.request_id]

    def _tell(self, news: RowUpdate | Failure) -> None:
        self._news.put(news)
        self._wake()

    def _call(self, what: Callable[[Sender], None]) -> None:
        def call() -> None:
            assert self._sender is not None, "it is made before anything else in that loop"
            what(self._sender)

        self._loop.call_soon_threadsafe(call)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._make())
            self._loop.run_forever()
            assert self._sender is not None, "it was made"
            self._loop.run_until_complete(self._sender.close())
        finally:
            self._loop.close()

    async def _make(self) -> None:
        self._sender = Sender(self._server, self._tell)
        self._sender.begin()

    # -- the local part

    def _add_local(self, request: GenerateRequest) -> None:
        if self._local is not None:
            self._local.add(request)
            return
        self._local_waiting[request.request_id] = request
        if self._opening is None:
            _log.info("a story stays on this machine: a local model is loaded for it")
            self._opening = threading.Thread(target=self._open, name="local-model", daemon=True)
            self._opening.start()

    def _open(self) -> None:
        try:
            self._opened.put(self._open_local())
        except HostError as error:
            self._opened.put(error)
        except Exception as error:
            _log.exception("the local model could not be loaded")
            self._opened.put(HostError(type(error).__name__))
        self._wake()

    def _step_local(self, level: int | None) -> list[RowUpdate]:
        if self._local is None:
            self._take_opened()
        return self._local.step(level) if self._local is not None and self._local.rows_running else []

    def _take_opened(self) -> None:
        try:
            opened = self._opened.get_nowait()
        except queue.Empty:
            return
        self._opening = None
        waiting, self._local_waiting = self._local_waiting, {}
        if isinstance(opened, HostError):
            _log.error("a story that stays on this machine cannot be continued: %s", opened)
            failure = InferenceError(f"the local model could not be loaded: {opened}")
            self._failures += [Failure(request_id=key, error=failure) for key in waiting]
            return
        self._local = opened
        for key, request in waiting.items():
            try:
                opened.add(request)
            except WorkerRefused as error:
                self._failures.append(Failure(request_id=key, error=error))


def _nothing() -> None:
    """What is called while nobody listens."""

"""The real worker on a real Unix socket, with tiny models, in a thread of this process."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from bot.errors import WorkerUnavailable
from bot.inference.client import EngineClient
from bot.inference.model_server import ModelServer
from bot.inference.worker_config import ModelPlan
from bot.settings import EngineChoice, ModelChoice
from bot.worker.serving import bind_unix, serve
from tests.support.patience import PATIENCE_S, until_answered


class Worker(threading.Thread):
    """Serves at `url` until `stop`; what it raised is in `error`."""

    def __init__(self, plan: ModelPlan, path: Path) -> None:
        super().__init__(name="test-worker", daemon=True)
        self.url = f"unix://{path}"
        self._plan = plan
        self._bound = bind_unix(path)
        self._bound.listen()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._started = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self.error = error
        finally:
            self._started.set()

    async def _main(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._started.set()
        await serve(self._plan, self._bound, None, self._stopping)

    def stop(self) -> None:
        self._started.wait()
        if self._loop is not None and self._stopping is not None and self.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self.join(PATIENCE_S)


@contextmanager
def serving(
    causal: Path,
    masked: Path,
    *,
    infill: Path | None = None,
    engine: EngineChoice = "torch",
    server: ModelServer | None = None,
) -> Iterator[Worker]:
    """Start a worker with the models of these folders (see `tests.support.models`). The infill pair's causal model is
    `infill`, or what writes; a `server` writes in the place of both.

    What it dies of is raised at the end.
    """
    with tempfile.TemporaryDirectory(prefix="inkling-") as folder:
        plan = ModelPlan(
            data=Path(folder),
            causal=ModelChoice(name=str(causal)),
            infill=ModelChoice(name=str(infill or causal)),
            masked=ModelChoice(name=str(masked)),
            engine=engine,
            device="cpu",
            dtype="float32",
            server=server,
        )
        worker = Worker(plan, Path(folder) / "worker.sock")
        worker.start()
        try:
            yield worker
        finally:
            worker.stop()
        if worker.error is not None:
            raise worker.error


@asynccontextmanager
async def client_of(worker: Worker, *, ready: bool = True) -> AsyncIterator[EngineClient]:
    """Give a client of the worker; with `ready` it waits until both models are loaded."""
    async with EngineClient(worker.url) as client:
        if ready:
            await _until_ready(client, worker)
        yield client


@asynccontextmanager
async def running_worker(
    causal: Path, masked: Path, *, infill: Path | None = None, engine: EngineChoice = "torch", ready: bool = True
) -> AsyncIterator[EngineClient]:
    """Give a client of a worker of its own. See `serving` and `client_of`."""
    with serving(causal, masked, infill=infill, engine=engine) as worker:
        async with client_of(worker, ready=ready) as client:
            yield client


async def until_ready(worker: Worker) -> None:
    """Wait until both models are loaded."""
    async with client_of(worker):
        pass


async def _until_ready(client: EngineClient, worker: Worker) -> None:
    async def ready() -> bool:
        if worker.error is not None:
            raise worker.error
        with suppress(WorkerUnavailable):
            return (await client.health()).ready
        return False

    await until_answered(ready)

"""The real worker on a real Unix socket, with tiny models, in a thread of this process."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.errors import WorkerUnavailable
from bot.inference.client import EngineClient
from bot.inference.plan import ModelPlan
from bot.inference.worker.serving import bind_unix, serve
from bot.settings import EngineChoice, ModelChoice


class _Thread(threading.Thread):
    """Serves until `stop`; what it raised is in `error`."""

    def __init__(self, plan: ModelPlan, path: Path) -> None:
        super().__init__(name="test-worker", daemon=True)
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
        self.join(30.0)


async def _until_ready(client: EngineClient, thread: _Thread) -> None:
    for _ in range(6000):
        with suppress(WorkerUnavailable):
            if (await client.health()).ready:
                return
        if thread.error is not None:
            raise thread.error
        await asyncio.sleep(0.02)
    raise TimeoutError("the tiny models did not load within two minutes")


@asynccontextmanager
async def running_worker(
    causal: Path, masked: Path, *, engine: EngineChoice = "torch", ready: bool = True
) -> AsyncIterator[EngineClient]:
    """Give a client of a worker with the models of these folders (see `tests.support.models`).

    With `ready` it waits until both models are loaded. What the worker dies of is raised at the end.
    """
    with tempfile.TemporaryDirectory(prefix="inkling-") as folder:
        path = Path(folder) / "worker.sock"
        plan = ModelPlan(
            data=Path(folder),
            causal=ModelChoice(name=str(causal)),
            masked=ModelChoice(name=str(masked)),
            engine=engine,
            device="cpu",
            dtype="float32",
        )
        thread = _Thread(plan, path)
        thread.start()
        try:
            async with EngineClient(f"unix://{path}") as client:
                if ready:
                    await _until_ready(client, thread)
                yield client
        finally:
            await asyncio.to_thread(thread.stop)
        if thread.error is not None:
            raise thread.error

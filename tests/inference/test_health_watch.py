"""What is known of a worker on another machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.inference.client import EngineClient
from bot.inference.health_watch import HealthWatch
from tests.support.patience import until


@asynccontextmanager
async def watching(client: EngineClient) -> AsyncIterator[HealthWatch]:
    watch = HealthWatch(client)
    task = asyncio.create_task(watch.run())
    yield watch
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_worker_tells_how_much_of_it_is_loaded(engine: EngineClient) -> None:
    async with watching(engine) as watch:
        await until(lambda: watch.last.stage == "ready")
        assert (watch.last.ready, watch.last.loaded) == (True, 1.0)


async def test_worker_that_does_not_answer_has_nothing_loaded(tmp_path: Path) -> None:
    async with EngineClient(f"unix://{tmp_path}/nowhere.sock") as client, watching(client) as watch:
        await until(lambda: not watch.last.ready)
        assert watch.last.loaded == 0.0

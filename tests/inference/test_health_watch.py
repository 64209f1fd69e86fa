"""What is known of a worker on another machine, and what the log tells of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.errors import WorkerUnavailable
from bot.inference.client import EngineClient
from bot.inference.fake_engine import FakeEngine
from bot.inference.health_watch import LOADED_S, LOADING_S, HealthWatch
from bot.inference.protocol import Health, ModelInfo
from tests.support.patience import until

STORY = ModelInfo(role="story", name="a-model", revision="1", engine="torch", window=2048)
GONE = WorkerUnavailable("the worker at http://models.lan cannot be reached (Connection refused)")
LOADING, READY = (Health(ready=ready, stage="loading", models=(STORY,)) for ready in (False, True))


class ToldEngine(FakeEngine):
    """An engine that is how it is told to be, one after another, and whose watch is over then."""

    def __init__(self, *states: Health | WorkerUnavailable) -> None:
        super().__init__()
        self.states = list(states)

    async def health(self) -> Health:
        if not self.states:
            raise asyncio.CancelledError
        state = self.states.pop(0)
        if isinstance(state, WorkerUnavailable):
            raise state
        return state


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


async def test_health_watch_logs_each_change_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    waits = list[float]()

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    engine = ToldEngine(GONE, GONE, LOADING, READY, READY, GONE, LOADING, READY)
    with pytest.raises(asyncio.CancelledError):
        await HealthWatch(engine, wait).run()
    gone, ready = f"{GONE}: asking again until it answers", "the models are ready (story: a-model)"
    assert caplog.messages == [gone, ready, gone, ready]
    assert waits == [LOADING_S] * 3 + [LOADED_S] * 2 + [LOADING_S] * 2 + [LOADED_S]


async def test_health_of_a_worker_that_cannot_be_reached_names_no_socket() -> None:
    async with EngineClient("unix:///nowhere/inkling-0/worker.sock") as client:
        with pytest.raises(WorkerUnavailable) as caught:
            await client.health()
    assert str(caught.value) == "the models' process cannot be reached (No such file or directory)"

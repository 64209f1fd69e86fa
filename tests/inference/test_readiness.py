"""The log tells when the models of a worker that somebody else started are ready."""

from __future__ import annotations

import logging

import pytest

from bot.errors import WorkerUnavailable
from bot.inference.client import EngineClient
from bot.inference.fake_engine import FakeEngine
from bot.inference.protocol import Health, ModelInfo
from bot.inference.readiness import tell_when_ready

STORY = ModelInfo(role="story", name="a-model", revision="1", engine="torch", window=2048)


class LateEngine(FakeEngine):
    """An engine that cannot be reached twice, then loads, then is ready."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def health(self) -> Health:
        self.asked += 1
        if self.asked <= 2:
            raise WorkerUnavailable("the worker at http://models.lan cannot be reached (Connection refused)")
        return Health(ready=self.asked == 4, stage="loading", models=(STORY,))


async def test_worker_that_is_late_is_told_once_and_its_being_ready_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    waits = list[float]()

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    await tell_when_ready(LateEngine(), wait)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "http://models.lan cannot be reached" in caplog.messages[0]
    assert caplog.messages[1] == "the models are ready (story: a-model)"
    assert len(waits) == 3


async def test_worker_that_cannot_be_reached_is_named_without_its_socket() -> None:
    async with EngineClient("unix:///nowhere/inkling-0/worker.sock") as client:
        with pytest.raises(WorkerUnavailable) as caught:
            await client.health()
    assert str(caught.value) == "the models' process cannot be reached (No such file or directory)"

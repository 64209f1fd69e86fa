"""A worker with tiny models that the command line reaches at INFERENCE_URL."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.inference import client
from tests.support.worker import running_worker

Inkling = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def worker_url(tiny_causal: Path, tiny_masked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a worker that runs in a thread of its own."""
    up, down, address = threading.Event(), threading.Event(), ""

    async def serve() -> None:
        nonlocal address
        async with running_worker(tiny_causal, tiny_masked) as reached:
            assert isinstance(reached, client.EngineClient)
            address = reached.url
            up.set()
            await asyncio.to_thread(down.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="worker", daemon=True)
    thread.start()
    assert up.wait(120), "the tiny worker did not start"
    yield address
    down.set()
    thread.join(30)


@pytest.fixture
def inkling(
    tmp_path: Path,
    tiny_causal: Path,
    tiny_masked: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Inkling]:
    """Run one command line in a folder of its own; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "INKLING_DATA": str(tmp_path / "data"),
        "CAUSAL_MODEL": str(tiny_causal),
        "MASKED_MODEL": str(tiny_masked),
        "ENGINE": "torch",
        "DISCORD_TOKEN": "",
    }.items():
        monkeypatch.setenv(name, value)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)

"""The supervisor with real processes: crashes, hangs, the end of the parent, and what is left behind."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import WorkerUnavailable
from bot.inference.liveness import Patience
from bot.inference.protocol import Continuation, GenerateRequest, Piece, Row
from bot.inference.supervisor import Supervisor
from bot.rules.moods import Sampling
from bot.settings import ModelChoice, Settings
from tests.support.models import tiny_bert, tiny_gpt2
from tests.support.patience import until, wait_until

LONG = 120
SEEDS = range(4)
QUICK = Patience(hang_s=6.0, answer_s=2.0, poll_s=0.1, backoff_s=0.05, stop_s=10.0)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("models")
    return Settings(
        discord_token="very-secret",
        data=folder,
        engine="torch",
        device="cpu",
        dtype="float32",
        causal_model=ModelChoice(name=str(tiny_gpt2(folder / "gpt2", window=2048))),
        infill_model=ModelChoice(name=str(tiny_gpt2(folder / "gpt2", window=2048))),
        masked_model=ModelChoice(name=str(tiny_bert(folder / "bert"))),
    )


@pytest.fixture(autouse=True)
def sockets_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let the supervisor make its folders where they can be counted, with a path that is short enough."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "very-secret")


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@asynccontextmanager
async def supervised(settings: Settings, patience: Patience = QUICK) -> AsyncIterator[Supervisor]:
    async with Supervisor(settings, patience=patience) as supervisor:
        await ready(supervisor)
        yield supervisor


async def ready(supervisor: Supervisor) -> None:
    await until(lambda: supervisor.last_health.ready)
    assert (await supervisor.engine.health()).ready


def request(*seeds: int, tokens: int = LONG, request_id: str = "r") -> GenerateRequest:
    rows = tuple(Row(seed=seed, mood="open", sampling=Sampling(min_p=0.05)) for seed in seeds)
    pieces = (Piece(text="The fox opened the door", label="text"),)
    return GenerateRequest(request_id=request_id, pieces=pieces, rows=rows, max_new_tokens=tokens)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def texts(supervisor: Supervisor, asked: GenerateRequest) -> dict[int, str]:
    return {
        event.row: event.text async for event in supervisor.engine.generate(asked) if isinstance(event, Continuation)
    }


async def strike(supervisor: Supervisor, asked: GenerateRequest, number: signal.Signals) -> dict[int, Continuation]:
    """Send a signal to the worker once its text runs; return what came back all the same, each row once."""
    done: dict[int, Continuation] = {}
    struck = False
    async for event in supervisor.engine.generate(asked):
        if isinstance(event, Continuation):
            assert event.row not in done
            done[event.row] = event
        if not struck:
            struck = True
            assert supervisor.pid is not None
            os.kill(supervisor.pid, number)
    assert struck
    return done


async def test_killed_and_stopped_workers_lose_no_row(settings: Settings) -> None:
    async with supervised(settings) as supervisor:
        first = supervisor.pid
        expected = await texts(supervisor, request(*SEEDS))
        killed = await strike(supervisor, request(*SEEDS, request_id="again"), signal.SIGKILL)
        assert supervisor.restarts == 1
        assert supervisor.pid not in (None, first)
        await ready(supervisor)
        stopped = await strike(supervisor, request(*SEEDS, request_id="and again"), signal.SIGSTOP)
        assert supervisor.restarts == 2
    # In float32 a seed repeats its text, alone and in company: what was asked for again is the same.
    assert {row: one.text for row, one in killed.items()} == expected
    assert {row: one.text for row, one in stopped.items()} == expected


async def test_supervisor_starts_and_ends_a_worker(
    settings: Settings, sockets_here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    async with Supervisor(settings, patience=Patience(poll_s=0.1)) as supervisor:
        assert not (await supervisor.engine.health()).ready  # entering does not wait
        assert await texts(supervisor, request(1, tokens=5))  # a call does
        pid = supervisor.pid
        assert pid is not None
        _check_privacy(pid, sockets_here)
        await ready(supervisor)
        assert caplog.text.count("the models are ready (story: gpt2, ") == 1
        assert await texts(supervisor, request(2, tokens=5, request_id="again"))
        assert supervisor.pid == pid
    assert not alive(pid)
    assert not left_in(sockets_here)
    with pytest.raises(WorkerUnavailable):
        await texts(supervisor, request(1, tokens=5))
    assert caplog.text.count("the models are ready") == 1


@pytest.mark.long
async def test_supervisor_replaces_an_idle_worker_that_hangs(settings: Settings) -> None:
    async with supervised(settings) as supervisor:
        await stop_and_see_another(supervisor)
        assert await texts(supervisor, request(1, tokens=5))


@pytest.mark.long
async def test_worker_that_hangs_while_it_loads_is_replaced(settings: Settings) -> None:
    async with Supervisor(settings, patience=replace(QUICK, mute_s=60.0)) as supervisor:
        asked = asyncio.create_task(texts(supervisor, request(1, tokens=5)))
        await until(lambda: supervisor.pid is not None)
        await stop_and_see_another(supervisor)
        assert await asked


@pytest.mark.long
async def test_request_outlives_a_stopped_worker_with_the_patience_of_every_day(settings: Settings) -> None:
    async with supervised(settings, Patience()) as supervisor:
        stopped = await strike(supervisor, request(*SEEDS), signal.SIGSTOP)
        assert len(stopped) == len(SEEDS)
        assert supervisor.restarts == 1


async def stop_and_see_another(supervisor: Supervisor) -> None:
    """Stop the worker's process and wait until there is another."""
    first = supervisor.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    await until(lambda: supervisor.pid not in (None, first))
    assert not alive(first)


def _check_privacy(pid: int, sockets: Path) -> None:
    assert os.getsid(pid) == pid
    (folder,) = sockets.iterdir()
    (socket,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_ISSOCK(socket.stat().st_mode)
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    process = Path(f"/proc/{pid}")
    if process.exists():  # not on macOS
        told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        assert b"very-secret" not in told


async def test_supervisor_left_while_starting_leaves_nothing_behind(settings: Settings, sockets_here: Path) -> None:
    async with Supervisor(settings, patience=QUICK) as supervisor:
        pid = await until(lambda: supervisor.pid)
    assert pid is not None
    assert not alive(pid)
    assert not left_in(sockets_here)


async def test_supervisor_says_what_the_host_must_mend_and_logs_it_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Settings(data=tmp_path, engine="torch", causal_model=ModelChoice(name=str(tmp_path / "nowhere")))
    async with Supervisor(broken, patience=QUICK) as supervisor:
        with pytest.raises(WorkerUnavailable, match=r"CAUSAL_MODEL.*nowhere"):
            await texts(supervisor, request(1, tokens=5))
        assert "nowhere" in supervisor.stage
        health = await supervisor.engine.health()
        assert "nowhere" in health.stage
        assert health.loaded == 0.0
    caplog.clear()
    async with Supervisor(broken, patience=replace(QUICK, longest_backoff_s=0.05)) as supervisor:
        await until(lambda: supervisor.restarts > 1)  # the second worker has found the same
    [told] = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert "nowhere" in told


PARENT = """
import asyncio, sys
from pathlib import Path
from bot.inference.supervisor import Supervisor
from bot.settings import ModelChoice, Settings

async def main():
    causal, masked, data = sys.argv[1:]
    settings = Settings(data=Path(data), engine="torch", device="cpu", dtype="float32",
                        causal_model=ModelChoice(name=causal), infill_model=ModelChoice(name=causal),
                        masked_model=ModelChoice(name=masked))
    async with Supervisor(settings) as supervisor:
        while not (await supervisor.engine.health()).ready:
            await asyncio.sleep(0.05)
        print(supervisor.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


def test_worker_ends_when_the_bot_is_killed(settings: Settings, sockets_here: Path) -> None:
    command = [sys.executable, "-c", PARENT, settings.causal_model.name, settings.masked_model.name, str(settings.data)]
    environment = {**os.environ, "TMPDIR": str(sockets_here)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    wait_until(lambda: not alive(pid))
    assert not left_in(sockets_here)

"""The supervisor with real processes: crashes, hangs, the end of the parent, and what is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.errors import WorkerUnavailable
from bot.inference.engine import Continuation, GenerateRequest, Piece, Row
from bot.inference.supervisor import Patience, Supervisor
from bot.rules.moods import Sampling
from bot.settings import ModelChoice, Settings
from tests.support.models import tiny_bert, tiny_gpt2

LONG = 1500
QUICK = Patience(hang_s=3.0, poll_s=0.1, backoff_s=0.05, stop_s=10.0)


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
        masked_model=ModelChoice(name=str(tiny_bert(folder / "bert"))),
    )


@pytest.fixture(autouse=True)
def sockets_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let the supervisor make its folders where they can be counted, with a path that is short enough."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@asynccontextmanager
async def supervised(settings: Settings, patience: Patience = QUICK) -> AsyncIterator[Supervisor]:
    async with Supervisor(settings, patience=patience) as supervisor:
        await ready(supervisor)
        yield supervisor


async def ready(supervisor: Supervisor, *, within_s: float = 90.0) -> None:
    deadline = time.monotonic() + within_s
    while not (await supervisor.engine.health()).ready:
        assert time.monotonic() < deadline, supervisor.stage
        await asyncio.sleep(0.05)


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


async def test_a_killed_worker_loses_no_row(settings: Settings) -> None:
    async with supervised(settings) as supervisor:
        expected = await texts(supervisor, request(1, 2, 3))
        first = supervisor.pid
        done = await strike(supervisor, request(1, 2, 3, request_id="again"), signal.SIGKILL)
        assert supervisor.pid not in (None, first)
        assert supervisor.restarts == 1
    # float32 rows repeat with their seeds, so the rows that were asked for again are the same texts.
    assert {row: one.text for row, one in done.items()} == expected


async def test_a_stopped_worker_is_taken_for_hung(settings: Settings) -> None:
    async with supervised(settings) as supervisor:
        began = time.monotonic()
        done = await strike(supervisor, request(1, 2), signal.SIGSTOP)
        assert sorted(done) == [0, 1]
        assert time.monotonic() - began >= QUICK.hang_s
        assert supervisor.restarts == 1


async def test_a_worker_that_only_rests_is_left_alone(settings: Settings) -> None:
    async with supervised(settings, Patience(hang_s=0.5, poll_s=0.1)) as supervisor:
        before = supervisor.pid
        assert before is not None
        os.kill(before, signal.SIGSTOP)
        await asyncio.sleep(1.5)  # no work is in hand
        os.kill(before, signal.SIGCONT)
        await texts(supervisor, request(1, tokens=5))
        assert supervisor.pid == before


async def test_after_two_more_tries_the_call_fails(settings: Settings) -> None:
    async with supervised(settings) as supervisor:
        kills = 0
        with pytest.raises(WorkerUnavailable):
            async for _ in supervisor.engine.generate(request(1)):
                if supervisor.pid is not None and kills == supervisor.restarts:
                    kills += 1
                    os.kill(supervisor.pid, signal.SIGKILL)
        assert kills == 3
        await ready(supervisor)
        assert await texts(supervisor, request(1, tokens=5))  # and the next call works


async def test_the_end_leaves_nothing_behind(settings: Settings, sockets_here: Path) -> None:
    async with supervised(settings) as supervisor:
        pid = supervisor.pid
        assert pid is not None
        assert os.getsid(pid) == pid
        (folder,) = sockets_here.iterdir()
        (socket,) = folder.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_ISSOCK(socket.stat().st_mode)
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        environment = Path(f"/proc/{pid}/environ")
        if environment.exists():
            assert b"very-secret" not in environment.read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
    assert not alive(pid)
    assert list(sockets_here.iterdir()) == []
    with pytest.raises(WorkerUnavailable):
        await texts(supervisor, request(1, tokens=5))


async def test_entering_does_not_wait_and_calls_do(settings: Settings) -> None:
    began = time.monotonic()
    async with Supervisor(settings, patience=QUICK) as supervisor:
        assert time.monotonic() - began < 0.5
        assert not (await supervisor.engine.health()).ready
        assert await texts(supervisor, request(1, tokens=5))


async def test_leaving_while_it_starts_leaves_nothing_behind(settings: Settings, sockets_here: Path) -> None:
    async with Supervisor(settings, patience=QUICK) as supervisor:
        while supervisor.pid is None:
            await asyncio.sleep(0.01)
        pid = supervisor.pid
    assert not alive(pid)
    assert list(sockets_here.iterdir()) == []


async def test_what_the_host_must_mend_is_said(settings: Settings, tmp_path: Path) -> None:
    broken = Settings(data=tmp_path, engine="torch", causal_model=ModelChoice(name=str(tmp_path / "nowhere")))
    async with Supervisor(broken, patience=QUICK) as supervisor:
        with pytest.raises(WorkerUnavailable, match="CAUSAL_MODEL.*nowhere"):
            await texts(supervisor, request(1, tokens=5))
        assert "nowhere" in supervisor.stage
        assert "nowhere" in (await supervisor.engine.health()).stage


PARENT = """
import asyncio, sys
from pathlib import Path
from bot.inference.supervisor import Supervisor
from bot.settings import ModelChoice, Settings

async def main():
    causal, masked, data = sys.argv[1:]
    settings = Settings(data=Path(data), engine="torch", device="cpu", dtype="float32",
                        causal_model=ModelChoice(name=causal), masked_model=ModelChoice(name=masked))
    async with Supervisor(settings) as supervisor:
        while not (await supervisor.engine.health()).ready:
            await asyncio.sleep(0.05)
        print(supervisor.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Unix processes")
def test_a_dead_bot_takes_its_worker_along(settings: Settings, sockets_here: Path) -> None:
    command = [sys.executable, "-c", PARENT, settings.causal_model.name, settings.masked_model.name, str(settings.data)]
    environment = {**os.environ, "TMPDIR": str(sockets_here)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    deadline = time.monotonic() + 20.0
    while alive(pid):
        assert time.monotonic() < deadline, "the worker outlived its bot"
        time.sleep(0.05)
    assert list(sockets_here.iterdir()) == []

"""What is asked again, how often, and what is kept: against a real socket that breaks off its answers."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from bot.errors import WorkerRefused, WorkerUnavailable
from bot.inference import retry
from bot.inference.client import EngineClient
from bot.inference.liveness import Heartbeat
from bot.inference.protocol import Continuation, GenerateRequest, Piece, Receipt, Row, ScoreItem, ScoreRequest
from bot.inference.retry import RETRIES, RetryingEngine
from bot.inference.wire import Line, Problem
from bot.rules.moods import Sampling

RECEIPT = Receipt(
    engine="t", model="t", revision="1", seed=0, mood=None, sampling=None, prompt_sha256="", prompt_tokens=0
)


class Breaking:
    """Answers each request with at most `rows` finished rows, named by their seeds, and then breaks off."""

    def __init__(self, rows: int, *, refuse: bool = False) -> None:
        self._rows = rows
        self._refuse = refuse
        self.asked: list[GenerateRequest] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        if b"/v1/generate" in head:
            self._write(writer, msgspec.json.decode(body, type=GenerateRequest))
        await writer.drain()
        writer.close()

    def _write(self, writer: asyncio.StreamWriter, request: GenerateRequest) -> None:
        self.asked.append(request)
        lines = [
            Line(finished=Continuation(row=n, text=str(row.seed), tokens=1, finish="length", receipt=RECEIPT))
            for n, row in enumerate(request.rows[: self._rows])
        ]
        if self._refuse:
            lines = [Line(problem=Problem(kind="refused", message="not so"))]
        elif self._rows >= len(request.rows):
            lines.append(Line(end=True))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        writer.writelines(msgspec.json.encode(line) + b"\n" for line in lines)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_S", 0.001)


@asynccontextmanager
async def against(worker: Breaking) -> AsyncIterator[RetryingEngine]:
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        path = Path(folder) / "s"
        server = await asyncio.start_unix_server(worker, str(path))
        async with EngineClient(f"unix://{path}") as client:
            yield RetryingEngine.over(client)
        server.close()


def request(rows: int, *, deadline_s: float | None = None) -> GenerateRequest:
    return GenerateRequest(
        request_id="r",
        pieces=(Piece(text="x", label="x"),),
        rows=tuple(Row(seed=100 + n, mood="open", sampling=Sampling()) for n in range(rows)),
        max_new_tokens=4,
        deadline_s=deadline_s,
    )


async def collect(engine: RetryingEngine, asked: GenerateRequest, into: list[tuple[int, str]]) -> None:
    async for event in engine.generate(asked):
        into.append((event.row, event.text))


async def test_rows_that_are_missing_alone_are_asked_for_again() -> None:
    worker, got = Breaking(rows=2), list[tuple[int, str]]()
    async with against(worker) as engine:
        await collect(engine, request(6), got)
    assert got == [(n, str(100 + n)) for n in range(6)]  # each once, under its own number
    assert [[row.seed for row in one.rows] for one in worker.asked] == [
        [100, 101, 102, 103, 104, 105],
        [102, 103, 104, 105],
        [104, 105],
    ]
    assert {one.request_id for one in worker.asked} == {"r"}


async def test_retrying_engine_gives_up_after_two_more_tries_and_keeps_what_came() -> None:
    worker, got = Breaking(rows=1), list[tuple[int, str]]()
    async with against(worker) as engine:
        with pytest.raises(WorkerUnavailable):
            await collect(engine, request(5), got)
    assert len(worker.asked) == RETRIES + 1
    assert got == [(0, "100"), (1, "101"), (2, "102")]


async def test_refusal_is_not_asked_again() -> None:
    worker = Breaking(rows=1, refuse=True)
    async with against(worker) as engine:
        with pytest.raises(WorkerRefused, match="not so"):
            await collect(engine, request(1), [])
    assert len(worker.asked) == 1


async def test_deadline_goes_on_over_the_tries() -> None:
    worker = Breaking(rows=1)
    async with against(worker) as engine:
        await collect(engine, request(3, deadline_s=30.0), [])
    left = [one.deadline_s or 0.0 for one in worker.asked]
    assert left == sorted(left, reverse=True)
    assert 29.0 < left[-1] < left[0] <= 30.0


async def test_calls_of_other_kinds_are_tried_three_times_too() -> None:
    calls = 0

    async def current() -> EngineClient:
        nonlocal calls
        calls += 1
        raise WorkerUnavailable("not there")

    heartbeat = Heartbeat()
    asked = ScoreRequest(model="causal", items=(ScoreItem(left="", asked="x"),))
    with pytest.raises(WorkerUnavailable):
        await RetryingEngine(current, heartbeat).score(asked)
    assert calls == RETRIES + 1
    assert not heartbeat.beats  # to ask again is no sign of life


async def test_worker_that_has_gone_uses_up_no_tries_before_it_is_known_why(tmp_path: Path) -> None:
    """A worker that ends closes its socket a while before its process is over: what is asked meanwhile waits for the
    reason, however long that takes."""
    known = asyncio.Event()

    async def lost(client: EngineClient) -> None:
        known.set()

    async with EngineClient(f"unix://{tmp_path / 'gone.sock'}") as gone:

        async def current() -> EngineClient:
            if known.is_set():
                raise WorkerUnavailable("the reason")
            return gone

        with pytest.raises(WorkerUnavailable, match="the reason"):
            await RetryingEngine(current, lost=lost).score(ScoreRequest(model="causal", items=()))
        known.clear()
        with pytest.raises(WorkerUnavailable, match="the reason"):
            await collect(RetryingEngine(current, lost=lost), request(1), [])

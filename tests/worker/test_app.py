"""The worker's app over a real Unix socket with tiny models, and its bad days."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import pytest_asyncio

from bot.errors import WeightsError, WorkerRefused, WorkerUnavailable
from bot.inference import wire
from bot.inference.client import EngineClient
from bot.inference.protocol import (
    Continuation,
    Gap,
    GenerateRequest,
    Partial,
    Piece,
    ProposeRequest,
    Row,
    ScoreItem,
    ScoreRequest,
)
from bot.inference.worker_config import ModelPlan
from bot.rules.moods import MOODS
from bot.settings import ModelChoice
from bot.worker.serving import bind_tcp, serve
from tests.support.models import tiny_bert, tiny_gpt2, tiny_llama
from tests.support.patience import PATIENCE_S, until_answered
from tests.support.worker import running_worker

TOKEN = "a shared secret"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("models")
    return tiny_gpt2(folder / "gpt2", window=2048), tiny_bert(folder / "bert")


@pytest_asyncio.fixture
async def client(folders: tuple[Path, Path]) -> AsyncIterator[EngineClient]:
    async with running_worker(*folders) as client:
        yield client


@asynccontextmanager
async def on_tcp(folders: tuple[Path, Path], token: str | None) -> AsyncIterator[str]:
    """A worker on a loopback port, in this event loop."""
    bound = bind_tcp("127.0.0.1", 0)
    stop = asyncio.Event()
    causal, masked = (ModelChoice(name=str(folder)) for folder in folders)
    with tempfile.TemporaryDirectory() as data:
        plan = ModelPlan(
            data=Path(data), causal=causal, infill=causal, masked=masked, engine="torch", device="cpu", dtype="float32"
        )
        task = asyncio.create_task(serve(plan, bound, token, stop))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        stop.set()
        await task


def request(*seeds: int, tokens: int = 12, request_id: str = "r", text: str = "The fox") -> GenerateRequest:
    rows = tuple(Row(seed=seed, mood="open", sampling=MOODS["open"]) for seed in seeds)
    pieces = (Piece(text=text, label="text"),)
    return GenerateRequest(request_id=request_id, pieces=pieces, rows=rows, max_new_tokens=tokens)


async def ends(client: EngineClient, asked: GenerateRequest) -> dict[int, Continuation]:
    async with asyncio.timeout(PATIENCE_S):
        return {one.row: one async for one in client.generate(asked) if isinstance(one, Continuation)}


async def post(url: str, body: bytes, token: str | None = TOKEN) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def quiet(client: EngineClient) -> None:
    """Wait until the worker has nothing in hand."""

    async def idle() -> bool:
        health = await client.health()
        return not (health.rows_running or health.requests_waiting)

    await until_answered(idle)


async def busy(client: EngineClient) -> None:
    """Wait until it has something in hand."""

    async def at_work() -> int:
        return (await client.health()).requests_waiting

    await until_answered(at_work)


async def test_request_streams_partials_and_ends_each_row_once(client: EngineClient) -> None:
    partials: dict[int, list[str]] = {}
    done: dict[int, Continuation] = {}
    async for event in client.generate(request(1, 2, 3, tokens=40)):
        assert event.row not in done
        if isinstance(event, Partial):
            partials.setdefault(event.row, []).append(event.text)
        else:
            done[event.row] = event
    assert sorted(done) == [0, 1, 2]
    assert partials
    for row, seen in partials.items():
        assert all(done[row].text.startswith(text.rstrip("\ufffd")) for text in seen)
    assert [done[row].receipt.seed for row in range(3)] == [1, 2, 3]


async def test_models_answer_side_by_side(client: EngineClient) -> None:
    gap = Gap(left="The fox opened the ", right=" near the harbour.")
    item = ScoreItem(left="The fox", asked=" opened the door")
    propose = ProposeRequest(gaps=(gap,), lengths=(1, 2), beam=3)
    long, fills, causal, masked, vectors = await asyncio.gather(
        ends(client, request(1, 2, tokens=60)),
        client.propose(propose),
        client.score(ScoreRequest(model="causal", items=(item,))),
        client.score(ScoreRequest(model="masked", items=(item,))),
        client.embed(["The fox", "A girl", ""]),
    )
    assert len(long) == 2
    assert {fill.masks for fill in fills[0]} == {1, 2}
    assert [len(causal[0]), len(masked[0])] == [3, 3]
    assert all(number < 0.0 for number in causal[0] + masked[0])
    assert [sum(x * x for x in vector) for vector in vectors] == pytest.approx([1.0, 1.0, 1.0], abs=1e-4)
    health = await client.health()
    assert (health.ready, health.stage, health.loaded) == (True, "ready", 1.0)
    assert [info.role for info in health.models] == ["story", "masked", "causal"]
    assert health.steps > 0
    assert health.tokens_per_s > 0.0
    assert health.rss_mb > 50.0


async def test_work_is_cancelled_for_whoever_goes_away(client: EngineClient) -> None:
    async with aclosing(client.generate(request(*range(8), tokens=1500))) as events:
        async for _ in events:
            break
    steps = (await client.health()).steps
    await quiet(client)
    assert (await client.health()).steps < steps + 1500, "it was not written to its end"
    scoring = asyncio.create_task(client.embed(["The fox opened the door. " * 4] * 3000))
    await busy(client)
    scoring.cancel()
    await asyncio.gather(scoring, return_exceptions=True)
    await quiet(client)


async def test_request_sent_again_gets_what_has_finished_and_the_rest(client: EngineClient) -> None:
    asked = request(*range(6), tokens=300, request_id="twice")
    expected = await ends(client, replace(asked, request_id="whole"))
    first: dict[int, Continuation] = {}
    async with aclosing(client.generate(asked)) as events:
        async for event in events:
            if isinstance(event, Continuation):
                first[event.row] = event
                break
    await quiet(client)
    steps = (await client.health()).steps
    again = await ends(client, asked)
    assert {row: one.text for row, one in again.items()} == {row: one.text for row, one in expected.items()}
    assert again[next(iter(first))] == next(iter(first.values()))
    # Once more, a part of it: all of it has finished, so no step is needed.
    steps = (await client.health()).steps
    part = await ends(client, replace(asked, rows=(asked.rows[4], asked.rows[1])))
    assert [part[0].text, part[1].text] == [expected[4].text, expected[1].text]
    assert (await client.health()).steps == steps


async def test_request_that_runs_and_is_sent_again_is_read_along(client: EngineClient) -> None:
    asked = request(1, 2, tokens=400, request_id="shared")
    one, two = await asyncio.gather(ends(client, asked), ends(client, asked))
    assert one == two
    with pytest.raises(WorkerRefused, match="another request"):
        await ends(client, replace(asked, max_new_tokens=3))


async def test_app_slow_reader_gets_every_end(client: EngineClient) -> None:
    events = [event async for event in _late(client, request(*range(16), tokens=200))]
    assert sorted(event.row for event in events if isinstance(event, Continuation)) == list(range(16))


async def _late(client: EngineClient, asked: GenerateRequest) -> AsyncIterator[Partial | Continuation]:
    """Read nothing after the first event until everything is written."""

    async def written() -> bool:
        return not (await client.health()).rows_running

    events = client.generate(asked)
    yield await anext(events)
    await until_answered(written)
    async for event in events:
        yield event


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (request(), "rows: 0"),
        (request(1, tokens=0), "max_new_tokens: 0"),
        (replace(request(1), stop=("",)), "stop string is empty"),
        (request(2**32), "seed"),
        (request(1, text="x" * (wire.MAX_TEXT + 1)), "characters"),
        (replace(request(1), rows=(Row(seed=1, mood="open", sampling=replace(MOODS["open"], top_p=1.5)),)), "top_p"),
        (request(1, text="\ud800"), "surrogate"),
        (request(1, text="x" * wire.MAX_BODY), "larger than"),
    ],
)
async def test_wrong_request_is_refused_in_a_sentence(client: EngineClient, asked: GenerateRequest, says: str) -> None:
    with pytest.raises(WorkerRefused, match=says):
        await ends(client, asked)
    assert len(await ends(client, request(1, request_id="right"))) == 1


async def test_tcp_lets_in_with_the_token_only(folders: tuple[Path, Path]) -> None:
    async with on_tcp(folders, TOKEN) as url:
        async with EngineClient(url, TOKEN) as client:
            assert len(await ends(client, request(1, 2))) == 2
        for wrong in ("a shared secret2", "", "ü"):
            async with aiohttp.ClientSession() as session:
                headers = {"Authorization": f"Bearer {wrong}"}
                async with session.get(f"{url}/healthz", headers=headers) as response:
                    assert response.status == 401
                    assert TOKEN not in await response.text()
        async with EngineClient(url, "wrong") as client:
            with pytest.raises(WorkerUnavailable, match="token"):
                await client.embed(["x"])
        body = msgspec.json.encode(request(1))
        for bad, status in ((b"{", 422), (b"", 422), (b'{"rows": "x"}', 422), (body.replace(b'"open"', b'"odd"'), 422)):
            answered, problem = await post(f"{url}/v1/generate", bad)
            assert answered == status
            assert problem["kind"] == "refused"
            assert problem["message"]


async def test_tcp_without_a_token_lets_nobody_in(folders: tuple[Path, Path]) -> None:
    with pytest.raises(ValueError, match="token"):
        EngineClient("http://127.0.0.1:1")
    async with on_tcp(folders, None) as url:
        status, problem = await post(f"{url}/v1/embed", b'{"texts": []}', token=None)
        assert (status, problem["kind"]) == (401, "unavailable")


async def test_connection_that_breaks_is_told(folders: tuple[Path, Path]) -> None:
    """A relay cuts the stream in the middle; the worker itself stays well."""
    async with on_tcp(folders, TOKEN) as url:
        port = int(url.rpartition(":")[2])
        cut_after = 600

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
            up_writer.write(await reader.read(1 << 20))
            sent = 0
            while sent < cut_after and (block := await up_reader.read(200)):
                writer.write(block)
                sent += len(block)
            up_writer.close()
            writer.close()

        server = await asyncio.start_server(relay, "127.0.0.1", 0)
        near = server.sockets[0].getsockname()[1]
        async with EngineClient(f"http://127.0.0.1:{near}", TOKEN) as client:
            with pytest.raises(WorkerUnavailable):
                await ends(client, request(*range(8), tokens=500))
        server.close()
        async with EngineClient(url, TOKEN) as client:
            await quiet(client)


async def test_client_of_a_worker_that_is_not_there(tmp_path: Path) -> None:
    async with EngineClient(f"unix://{tmp_path}/none.sock") as client:
        with pytest.raises(WorkerUnavailable):
            await client.health()
        with pytest.raises(WorkerUnavailable):
            await ends(client, request(1))


async def test_closing_the_client_ends_what_runs_over_it(client: EngineClient) -> None:
    events = client.generate(request(*range(8), tokens=1500))
    assert await anext(events)
    following = asyncio.create_task(_drain(events))
    await asyncio.sleep(0)
    await client.close()
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(WorkerUnavailable):
            await following


async def test_story_model_and_scoring_model_are_two(folders: tuple[Path, Path], tmp_path: Path) -> None:
    causal, masked = folders
    story = tiny_llama(tmp_path / "story")
    items = (ScoreItem(left="The fox", asked=" opened the door"),)
    score = ScoreRequest(model="causal", items=items)
    async with running_worker(story, masked, infill=causal) as client:
        health = await client.health()
        assert {info.role: info.name for info in health.models} == {
            "story": story.name,
            "causal": causal.name,
            "masked": masked.name,
        }
        told = [event async for event in client.generate(request(1, 2))]
        assert {event.receipt.model for event in told if isinstance(event, Continuation)} == {story.name}
        (beside,) = await client.score(score)
    async with running_worker(causal, masked) as client:
        (together,) = await client.score(score)
    assert together == pytest.approx(beside)


async def _drain(events: AsyncIterator[object]) -> None:
    async for _ in events:
        pass


async def test_worker_with_a_broken_model_ends_with_the_reason(folders: tuple[Path, Path], tmp_path: Path) -> None:
    causal, _ = folders
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["GPT2LMHeadModel"]}), encoding="utf-8")
    with pytest.raises(WeightsError, match="masked"):
        async with running_worker(causal, tmp_path):
            pytest.fail("it is not ready")

"""One story model takes over from another while people write, with real engines and tiny models."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.errors import WeightsError
from bot.inference.protocol import Continuation
from bot.inference.worker_config import ModelPlan
from bot.settings import ModelChoice
from bot.worker.model_change import Successor
from bot.worker.models import Models
from bot.worker.scheduler import Scheduler
from bot.worker.weights.files import Progress
from bot.worker.weights.model import ResolvedModel
from tests.support.engines import ask, row
from tests.support.models import tiny_gpt2
from tests.support.patience import PATIENCE_S, until
from tests.support.story_models import make_gguf

pytest.importorskip("openvino_genai", reason="openvino-genai has no wheel for this platform")


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_gguf("qwen2", tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, tiny_masked: Path) -> ModelPlan:
    """What was made of a model once is there for all tests."""
    folder = tmp_path_factory.mktemp("plan")
    causal = ModelChoice(name=str(tiny_gpt2(folder / "small", window=1024)))
    masked = ModelChoice(name=str(tiny_masked))
    return ModelPlan(data=folder / "data", causal=causal, infill=causal, masked=masked, device="cpu", dtype="float32")


@pytest.fixture
async def models(plan: ModelPlan) -> AsyncIterator[Models]:
    loop = Scheduler()
    loop.start()
    made = Models(loop)
    await made.load(plan)
    yield made
    await loop.close()


def successor(
    gguf: Path, given_up: list[str], before: Callable[[Progress], object] = lambda progress: None
) -> Successor:
    def fetch(progress: Progress) -> ResolvedModel:
        before(progress)
        return ResolvedModel(role="causal", name="large", revision="r2", folder=gguf.parent, gguf=gguf)

    return Successor(name="large", fetch=fetch, give_up=given_up.append)


async def written(models: Models, request_id: str, *, rows: int = 3, tokens: int = 20) -> dict[int, Continuation]:
    request = ask(request_id, rows=[row(seed) for seed in range(rows)], tokens=tokens)
    async with asyncio.timeout(PATIENCE_S):
        return {one.row: one async for one in models.loop.generate(request) if isinstance(one, Continuation)}


async def test_model_change_running_requests_end_where_they_began(models: Models, plan: ModelPlan, qwen: Path) -> None:
    given_up: list[str] = []
    models.successor = successor(qwen, given_up)
    before = await written(models, "before")
    running = [asyncio.create_task(written(models, f"r{n}", tokens=900)) for n in range(3)]
    await until(lambda: models.loop.rows_running)
    changing = asyncio.create_task(models.change(plan))
    await until(lambda: (coming := models.health().coming) is not None and coming.stage.startswith("loading"))
    running += [asyncio.create_task(written(models, f"r{n}", tokens=900)) for n in range(3, 6)]
    await changing
    after = await written(models, "after")
    results = await asyncio.gather(*running)
    assert all(sorted(result) == [0, 1, 2] for result in results)
    names = [{one.receipt.model for one in result.values()} for result in (before, *results, after)]
    assert all(len(each) == 1 for each in names)
    assert (names[0], names[-1]) == ({"small"}, {"large"})
    story, *_ = models.health().models
    assert (story.role, story.name, story.engine) == ("story", "large", "openvino")
    assert [model.name for model in models.health().models if model.role == "causal"] == ["small"]
    assert models.health().coming is None
    assert not given_up


async def test_successor_that_cannot_be_loaded_is_given_up(
    models: Models, plan: ModelPlan, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given_up: list[str] = []
    broken = make_gguf("qwen2", tmp_path / "broken")
    broken.write_bytes(broken.read_bytes()[:2000])
    models.successor = successor(broken, given_up)
    with caplog.at_level(logging.ERROR):
        await models.change(plan)
    assert len(given_up) == 1
    assert sum("the small model writes" in record.getMessage() for record in caplog.records) == 1
    assert {one.receipt.model for one in (await written(models, "r")).values()} == {"small"}
    assert models.health().coming is None


async def test_successor_that_kills_the_worker_again_and_again_is_given_up(
    models: Models, plan: ModelPlan, qwen: Path, caplog: pytest.LogCaptureFixture
) -> None:
    count = plan.data / "models" / "loading-large"
    count.parent.mkdir(parents=True, exist_ok=True)
    given_up: list[str] = []
    for deaths in range(4):
        count.write_text(str(deaths))
        models.successor = successor(qwen, given_up)
        await models.change(plan)
        assert not count.exists()
        assert len(given_up) == (deaths == 3)
    assert "enough memory" in given_up[0]


async def test_model_change_that_fails_is_tried_again_at_the_next_start(
    models: Models, plan: ModelPlan, qwen: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def cut(progress: Progress) -> None:
        raise WeightsError("the network is away")

    given_up: list[str] = []
    models.successor = successor(qwen, given_up, cut)
    with caplog.at_level(logging.WARNING):
        await models.change(plan)
    assert not given_up
    assert "the network is away" in caplog.text
    assert {one.receipt.model for one in (await written(models, "r")).values()} == {"small"}


async def test_model_change_tells_how_far_it_is_and_may_be_stopped(models: Models, plan: ModelPlan, qwen: Path) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slowly(progress: Progress) -> None:
        try:
            while True:
                progress("fetching large", 300, 1000)
        except BaseException:
            loop.call_soon_threadsafe(stopped.set)
            raise

    given_up: list[str] = []
    models.successor = successor(qwen, given_up, slowly)
    changing = asyncio.create_task(models.change(plan))
    await until(lambda: (coming := models.health().coming) is not None and coming.total == 1000)
    coming = models.health().coming
    assert coming is not None
    assert (coming.name, coming.stage, coming.done) == ("large", "fetching large", 300)
    changing.cancel()
    async with asyncio.timeout(PATIENCE_S):
        await stopped.wait()
    assert models.health().coming is None
    assert not given_up

"""A server that writes in Chinese, with a story model that knows it beside an infill pair that does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.inference.client import EngineClient
from bot.inference.protocol import Health, LoadedRole
from bot.rules.text.words import has_han
from bot.ui.escaping import escape
from tests.behaviour.discord_world import DiscordWorld, en, refusal, texts, zh
from tests.behaviour.voting import begin_story, candidates_of, open_round, shown
from tests.support.models import chinese_sentences, tiny_gpt2
from tests.support.worker import Worker, client_of, serving

KNOWN: dict[LoadedRole, tuple[str, ...]] = {"story": ("en", "zh"), "causal": ("en",), "masked": ("en",)}
BEGUN = "老玛莎找到一盏灯，在港口旁边，没有人说话。"


class Telling(EngineClient):
    """The worker, whose models tell which languages they know: a folder does not say it."""

    async def health(self, *, within_s: float = 5.0) -> Health:
        told = await super().health(within_s=within_s)
        return replace(told, models=tuple(replace(one, languages=KNOWN[one.role]) for one in told.models))


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory, tiny_causal: Path, tiny_masked: Path) -> Iterator[Worker]:
    """A worker whose story model knows Chinese: one for all tests, since it takes longest."""
    story = tiny_gpt2(tmp_path_factory.mktemp("chinese") / "story", texts=chinese_sentences())
    with serving(story, tiny_masked, infill=tiny_causal) as running:
        yield running


@pytest_asyncio.fixture
async def engine(worker: Worker) -> AsyncIterator[EngineClient]:
    async with client_of(worker), Telling(worker.url) as client:
        yield client


def han(parts: Sequence[str]) -> bool:
    return all(map(has_han, parts))


async def test_a_text_is_continued_in_chinese(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.speak(monkeypatch, world.ben, "zh-CN")
    made = await world.ask(world.ben, BEGUN, length=24)
    kept = await world.generation(1)
    assert kept.suggestions
    assert han([suggestion.text for suggestion in kept.suggestions])
    assert {suggestion.receipt.model for suggestion in kept.suggestions} == {"story"}
    assert all(suggestion.text.strip()[:4] in texts(made.response) for suggestion in kept.suggestions)


async def test_a_round_in_chinese(world: DiscordWorld) -> None:
    thread = await begin_story(world, passages=(BEGUN,))
    card = await open_round(world, thread)
    candidates, _ = await candidates_of(world)
    assert candidates
    assert han([each.text for each in candidates])
    assert all(each.text in shown(card) for each in candidates)


async def test_blanks_in_chinese_are_refused_with_what_they_need(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = {"settings": escape("INFILL_MODEL, MASKED_MODEL")}
    refused = await world.ben.slash(world.channel, "infill", text="老玛莎找到___，没有人说话。")
    assert refusal(refused) == en("error.fill_chinese", **needed)
    world.speak(monkeypatch, world.chen, "zh-CN")
    refused = await world.chen.slash(world.channel, "infill", text="老玛莎找到___，没有人说话。")
    assert refusal(refused) == zh("error.fill_chinese", **needed)
    assert await world.kept() == []
    await world.ben.slash(world.channel, "infill", text="Old Marta found a ___ near the harbour.")
    assert await world.kept() == [1]

"""A model server that writes: what people are told of where their texts go, and a story that keeps its text here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.inference.client import EngineClient
from bot.inference.model_server import ModelServer
from tests.behaviour.discord_world import DiscordWorld, en, private, texts
from tests.behaviour.storytelling import RULES, card_of
from tests.behaviour.voting import FIRST, begin_story, candidates_of, open_round
from tests.support.model_server import Double, model_server
from tests.support.worker import client_of, serving

TALES = [
    " and nobody spoke. Old Marta found a lantern in the dark wood then ran home.",
    " but the light was gone. A sailor lost a silver key under the hill and nobody spoke.",
    " then ran home. The queen sang to the moon behind the mill and the rain began.",
]
"""What the tiny models here might say, too, so that they take it for a text, but not in so many words."""

AWAY = "My brother opened the door"


@pytest.fixture
async def double(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Double]:
    """A server that would be on another machine, were this test allowed one."""
    monkeypatch.setattr(ModelServer, "is_here", property(lambda server: False))
    async with model_server(Double(texts=TALES * 40)) as serving_here:
        yield serving_here


@pytest.fixture
async def engine(double: Double, tiny_causal: Path, tiny_masked: Path) -> AsyncIterator[EngineClient]:
    with serving(tiny_causal, tiny_masked, server=double.server()) as worker:
        async with client_of(worker) as client:
            yield client


def sent(double: Double) -> str:
    """All that the server was asked to continue."""
    return "\n".join(str(body["prompt"]) for body in double.asked)


async def test_people_know_where_texts_go_and_a_story_may_keep_its_own(world: DiscordWorld, double: Double) -> None:
    host = double.server().host
    await world.ask(world.ben, f"{AWAY} before the storm", length=24)
    card = world.last()
    assert any(tale.strip() in texts(card) for tale in TALES), texts(card)
    assert AWAY in sent(double)

    why = private(await world.ben.click(card, label=en("button.why")))
    assert en("why.outside", models="tale-7b", host=host, count=1) in why

    shown = await world.ben.slash(world.channel, "help")
    assert shown.response is not None
    assert en("help.privacy_outside", host=host) in private(shown)
    told = await world.ben.select(shown.response, ["privacy"], custom_id="ink:guide")
    assert en("help.privacy_outside", host=host) in texts(told.response)

    double.asked.clear()
    thread = await begin_story(world, outside=False)
    assert en("story.rule_outside_off") in private(await world.ben.click(card_of(thread), label=RULES))
    await open_round(world, thread)
    assert (await candidates_of(world))[0], "a model here has written"
    await world.ben.slash(thread, "continue", text=FIRST, length=6)
    assert double.asked == []

    await world.ask(world.ben, f"{AWAY} behind the mill", length=6)
    assert AWAY in sent(double)
    assert FIRST not in sent(double)

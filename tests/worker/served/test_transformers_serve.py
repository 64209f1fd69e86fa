"""A real server with a real model: `transformers serve`, by both of its endpoints."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.inference.protocol import Continuation
from bot.worker.scheduler import Scheduler
from bot.worker.served.capabilities import Found
from bot.worker.served.probe import look
from tests.support.engines import ask, row
from tests.support.models import sentences
from tests.support.transformers_serve import chatty_llama, transformers_serve
from tests.support.worker import client_of, serving
from tests.worker.served.test_sending import looping, read

WORDS = {word for sentence in sentences() for word in sentence.split()}


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return chatty_llama(tmp_path_factory.mktemp("chatty"))


async def test_worker_continues_through_completions(llama: Path, tiny_causal: Path, tiny_masked: Path) -> None:
    async with transformers_serve(llama) as server:
        found = await look(server)
        assert (found.endpoint, found.dialect.name, found.several) == ("completions", "transformers serve", False)
        with serving(tiny_causal, tiny_masked, server=server) as worker:
            async with client_of(worker) as client:
                asked = ask("a", tokens=12)
                ended = [event async for event in client.generate(asked) if isinstance(event, Continuation)]
                health = await client.health()
    assert len(ended) == 4
    for one in ended:
        assert one.text.startswith(" ")
        assert set(one.text.split()) & WORDS
        assert one.receipt.prompt_tokens > 0
        assert one.receipt.model == llama.name
    assert {model.role: model.engine for model in health.models}["story"] == "openai"


async def test_chat_goes_on_with_the_text(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.worker.served.probe.PATHS", {"chat": "/chat/completions"})
    async with transformers_serve(llama) as server, looping(server) as loop:
        assert isinstance(loop, Scheduler)
        found: Found = await look(server)
        assert found.endpoint == "chat"
        _, ended = await read(loop, ask("a", rows=[row(3), row(4)], tokens=16))
    assert any(set(one.text.split()) & WORDS for one in ended)

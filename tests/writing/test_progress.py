"""The bar of every kind of work: it moves with the work, never back, and is full only at the end."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from bot.errors import BadInput
from bot.inference.fake_engine import FakeEngine
from bot.inference.forwarding import ForwardingEngine
from bot.inference.protocol import Fill, ProposeRequest, ScoreRequest
from bot.rules.generations import GenerationKind
from bot.writing.blocklist import Blocklist
from bot.writing.bridge.request import BridgeRequest
from bot.writing.continuation.request import ContinueRequest
from bot.writing.features import FEATURES
from bot.writing.infill.request import InfillRequest
from bot.writing.request import NOBODY
from bot.writing.twist.request import TwistRequest

ASKED: dict[GenerationKind, list[Any]] = {
    "continue": [ContinueRequest(text="The keeper found a lantern near the harbour, and", length=24)],
    "infill": [
        InfillRequest(text="The fox opened the ___ near the harbour."),
        InfillRequest(text="The fox opened the ___ near the ___ and the ___2 harbour."),
    ],
    "bridge": [BridgeRequest(left="The boat was gone.", right="By morning only the dog was waiting.")],
    "twist": [TwistRequest(text="The old man looked at the sea and thought of the house by the river.")],
}


class CountingEngine(ForwardingEngine):
    """Notes how far the bar is whenever something is asked that takes long."""

    def __init__(self, shares: list[float]) -> None:
        super().__init__(FakeEngine())
        self._shares = shares
        self.asked_at: list[float] = []

    def _note(self) -> None:
        self.asked_at.append(self._shares[-1] if self._shares else 0.0)

    async def propose(self, request: ProposeRequest) -> list[list[Fill]]:
        self._note()
        return await super().propose(request)

    async def score(self, request: ScoreRequest) -> list[list[float]]:
        self._note()
        return await super().score(request)

    async def embed(self, texts: Sequence[str], tenant: str = "") -> list[list[float]]:
        self._note()
        return await super().embed(texts, tenant)


@pytest.mark.parametrize("kind", FEATURES)
async def test_progress_bar_moves_with_the_work_and_is_full_only_at_the_end(kind: GenerationKind) -> None:
    for request in ASKED[kind]:
        shares: list[float] = []
        engine = CountingEngine(shares)
        job = FEATURES[kind].job(request, Blocklist.load(), 1, NOBODY)
        with suppress(BadInput):  # what these models say is seldom worth showing
            await job.run(engine, lambda _, done, total, shares=shares: shares.append(done / total))  # type: ignore[misc]
        assert shares == sorted(shares)
        assert len(set(shares)) >= 4
        assert max(engine.asked_at, default=0.0) < 1.0  # some kinds ask nothing
        assert 0.9 <= shares[-1] <= 1.0

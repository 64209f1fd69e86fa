"""The engine without models: what it answers is right in form, the same each time, and enough for whole requests."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bot.errors import WorkerUnavailable
from bot.inference.fake_engine import DIMENSIONS, FakeEngine
from bot.inference.protocol import (
    Continuation,
    Engine,
    Fill,
    Gap,
    GenerateRequest,
    Partial,
    ProposeRequest,
    ScoreItem,
    ScoreRequest,
)
from bot.rules.text.words import split_words
from bot.writing.blocklist import Blocklist
from bot.writing.bridge.job import BridgeJob
from bot.writing.bridge.request import BridgeRequest
from bot.writing.continuation.job import ContinueJob
from bot.writing.continuation.request import ContinueRequest
from bot.writing.infill.job import InfillJob
from bot.writing.infill.request import InfillRequest
from bot.writing.twist.job import TwistJob
from bot.writing.twist.request import TwistRequest
from tests.support.engines import ask

WORDS = Blocklist.load()
ENGINE: Engine = FakeEngine()
TEXT = "The keeper opened the door of the lighthouse and found a letter on the floor."


async def generated(request: GenerateRequest) -> list[Continuation]:
    """The rows of a request, in order."""
    told: dict[int, int] = {}
    ended: dict[int, Continuation] = {}
    async for event in ENGINE.generate(request):
        assert isinstance(event, (Partial, Continuation))
        assert event.tokens == told.get(event.row, 0) + 1
        told[event.row] = event.tokens
        assert event.row not in ended
        if isinstance(event, Continuation):
            ended[event.row] = event
    return [ended[row] for row in range(len(request.rows))]


async def test_rows_differ_by_their_seeds_and_come_again() -> None:
    rows = await generated(ask("r", TEXT, tokens=12))
    assert len({row.text for row in rows}) == len(rows)
    assert [(len(row.text.split()), row.tokens, row.finish) for row in rows] == [(12, 12, "length")] * len(rows)
    assert all(len(row.log_probs) == row.tokens for row in rows)
    assert await generated(ask("r", TEXT, tokens=12)) == rows
    assert await generated(ask("r", f"{TEXT} ", tokens=12)) != rows


async def test_rows_end_before_what_stops_them() -> None:
    rows = await generated(ask("r", TEXT, tokens=30, stop=(".",)))
    assert all(row.finish == "stop" and "." not in row.text for row in rows)


async def test_fills_scores_and_directions() -> None:
    gaps = (Gap(left="The ", right=" slept."), Gap(left="A ", right=" ran."))
    also = ((Fill(text="zebra", masks=1, score=-1.0, source="beam"),), ())
    found = await ENGINE.propose(ProposeRequest(gaps=gaps, lengths=(1, 2), samples=3, also=also))
    assert [any(fill.source == "given" for fill in fills) for fills in found] == [True, False]
    assert all(len(split_words(fill.text)) == fill.masks for fills in found for fill in fills)
    item = ScoreItem(left="The", asked=" old fox ran.")
    scores = await ENGINE.score(ScoreRequest(model="causal", items=(item, item)))
    assert scores[0] == scores[1]
    assert [len(scores[0]), max(scores[0]) <= 0.0] == [3, True]
    one, other = await ENGINE.embed(["a", "b"])
    assert len(one) == len(other) == DIMENSIONS
    assert math.hypot(*one) == pytest.approx(1.0)
    assert one != other


@pytest.mark.parametrize(
    "job",
    [
        ContinueJob(ContinueRequest(text=TEXT), WORDS, 1),
        InfillJob(InfillRequest(text="The ___ slept by the harbour."), WORDS, 1),
        TwistJob(TwistRequest(text=TEXT), WORDS),
        BridgeJob(BridgeRequest(left="The fox saw the harbour.", right="The rain began."), WORDS, 1),
    ],
    ids=lambda job: type(job).__name__,
)
async def test_whole_requests_run_through_it(job: Any) -> None:
    def unheard(text: str, done: int, total: int) -> None:
        assert 0 <= done <= total

    found = await job.run(ENGINE, unheard)
    assert found
    assert await job.run(ENGINE, unheard) == found


async def test_fake_engine_fails_where_it_is_told_to() -> None:
    refusing = FakeEngine(failure=WorkerUnavailable("none here"))
    with pytest.raises(WorkerUnavailable):
        await refusing.health()
    with pytest.raises(WorkerUnavailable):
        await anext(refusing.generate(ask("r")))

"""The generation service, with the real queue, worker, tiny models and database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from bot.errors import BadInput, Gone
from bot.inference.client import EngineClient
from bot.inference.jobs import Limits, Owner, Working
from bot.inference.queue import Inference
from bot.rules.generations import Place, Suggestion
from bot.rules.receipts import ContinueReceipt
from bot.writing.continuation.request import ContinueRequest
from bot.writing.infill.request import InfillRequest
from bot.writing.request import Submission
from bot.writing.service import DAY_MS, GenerationService
from storage.database import Database

PLACE = Place(server_id=1, channel_id=3)
OWNER = Owner(server_id=1, person_id=2)


class Clock:
    """UTC milliseconds that a test moves."""

    def __init__(self) -> None:
        self.ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def generation_service(
    engine: EngineClient, database: Database, clock: Clock
) -> AsyncIterator[GenerationService]:
    inference = Inference(engine, Limits())
    dispatcher = asyncio.create_task(inference.run())
    database.now = clock
    yield GenerationService(inference=inference, database=database, keep_days=30, seed=lambda: 5)
    dispatcher.cancel()
    await asyncio.gather(dispatcher, return_exceptions=True)


def to_continue(text: str = "The keeper found a lantern near the harbour, and") -> Submission[ContinueRequest]:
    request = ContinueRequest(text=text, mood="open", count=2, length=16)
    return Submission(owner=OWNER, place=PLACE, request=request)


async def test_ask_keep_open_delete(generation_service: GenerationService, clock: Clock) -> None:
    ask = to_continue()
    ticket = await generation_service.submit(ask)
    seen = [progress async for progress in ticket]
    suggestions = await ticket
    assert any(isinstance(progress, Working) and progress.share for progress in seen)
    kept = await generation_service.add(ask, suggestions)
    assert await generation_service.find(kept.id, PLACE) == kept
    assert kept.text == ask.request.text
    assert kept.suggestions == suggestions
    assert (kept.kind, kept.mood, kept.person_id) == ("continue", "open", 2)
    assert kept.expires_ms == clock.ms + 30 * DAY_MS
    there = Place(server_id=1, channel_id=9)
    await generation_service.mark_sent(kept.id, there, 77)
    opened = await generation_service.find(kept.id, there)
    assert (opened.message_id, opened.place.channel_id) == (77, 9)
    await generation_service.delete(kept.id)
    await generation_service.delete(kept.id)
    with pytest.raises(Gone, match="generation_gone"):
        await generation_service.find(kept.id, there)


async def test_generation_that_stands_elsewhere_is_as_good_as_gone(generation_service: GenerationService) -> None:
    suggestion = Suggestion(text=" left.", fills=(), receipt=ContinueReceipt())
    kept = await generation_service.add(to_continue(), (suggestion,))
    for elsewhere in (Place(server_id=3, channel_id=9), Place(server_id=None, channel_id=8)):
        with pytest.raises(Gone, match="generation_gone"):
            await generation_service.find(kept.id, elsewhere)
        with pytest.raises(Gone, match="generation_gone"):
            await generation_service.revise(kept.id, elsewhere, lambda found: found.suggestions[0])
    assert await generation_service.find(kept.id, Place(server_id=None, channel_id=PLACE.channel_id)) == kept


async def test_generation_past_its_time_is_gone_even_before_it_is_swept(
    generation_service: GenerationService, clock: Clock
) -> None:
    ask = to_continue()
    old = await generation_service.add(ask, await (await generation_service.submit(ask)))
    clock.ms += 1
    young = await generation_service.add(ask, old.suggestions)
    clock.ms += 30 * DAY_MS - 1
    with pytest.raises(Gone):
        await generation_service.find(old.id, PLACE)
    assert await generation_service.expire() == 1
    assert (await generation_service.find(young.id, PLACE)).id == young.id


async def test_infill_goes_the_same_way(generation_service: GenerationService) -> None:
    request = InfillRequest(text="The fox opened the ___ near the harbour.", count=2)
    ask = Submission(owner=OWNER, place=PLACE, request=request)
    suggestions = await (await generation_service.submit(ask))
    kept = await generation_service.add(ask, suggestions)
    opened = await generation_service.find(kept.id, PLACE)
    assert opened.kind == "infill"
    assert all(len(suggestion.fills) == 1 for suggestion in opened.suggestions)


async def test_request_that_is_bad_takes_no_place_in_the_queue(generation_service: GenerationService) -> None:
    with pytest.raises(BadInput, match="text_empty"):
        await generation_service.submit(to_continue(" \u200b"))
    too_many = replace(to_continue(), request=ContinueRequest(text="Once", count=6))
    with pytest.raises(BadInput, match="count_range"):
        await generation_service.submit(too_many)


async def test_generation_service_keeps_nothing_of_a_cancelled_request(generation_service: GenerationService) -> None:
    ticket = await generation_service.submit(to_continue())
    ticket.cancel()
    with pytest.raises(Exception, match="cancelled"):
        await ticket
    assert await generation_service.expire() == 0

"""What is seen while the models work: place, text as it comes, Cancel; and what happens when something breaks."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest
from sqlalchemy import text as sql

import cogs.core.progress
from bot.app import create_bot, create_services
from bot.errors import StorageError, WorkerUnavailable
from bot.inference.fake_engine import FakeEngine
from bot.inference.protocol import Continuation, GenerateRequest, Partial
from bot.inference.queue import Ticket
from bot.ui.escaping import escape
from bot.ui.progress import Wait
from cogs.core.generation_flow import GenerationFlow
from cogs.generations.cog import GenerationsCog
from tests.behaviour.discord_world import STORY, DiscordWorld, buttons, en, private, texts
from tests.behaviour.forging import press
from tests.support.patience import until

CANCEL = en("button.cancel")


def flow_of(world: DiscordWorld) -> GenerationFlow:
    cog = world.env.bot.get_cog("GenerationsCog")  # type: ignore[attr-defined]  # the bot under test is a commands.Bot
    assert isinstance(cog, GenerationsCog)
    return cog._flow


async def finished(world: DiscordWorld) -> None:
    """Wait until every job has ended, and whoever pressed a button has their answer: they may press it again."""
    flow = flow_of(world)
    await world.until(lambda: not (world.services.inference.running or flow._under_way or flow._pressed))


@pytest.mark.patient
async def test_progress_is_replaced_by_the_card(world: DiscordWorld) -> None:
    result = await world.ask(world.ben, count=1, length=24)
    assert result.response is not None
    first = texts(result.response)
    assert en("progress.queued") in first or en("progress.working") in first
    assert list(buttons(result.response)) == [CANCEL]

    await finished(world)

    assert en("card.continue.title", count=1) in texts(result.response)
    edits = [request for request in world.env.http_requests if request.method == "PATCH"]
    assert len(edits) >= 1
    assert world.messages == 1


class DraftingEngine(FakeEngine):
    """Writes a few words of the first row, and goes on when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = asyncio.Event()

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        yield Partial(row=0, text=" The keeper opened the door and", tokens=6)
        await self.goes_on.wait()
        async with aclosing(super().generate(request)) as events:
            async for event in events:
                yield event


@pytest.mark.patient
async def test_models_that_wake_up_and_a_draft_are_told_as_what_they_are(world: DiscordWorld) -> None:
    inference = world.services.inference
    inference.engine = engine = DraftingEngine()
    inference.loaded = lambda: 0.0
    result = await world.ask(world.ben, count=1)
    shown = texts(result.response)
    assert f"### {en('progress.waking')}\n-# {'▱' * 12}" in shown
    assert list(buttons(result.response)) == [CANCEL]
    inference.loaded = lambda: 0.5
    await until(lambda: "▰" * 6 + "▱" * 6 in texts(world.last()) or en("progress.draft") in texts(world.last()))

    inference.loaded = lambda: 1.0
    await until(lambda: en("progress.draft") in texts(world.last()))
    title, bar, _, draft = texts(world.last()).split("\n")
    assert title == f"### {en('progress.working')}"
    assert not re.search(r"\d", bar), "no time is told of the first of its kind"
    assert draft == "The keeper opened the door"
    engine.goes_on.set()
    await finished(world)
    assert en("card.continue.title", count=1) in texts(world.last())


@pytest.mark.patient
async def test_cancelling_is_for_the_person_who_asked(world: DiscordWorld) -> None:
    result = await world.ask(world.ben, length=120)
    assert result.response is not None
    refused = await world.chen.click(result.response, label=CANCEL)
    assert private(refused) == en("error.not_yours_cancel")

    await world.ben.click(result.response, label=CANCEL)
    await finished(world)

    assert world.messages == 0
    assert private(result) == en("error.cancelled")
    assert await world.kept() == []
    assert world.services.inference.running == 0


@pytest.mark.patient
async def test_a_moderator_can_cancel(world: DiscordWorld) -> None:
    result = await world.ask(world.ben, length=120)
    assert result.response is not None
    await world.ada.click(result.response, label=CANCEL)
    await finished(world)
    assert world.messages == 0


@pytest.mark.patient
async def test_button_pressed_twice_counts_once(world: DiscordWorld) -> None:
    card = await world.ask(world.ben, count=1)
    await finished(world)
    assert card.response is not None

    world.held.hold()
    await world.ben.click(card.response, label=en("button.retry"))
    second = await press(world.ben, card.response, "ink:retry:1")
    assert private(second) == en("error.already_working")
    await finished(world)
    assert await world.kept() == [1, 2]

    await world.ben.click(card.response, label=en("button.retry"))
    await finished(world)
    assert await world.kept() == [1, 2, 3]


@pytest.mark.patient
async def test_after_fifteen_minutes_the_card_comes_through_the_channel(world: DiscordWorld) -> None:
    result = await world.ask(world.ben, count=1, length=120)
    assert result.response is not None
    message_id = result.response.id
    await world.env.advance_time(16 * 60)
    await finished(world)

    assert en("card.continue.title", count=1) in texts(world.last())
    assert world.last().id == message_id
    last = world.env.http_requests[-1]
    assert (last.method, last.path) == ("PATCH", f"/channels/{world.channel.id}/messages/{message_id}")


@pytest.mark.patient
async def test_a_card_that_was_deleted_meanwhile_is_offered_in_private(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def only_the_end(ticket: Ticket[Any], show: object, *, pulse: object, wait: Wait) -> None:
        """An edit of the progress would find out sooner, and end the job."""
        await wait(asyncio.wait([ticket.ending()]))

    monkeypatch.setattr(cogs.core.progress, "follow", only_the_end)
    result = await world.ask(world.ben, length=120)
    assert result.response is not None
    await world.ada.delete(result.response)
    await finished(world)
    assert world.messages == 0
    assert private(result) == en("card.not_shown", channel=f"<#{world.channel.id}>")

    offered = result.followups[-1]
    await world.ben.click(offered, label=en("button.reopen"))
    assert en("card.continue.title", count=3) in texts(world.last())
    assert (await world.generation(1)).message_id == world.last().id


@pytest.mark.patient
async def test_stopping_the_bot_says_so_on_the_card(world: DiscordWorld) -> None:
    result = await world.ask(world.ben, length=120)
    assert result.response is not None
    await world.env.bot.farewell()  # type: ignore[attr-defined]  # as close() does
    await finished_without_cog(world)
    assert texts(world.last()) == en("progress.interrupted")
    assert await world.kept() == []


async def finished_without_cog(world: DiscordWorld) -> None:
    await world.until(lambda: world.services.inference.running == 0)


@pytest.mark.patient
async def test_a_progress_card_of_an_earlier_run_can_be_cleared(world: DiscordWorld) -> None:
    result = await world.ask(world.ben, length=120)
    card = result.response
    assert card is not None
    stale = re.sub(r"ink:cancel:[0-9a-f]+", "ink:cancel:0000", buttons(card)[CANCEL])
    for part in world.env.backend.messages[world.channel.id][card.id].components[0]["components"][-1]["components"]:
        part["custom_id"] = stale
    await world.chen.click(card, label=CANCEL)
    assert texts(card) == en("progress.interrupted")
    world.services.inference.cancel(next(iter(flow_of(world)._progress._live.values())).ticket)
    await finished_without_cog(world)


async def test_hiccups_of_discord_lose_nothing(world: DiscordWorld) -> None:
    world.env.inject_error("PATCH", "/webhooks/*", status=500, times=2)
    result = await world.ask(world.ben, count=1)
    assert en("card.continue.title", count=1) in texts(result.response)
    assert (await world.generation(1)).message_id is not None


@pytest.mark.parametrize("kind", ["continue", "infill", "twist"])
async def test_request_while_models_are_missing(world: DiscordWorld, kind: str) -> None:
    world.services.inference.engine = FakeEngine(failure=WorkerUnavailable("starting"))
    text = "The fox crossed the ___." if kind == "infill" else "The fox crossed the old bridge near the harbour."
    result = await world.ben.slash(world.channel, kind, text=text)
    assert private(result).startswith(en("error.worker_unavailable"))
    assert escape(text) in private(result), "what was typed is given back"
    assert world.messages == 0
    assert await world.kept() == []


async def test_what_nobody_foresaw_is_an_incident_in_the_log(
    world: DiscordWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world.services.inference.engine = FakeEngine(failure=ZeroDivisionError("a bug"))
    with caplog.at_level(logging.ERROR):
        result = await world.ask(world.ben)
    told = private(result)
    incident = re.search(r"incident (\w{8})", told)
    assert incident is not None
    assert told.startswith(en("error.incident", incident=incident[1]))
    assert STORY in told, "what was typed is given back"
    record = next(record for record in caplog.records if incident[1] in record.getMessage())
    assert record.exc_info is not None
    assert record.exc_info[0] is not None
    assert world.messages == 0
    assert world.env.errors


async def test_form_gives_the_text_back_when_its_answer_breaks(world: DiscordWorld) -> None:
    world.services.inference.engine = FakeEngine(failure=ZeroDivisionError("a bug"))
    shown = await world.ben.slash(world.channel, "continue")
    result = await world.ben.submit_modal(shown, {"text": STORY})
    assert STORY in private(result)
    assert world.env.errors


async def test_request_on_a_full_disk(world: DiscordWorld, caplog: pytest.LogCaptureFixture) -> None:
    """The database may not grow any more: what was asked is refused with a sentence, and nothing is shown."""
    async with world.services.database.transaction() as connection:
        pages = (await connection.execute(sql("PRAGMA page_count"))).scalar_one()
        await connection.execute(sql(f"PRAGMA max_page_count = {pages}"))
    answers = []
    for _ in range(8):
        shown = await world.ben.slash(world.channel, "continue")
        answers.append(await world.ben.submit_modal(shown, {"text": STORY * 60}))
        if answers[-1].followups:
            break
    assert "incident" in private(answers[-1])
    assert "The database cannot be written" in private(answers[-1])
    assert STORY in private(answers[-1])


async def test_the_second_copy_of_the_bot_is_refused(world: DiscordWorld) -> None:
    with pytest.raises(StorageError):
        async with create_services(world.settings, engine=FakeEngine(failure=WorkerUnavailable("none"))) as services:
            create_bot(world.settings, services)

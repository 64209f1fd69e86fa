"""Asking once more turns the person's own card: its pages are kept, and it turns back where nothing comes of it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import pytest
from simcord.results import ResponseMessage

from bot.app import create_bot
from bot.errors import WorkerUnavailable
from bot.inference.fake_engine import FakeEngine
from bot.writing.infill.restyling import style_of
from cogs.core.generation_flow import GenerationFlow
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, texts, walk, zh
from tests.behaviour.forging import press
from tests.behaviour.storytelling import FORM
from tests.behaviour.test_waiting import finished

T = TypeVar("T")
BLANKS = "The fox crossed the ___ near the harbour."
BACK, ON = -1, 1


async def card_of(world: DiscordWorld, text: str | None = None) -> ResponseMessage:
    """A card of Ben's with two suggestions: of a /continue, or of an /infill of `text`."""
    if text is None:
        return shown_by((await world.ask(world.ben, count=2)).response)
    return shown_by((await world.ben.slash(world.channel, "infill", text=text, count=2)).response)


def shown_by(response: ResponseMessage | None) -> ResponseMessage:
    assert response is not None
    return response


async def turn(world: DiscordWorld, card: ResponseMessage, step: int) -> str:
    """Press ◀ or ▶ as Ben; what the card shows then."""
    await world.ben.click(card, custom_id=page_id(card, step))
    return texts(card)


def page_id(card: ResponseMessage, step: int) -> str:
    """The custom id of the button that turns a card that way."""
    ids = [str(part["custom_id"]) for part in walk(card.components) if "custom_id" in part]
    return next(each for each in ids if each.startswith("ink:page:") and each.endswith(f":{step}"))


def place_of(card: ResponseMessage) -> str | None:
    """Which page a card shows of how many, as it says."""
    return next((label for label in buttons(card) if label and label[0].isdigit() and "/" in label), None)


async def test_retry_turns_the_card_and_its_pages_stay(world: DiscordWorld) -> None:
    card = await card_of(world)
    first = texts(card)
    assert place_of(card) is None
    for page in (2, 3):
        await world.ben.click(card, label=en("button.retry"))
        assert place_of(card) == f"{page}/{page}"
    assert world.messages == 1
    third = texts(card)
    assert (await world.generation(3)).message_id == card.id
    await world.restart()
    second = await turn(world, card, BACK)
    assert place_of(card) == "2/3"
    assert await turn(world, card, BACK) == first
    assert place_of(card) == "1/3"
    assert await turn(world, card, ON) == second
    assert await turn(world, card, ON) == third
    assert world.messages == 1


async def test_what_is_asked_for_anew_after_turning_back_comes_last(world: DiscordWorld) -> None:
    card = await card_of(world, BLANKS)
    await world.ben.click(card, label=en("button.stranger"))
    await turn(world, card, BACK)
    await world.ben.click(card, label=en("button.longer"))
    assert place_of(card) == "3/3"
    assert (await world.generation(3)).parent_id == 1
    assert style_of(await world.generation(3)).boldness == 0


async def test_stranger_can_be_dropped(world: DiscordWorld) -> None:
    card = await card_of(world, BLANKS)
    usual = en("button.usual")
    assert usual not in buttons(card)
    await world.ben.click(card, label=en("button.stranger"))
    assert en("wish.stranger", count=1) in texts(card)
    shown = {each.fills for number in (1, 2) for each in (await world.generation(number)).suggestions}
    await world.ben.click(card, label=usual)
    assert en("wish.stranger", count=1) not in texts(card)
    assert usual not in buttons(card)
    third = await world.generation(3)
    assert style_of(third).boldness == 0
    assert not shown & {each.fills for each in third.suggestions}, "what was shown does not come again"
    assert world.messages == 1


async def test_a_note_turns_the_card_too(world: DiscordWorld) -> None:
    card = await card_of(world)
    form = await world.ben.click(card, label=en("button.note"))
    await world.ben.submit_modal(form, {"note": "make it funny"})
    assert world.messages == 1
    assert place_of(card) == "2/2"
    assert en("card.note", note="make it funny") in texts(card)
    assert en("card.note", note="make it funny") not in await turn(world, card, BACK)


async def test_others_look_through_the_pages_in_private(world: DiscordWorld) -> None:
    card = await card_of(world)
    first = texts(card)
    await world.ben.click(card, label=en("button.retry"))
    second = texts(card)
    looked = await world.chen.click(card, custom_id=page_id(card, BACK))
    assert texts(card) == second
    assert private(looked) == first
    page = shown_by(looked.response)
    await world.chen.click(page, custom_id=page_id(page, ON))
    assert texts(page) == second
    assert texts(card) == second


async def test_a_card_that_somebody_else_has_used_stays_and_says_what_was_taken_up(world: DiscordWorld) -> None:
    card = await card_of(world)
    went = await world.chen.click(card, custom_id="ink:go:1:1")
    assert world.messages == 2
    first, second = texts(card).split("**2**")
    assert en("card.taken", count=1) in second
    assert en("card.taken", count=1) not in first
    assert en("card.taken", count=1) not in texts(went.response)
    await world.ben.click(card, label=en("button.retry"))
    assert world.messages == 3
    assert place_of(card) is None
    assert (await world.generation(1)).used
    await world.ben.click(shown_by(world.last()), label=en("button.retry"))
    assert world.messages == 3, "the new card is not used yet"


async def test_what_one_goes_on_from_oneself_leaves_the_card_to_be_turned(world: DiscordWorld) -> None:
    card = await card_of(world)
    for count in (1, 2):
        await world.ben.click(card, custom_id="ink:go:1:0")
        assert en("card.taken", count=count) in texts(card)
        await world.env.advance_time(3)
    await world.ben.click(card, label=en("button.retry"))
    assert place_of(card) == "2/2"
    assert en("card.taken", count=2) not in texts(card)
    assert en("card.taken", count=2) in await turn(world, card, BACK)


async def test_somebody_elses_move_makes_a_card_of_their_own(world: DiscordWorld) -> None:
    card = await card_of(world, BLANKS)
    first = texts(card)
    await world.chen.click(card, label=en("button.stranger"))
    assert world.messages == 2
    assert texts(card) == first
    await world.ben.click(card, label=en("button.stranger"))
    assert world.messages == 3, "Chen has used the first"


async def test_a_card_turns_back_where_the_models_fail(world: DiscordWorld) -> None:
    card = await card_of(world)
    first, working = texts(card), world.services.inference.engine
    world.services.inference.engine = FakeEngine(failure=WorkerUnavailable("gone"))
    refused = await world.ben.click(card, label=en("button.retry"))
    assert private(refused) == en("error.worker_unavailable")
    assert texts(card) == first
    world.services.inference.engine = working
    await world.ben.click(card, label=en("button.retry"))
    assert place_of(card) == "2/2"


async def test_turning_back_survives_hiccups_of_discord(world: DiscordWorld) -> None:
    card = await card_of(world)
    first = texts(card)
    world.services.inference.engine = FakeEngine(failure=WorkerUnavailable("gone"))
    world.env.inject_error("PATCH", "/webhooks/*", status=500, times=9)
    await world.ben.click(card, label=en("button.retry"))
    assert texts(card) == first


async def test_a_turned_card_survives_hiccups_of_discord(world: DiscordWorld) -> None:
    card = await card_of(world)
    world.env.inject_error("PATCH", "/webhooks/*", status=500, times=9)
    await world.ben.click(card, label=en("button.retry"))
    assert place_of(card) == "2/2"
    assert world.messages == 1


@pytest.mark.patient
async def test_cancelling_turns_the_card_back(world: DiscordWorld) -> None:
    card = shown_by((await world.ask(world.ben, count=1)).response)
    await finished(world)
    first = texts(card)
    world.held.hold()
    asked = await world.ben.click(card, label=en("button.retry"))
    assert list(buttons(card)) == [en("button.cancel")]
    again = await press(world.ben, card, "ink:retry:1")
    assert private(again) == en("error.already_working")
    await world.ben.click(card, label=en("button.cancel"))
    await finished(world)
    assert texts(card) == first
    assert private(asked) == en("error.cancelled")
    assert world.messages == 1
    assert await world.kept() == [1]


@pytest.mark.patient
async def test_a_killed_program_leaves_no_card_half_turned(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = shown_by((await world.ask(world.ben, count=1)).response)
    await finished(world)
    first = texts(card)

    async def nothing(*_: object) -> None:
        """A killed program cleans nothing up."""

    async def wait(awaitable: Awaitable[T]) -> T:
        result: T = await world.env.external_wait(awaitable, reason="the models")
        return result

    with monkeypatch.context() as killed:
        killed.setattr(GenerationFlow, "interrupt", nothing)
        killed.setattr(GenerationFlow, "_settle", nothing)
        for _ in range(2):
            world.held.hold()
            await world.ben.click(card, label=en("button.retry"))
            assert list(buttons(card)) == [en("button.cancel")]
            await world.env.restart_bot(create_bot(world.settings, world.services, wait))
            await world.env.advance_time(2.0)
            assert texts(card) == first, "it shows again what it showed"
            assert en("button.retry") in buttons(card)
    assert world.messages == 1


@pytest.mark.patient
async def test_stopping_the_bot_turns_the_card_back(world: DiscordWorld) -> None:
    card = shown_by((await world.ask(world.ben, count=1)).response)
    await finished(world)
    first = texts(card)
    world.held.hold()
    await world.ben.click(card, label=en("button.retry"))
    await world.env.bot.farewell()  # type: ignore[attr-defined]  # as close() does
    await world.until(lambda: not world.services.inference.running)
    assert texts(card) == first


async def test_deleting_a_card_deletes_its_pages(world: DiscordWorld) -> None:
    card = await card_of(world)
    await world.ben.click(card, label=en("button.retry"))
    await world.ben.click(card, label=en("button.delete"))
    assert world.messages == 0
    assert await world.kept() == []


async def test_a_story_that_begins_with_a_suggestion_is_told_on_its_card(world: DiscordWorld) -> None:
    card = await card_of(world)
    form = await world.ben.select(card, ["s1"], custom_id="ink:take:1")
    await world.ben.submit_modal(form, {**FORM, "licence": ["own"]})
    assert len(world.channel.threads) == 1
    assert en("card.taken", count=1) in texts(card)
    assert not (await world.generation(1)).used


async def test_a_twist_that_was_used_says_so(world: DiscordWorld) -> None:
    card = shown_by((await world.ben.slash(world.channel, "twist", text="The old man crossed the bridge.")).response)
    await press(world.ben, card, "ink:twist:1:0", ["0"])
    await press(world.ben, card, "ink:use:1")
    assert en("card.taken", count=1) in texts(card)
    await press(world.ben, card, "ink:twist:1:0", ["-1"])
    assert en("card.taken", count=1) in texts(card)


async def test_pages_in_chinese(world: DiscordWorld) -> None:
    await world.ada.slash(world.channel, "settings", language="zh-CN")
    card = await card_of(world, BLANKS)
    await world.ben.click(card, label=zh("button.stranger"))
    assert place_of(card) == "2/2"
    await world.chen.click(card, custom_id="ink:go:2:0")
    assert zh("card.taken", count=1) in texts(card)

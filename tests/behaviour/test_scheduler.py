"""A clock that is set, or a machine that is suspended, stops nothing: neither deadlines nor what is to be shown."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from simcord import _dpy_internals

from cogs.core.task_timing import LONGEST_SLEEP_S
from tests.behaviour.discord_world import DiscordWorld, en, texts
from tests.behaviour.storytelling import FORM, begin, card_of, prose_of, write
from tests.behaviour.test_stories_kept import keep_discords_time
from tests.behaviour.voting import begin_story, candidates_of, catch_up, open_round, pass_time, round_of, star

HOUR_S = 3600.0
TEXT = "The fox crossed the bridge near the harbour."


class ClockSetter:
    """Sets the wall clock of the bot's machine; Discord's goes on as before, and so does every steady clock."""

    def __init__(self, world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        self._house = world
        self._set = timedelta()
        discords = _dpy_internals._ClockDatetime.now

        def now(_: Any, tz: tzinfo | None = None) -> datetime:
            told: datetime = discords(tz)
            return told + self._set

        monkeypatch.setattr(_dpy_internals._ClockDatetime, "now", classmethod(now))

    def turn(self, seconds: float) -> None:
        self._set += timedelta(seconds=seconds)
        self._house.now.set_ms += round(seconds * 1000)


@pytest.fixture
def clock(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> ClockSetter:
    return ClockSetter(world, monkeypatch)


@pytest.mark.parametrize("turned_s", [-HOUR_S, -5 * 60.0, HOUR_S])
async def test_a_round_of_after_the_clock_was_set_closes_in_time(
    world: DiscordWorld, clock: ClockSetter, turned_s: float
) -> None:
    thread = await begin_story(world, round_minutes=5)
    clock.turn(turned_s)
    await pass_time(world, 5.0)
    card = await open_round(world, thread)
    candidates, _ = await candidates_of(world)
    await star(world.ben, card, candidates[0])

    await pass_time(world, 4 * 60.0)
    assert (await round_of(world)).state == "open"
    await pass_time(world, 2 * 60.0)
    await catch_up(world)
    assert (await round_of(world)).state == "closed"


@pytest.mark.parametrize("turned_s", [-10 * 60.0, 10 * 60.0])
async def test_a_clock_that_was_wrong_and_is_put_right_closes_what_is_due(
    world: DiscordWorld, clock: ClockSetter, turned_s: float
) -> None:
    """The round was begun by a clock that went wrong; by the right one, its time comes a minute later at the latest."""
    thread = await begin_story(world, round_minutes=5)
    clock.turn(turned_s)
    card = await open_round(world, thread)
    candidates, _ = await candidates_of(world)
    await star(world.ben, card, candidates[0])
    clock.turn(-turned_s)
    await pass_time(world, max(0.0, 5 * 60 + turned_s) + LONGEST_SLEEP_S + 1)
    await catch_up(world)
    assert (await round_of(world)).state == "closed"


async def test_scheduler_notices_within_a_minute_a_deadline_that_passed_while_suspended(
    world: DiscordWorld, clock: ClockSetter
) -> None:
    thread = await begin_story(world, round_minutes=60)
    card = await open_round(world, thread)
    candidates, _ = await candidates_of(world)
    await star(world.ben, card, candidates[0])
    await pass_time(world, 1.0)  # the clock sleeps until then
    clock.turn(8 * HOUR_S)  # no steady clock counted these
    await pass_time(world, LONGEST_SLEEP_S)
    await catch_up(world)
    assert (await round_of(world)).state == "closed"


@pytest.mark.parametrize("turned_s", [-HOUR_S, -5 * 60.0, HOUR_S])
async def test_what_could_not_be_shown_is_tried_again_in_time(
    world: DiscordWorld, clock: ClockSetter, turned_s: float
) -> None:
    thread = await begin(world, world.ben)
    world.env.inject_error("POST", f"/channels/{thread.id}/messages", status=500)
    await write(world, world.ben, thread, TEXT)
    assert prose_of(thread) == []
    clock.turn(turned_s)
    await pass_time(world, 10.0)
    assert [content.split("\n")[0] for content in prose_of(thread)] == [TEXT]


async def test_cards_follow_as_ever_after_the_clock_was_set_back(world: DiscordWorld, clock: ClockSetter) -> None:
    thread = await begin(world, world.ben)
    clock.turn(-HOUR_S)
    await pass_time(world, 5.0)
    await write(world, world.ben, thread, TEXT)
    await write(world, world.ben, thread, "Then it was dark.")
    await pass_time(world, 5.0)
    assert "Then it was dark." in texts(card_of(thread))


@pytest.mark.patient
@pytest.mark.parametrize("turned_s", [-HOUR_S, HOUR_S])
async def test_an_answer_goes_through_its_token_whatever_the_clock_says(
    world: DiscordWorld, clock: ClockSetter, turned_s: float
) -> None:
    clock.turn(turned_s)
    result = await world.ask(world.ben, count=1)
    assert result.response is not None
    await world.until(lambda: world.services.inference.running == 0)
    assert en("card.continue.title", count=1) in texts(result.response)
    edits = [request.path for request in world.env.http_requests if request.method == "PATCH"]
    assert edits
    assert all(path.startswith("/webhooks/") for path in edits)


@pytest.mark.parametrize("turned_s", [-HOUR_S, HOUR_S])
async def test_prose_that_may_have_been_sent_is_found_whatever_the_clock_says(
    world: DiscordWorld, clock: ClockSetter, turned_s: float
) -> None:
    keep_discords_time(world)
    thread = await begin(world, world.ben)
    clock.turn(turned_s)

    async def crash(*_: object) -> bool:
        raise OSError("the machine is off")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(world.services.outbox), "mark_shown", crash)
        await write(world, world.ben, thread, TEXT)
    assert len(prose_of(thread)) == 1
    await world.restart()
    await pass_time(world, LONGEST_SLEEP_S)
    assert len(prose_of(thread)) == 1


@pytest.mark.parametrize("turned_s", [-HOUR_S, HOUR_S])
async def test_a_thread_that_may_have_been_opened_is_found_whatever_the_clock_says(
    world: DiscordWorld, clock: ClockSetter, turned_s: float
) -> None:
    keep_discords_time(world)
    clock.turn(turned_s)

    async def crash(*_: object) -> bool:
        raise OSError("the machine is off")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(world.services.hosting), "set_thread", crash)
        shown = await world.ben.slash(world.channel, "story new")
        await world.ben.submit_modal(shown, {**FORM, "licence": ["own"]})
    assert len(world.channel.threads) == 1
    await world.restart()
    await pass_time(world, LONGEST_SLEEP_S)
    assert len(world.channel.threads) == 1

"""A clock that is set, or a machine that is suspended, stops nothing: neither deadlines nor what is to be shown."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from simcord import _dpy_internals

from cogs.core.task_timing import LONGEST_SLEEP_S
from tests.behaviour.discord_world import House, en, texts
from tests.behaviour.storytelling import FORM, begin, card_of, prose_of, write
from tests.behaviour.test_stories_kept import keep_discords_time
from tests.behaviour.voting import begin_story, candidates_of, catch_up, open_round, pass_time, round_of, star

HOUR_S = 3600.0
TEXT = "The fox crossed the bridge near the harbour."


class ClockSetter:
    """Sets the wall clock of the bot's machine; Discord's goes on as before, and so does every steady clock."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self._house = house
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
def clock(house: House, monkeypatch: pytest.MonkeyPatch) -> ClockSetter:
    return ClockSetter(house, monkeypatch)


@pytest.mark.parametrize("turned_s", [-HOUR_S, -5 * 60.0, HOUR_S])
async def test_a_round_of_after_the_clock_was_set_closes_in_time(
    house: House, clock: ClockSetter, turned_s: float
) -> None:
    thread = await begin_story(house, round_minutes=5)
    clock.turn(turned_s)
    await pass_time(house, 5.0)
    card = await open_round(house, thread)
    candidates, _ = await candidates_of(house)
    await star(house.ben, card, candidates[0])

    await pass_time(house, 4 * 60.0)
    assert (await round_of(house)).state == "open"
    await pass_time(house, 2 * 60.0)
    await catch_up(house)
    assert (await round_of(house)).state == "closed"


@pytest.mark.parametrize("turned_s", [-10 * 60.0, 10 * 60.0])
async def test_a_clock_that_was_wrong_and_is_put_right_closes_what_is_due(
    house: House, clock: ClockSetter, turned_s: float
) -> None:
    """The round was begun by a clock that went wrong; by the right one, its time comes a minute later at the latest."""
    thread = await begin_story(house, round_minutes=5)
    clock.turn(turned_s)
    card = await open_round(house, thread)
    candidates, _ = await candidates_of(house)
    await star(house.ben, card, candidates[0])
    clock.turn(-turned_s)
    await pass_time(house, max(0.0, 5 * 60 + turned_s) + LONGEST_SLEEP_S + 1)
    await catch_up(house)
    assert (await round_of(house)).state == "closed"


async def test_a_deadline_that_passed_while_the_machine_was_suspended_is_noticed_within_a_minute(
    house: House, clock: ClockSetter
) -> None:
    thread = await begin_story(house, round_minutes=60)
    card = await open_round(house, thread)
    candidates, _ = await candidates_of(house)
    await star(house.ben, card, candidates[0])
    await pass_time(house, 1.0)  # the clock sleeps until then
    clock.turn(8 * HOUR_S)  # no steady clock counted these
    await pass_time(house, LONGEST_SLEEP_S)
    await catch_up(house)
    assert (await round_of(house)).state == "closed"


@pytest.mark.parametrize("turned_s", [-HOUR_S, -5 * 60.0, HOUR_S])
async def test_what_could_not_be_shown_is_tried_again_in_time(
    house: House, clock: ClockSetter, turned_s: float
) -> None:
    thread = await begin(house, house.ben)
    house.env.inject_error("POST", f"/channels/{thread.id}/messages", status=500)
    await write(house, house.ben, thread, TEXT)
    assert prose_of(thread) == []
    clock.turn(turned_s)
    await pass_time(house, 10.0)
    assert [content.split("\n")[0] for content in prose_of(thread)] == [TEXT]


async def test_cards_follow_as_ever_after_the_clock_was_set_back(house: House, clock: ClockSetter) -> None:
    thread = await begin(house, house.ben)
    clock.turn(-HOUR_S)
    await pass_time(house, 5.0)
    await write(house, house.ben, thread, TEXT)
    await write(house, house.ben, thread, "Then it was dark.")
    await pass_time(house, 5.0)
    assert "Then it was dark." in texts(card_of(thread))


@pytest.mark.patient
@pytest.mark.parametrize("turned_s", [-HOUR_S, HOUR_S])
async def test_an_answer_goes_through_its_token_whatever_the_clock_says(
    house: House, clock: ClockSetter, turned_s: float
) -> None:
    clock.turn(turned_s)
    result = await house.ask(house.ben, count=1)
    assert result.response is not None
    await house.until(lambda: house.services.inference.running == 0)
    assert en("card.continue.title", count=1) in texts(result.response)
    edits = [request.path for request in house.env.http_requests if request.method == "PATCH"]
    assert edits
    assert all(path.startswith("/webhooks/") for path in edits)


@pytest.mark.parametrize("turned_s", [-HOUR_S, HOUR_S])
async def test_prose_that_may_have_been_sent_is_found_whatever_the_clock_says(
    house: House, clock: ClockSetter, turned_s: float
) -> None:
    keep_discords_time(house)
    thread = await begin(house, house.ben)
    clock.turn(turned_s)

    async def crash(*_: object) -> bool:
        raise OSError("the machine is off")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(house.services.outbox), "shown", crash)
        await write(house, house.ben, thread, TEXT)
    assert len(prose_of(thread)) == 1
    await house.restart()
    await pass_time(house, LONGEST_SLEEP_S)
    assert len(prose_of(thread)) == 1


@pytest.mark.parametrize("turned_s", [-HOUR_S, HOUR_S])
async def test_a_thread_that_may_have_been_opened_is_found_whatever_the_clock_says(
    house: House, clock: ClockSetter, turned_s: float
) -> None:
    keep_discords_time(house)
    clock.turn(turned_s)

    async def crash(*_: object) -> bool:
        raise OSError("the machine is off")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(house.services.hosting), "opened", crash)
        shown = await house.ben.slash(house.channel, "story new")
        await house.ben.submit_modal(shown, {**FORM, "licence": ["own"]})
    assert len(house.channel.threads) == 1
    await house.restart()
    await pass_time(house, LONGEST_SLEEP_S)
    assert len(house.channel.threads) == 1

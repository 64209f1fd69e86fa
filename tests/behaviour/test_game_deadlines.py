"""The clock plays what is due in games, by itself, and one that breaks keeps no other waiting."""

from __future__ import annotations

import logging

import pytest

from bot.games.service import STUCK_MS
from bot.rules.games.steps import Started
from bot.rules.games.table import LOBBY_MS
from bot.stories.access import Who
from cogs.core.task_timing import LONGEST_SLEEP_S
from tests.behaviour.discord_world import DiscordWorld

LOBBY_S = LOBBY_MS["tonight"] / 1000


async def open_lobby(world: DiscordWorld) -> int:
    who = Who(world.guild.id, world.ada.id)
    return (await world.services.game_service.create(who, "fold", "tonight", world.channel.id, name="Ada")).id


async def pass_time(world: DiscordWorld, seconds: float) -> None:
    """Let time pass, and the clock look at what is due by then."""
    world.now.ahead_ms += round(seconds * 1000)
    await world.env.advance_time(LONGEST_SLEEP_S + 1)


async def state_of(world: DiscordWorld, game_id: int) -> str:
    view = await world.services.game_service.get_view(game_id)
    assert view is not None
    return view.state


async def test_a_lobby_closes_in_time_also_after_a_restart(world: DiscordWorld) -> None:
    first = await open_lobby(world)
    await pass_time(world, 61.0)
    second = await open_lobby(world)
    await pass_time(world, LOBBY_S - 60.0)
    assert (await state_of(world, first), await state_of(world, second)) == ("cancelled", "lobby")
    await world.restart()
    await pass_time(world, 61.0)
    assert await state_of(world, second) == "cancelled"


async def test_a_game_that_breaks_keeps_no_other_waiting_and_is_tried_again_later(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, other = await open_lobby(world), await open_lobby(world)
    tick = world.services.game_service.tick
    tried = []

    async def tick_unless_broken(game_id: int) -> bool:
        if game_id == broken:
            tried.append(game_id)
            raise ZeroDivisionError
        return await tick(game_id)

    monkeypatch.setattr(world.services.game_service, "tick", tick_unless_broken)
    await pass_time(world, LOBBY_S + 61.0)
    await pass_time(world, 61.0)
    assert (await state_of(world, broken), await state_of(world, other)) == ("lobby", "cancelled")
    assert tried == [broken], "not again and again"
    assert [record.exc_info is not None for record in caplog.records if record.levelno == logging.ERROR] == [True]
    monkeypatch.undo()
    await pass_time(world, STUCK_MS / 1000)
    assert await state_of(world, broken) == "cancelled"


async def test_what_the_models_answer_reaches_the_game_and_whoever_shows_it(world: DiscordWorld) -> None:
    games = world.services.game_service
    told: list[None] = []
    world.services.game_changes.listen(lambda: told.append(None))
    people = [Who(world.guild.id, person.id) for person in (world.ada, world.ben, world.chen)]
    view = await games.create(people[0], "counterfeit", "tonight", world.channel.id, name="Ada")
    for who in people[1:]:
        await games.join(who, view.id, name=str(who.person_id))
    await games.lead(people[0], view.id, Started())
    assert len(await games.list_open()) > 0
    await world.until(lambda: bool(told))
    async with world.services.database.reading() as tx:
        texts = await tx.games.list_texts(view.id)
    assert [text for text in texts if text.seat is None]
    await world.env.advance_time(2.0)
    assert await world.services.outbox.next_in_s() is None, "it is shown at once, though nobody in Discord did anything"

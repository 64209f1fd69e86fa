"""Private cards do not pile up, and none goes on saying what is not so any more."""

from __future__ import annotations

from typing import Any

import discord
import pytest
import simcord
from simcord.actors import MemberActor
from simcord.results import ResponseMessage

from bot.ui import private_cards
from bot.ui.answers import respond, take_time
from bot.ui.cards import Card
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, texts
from tests.behaviour.voting import (
    CANCEL,
    CLOSE,
    MORE,
    READ,
    begin_story,
    candidates_of,
    catch_up,
    like,
    more,
    open_round,
    pass_time,
    pick,
    star,
)

TOKEN_S = 15 * 60
"""How long an interaction's token lasts."""


def seen_alone(world: DiscordWorld, channel: simcord.ChannelHandle, person: MemberActor) -> list[ResponseMessage]:
    """The private cards that a person has there, the oldest first."""
    return [
        ResponseMessage(world.env, message)
        for message in world.env.backend.messages[channel.id].values()
        if message.is_ephemeral and message.visible_to(person.id)
    ]


async def test_private_cards_one_ballot_stays_and_tells_the_result_after_the_close(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    (first, *_), none = await candidates_of(world)
    await like(world.chen, card, first)
    await star(world.chen, card, first)
    await like(world.ben, card, none)
    (ballot,) = seen_alone(world, thread, world.chen)
    assert "★" in texts(ballot)
    assert en("button.take_back") in buttons(ballot)
    await like(world.chen, ballot, first, none)
    assert [each.id for each in seen_alone(world, thread, world.chen)] == [ballot.id], "it was turned where it stands"

    await star(world.ada, card, first)
    await world.ada.click(await more(world.ada, card), label=CLOSE)
    await catch_up(world)
    over = en("round.over", decided=en("round.decided_continue", number=1))
    assert f"\n-# {en('origin.suggested', model=en('origin.model.any'))}" in texts(card)
    for person in (world.chen, world.ben, world.ada):
        about_ballot = [each for each in seen_alone(world, thread, person) if en("round.your_ballot") in texts(each)]
        assert len(about_ballot) == 1
        assert over in texts(about_ballot[0])
        assert not buttons(about_ballot[0])
        assert "until the close" not in texts(about_ballot[0])
    assert en("round.told_closed") in texts(seen_alone(world, thread, world.ada)[-1])


async def test_private_cards_of_other_kinds_do_the_same(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    for _ in range(2):
        await world.chen.click(card, label=READ)
        await more(world.chen, card)
    reading, extra = seen_alone(world, thread, world.chen)
    assert en("round.more_title") in texts(extra)
    assert en("round.your_ballot") in private(await world.chen.click(extra, label=en("button.my_ballot")))
    await more(world.chen, card)
    assert len(seen_alone(world, thread, world.chen)) == 3, "the ballot stands where More stood, and More anew"

    await world.ada.click(await more(world.ada, card), label=CANCEL)
    await catch_up(world)
    reading, ballot, extra = seen_alone(world, thread, world.chen)
    assert en("round.change_told") not in texts(reading)
    assert en("round.cancelled_empty") in texts(ballot)
    assert texts(extra) == en("round.cancelled_empty")


async def test_a_private_card_that_nobody_could_turn_says_so_when_it_is_pressed(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    (first, *_), _ = await candidates_of(world)
    await star(world.chen, card, first)
    extra = await more(world.ben, card)
    await world.restart()
    await world.ada.click(await more(world.ada, card), label=CLOSE)
    await catch_up(world)
    (ballot,) = seen_alone(world, thread, world.chen)
    assert "until the close" in texts(ballot)
    await world.chen.click(ballot, label=en("button.take_back"))
    await pick(world.ben, extra, "rreport", first)
    over = en("round.over", decided=en("round.decided_continue", number=1))
    for person in (world.chen, world.ben):
        assert [texts(each) for each in seen_alone(world, thread, person)] == [over]


@pytest.mark.long
async def test_a_private_card_whose_token_has_run_out_is_left_alone(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    (first, *_), _ = await candidates_of(world)
    await star(world.chen, card, first)
    await pass_time(world, TOKEN_S)
    await like(world.chen, card, first)
    assert len(seen_alone(world, thread, world.chen)) == 2
    await world.chen.click(card, label=MORE)
    assert len(seen_alone(world, thread, world.chen)) == 3


async def test_settings_and_wishes_stand_there_once(world: DiscordWorld) -> None:
    for command, person in (("settings", world.ada), ("writer", world.chen)):
        for _ in range(2):
            await person.slash(world.channel, command)
        assert len(seen_alone(world, world.channel, person)) == 1


async def test_private_cards_that_came_late_are_reached_as_well(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(interaction: discord.Interaction[Any], card: Card) -> bool:
        """Answer behind an acknowledgement, as where the database was busy."""
        await take_time(interaction)
        return await respond(interaction, card)

    monkeypatch.setattr(private_cards, "respond", late)
    thread = await begin_story(world)
    card = await open_round(world, thread)
    (first, *_), none = await candidates_of(world)
    await star(world.chen, card, first)
    voted = await like(world.chen, card, first, none)
    assert voted.followups, "the card followed the acknowledgement"
    (ballot,) = seen_alone(world, thread, world.chen)
    await star(world.chen, ballot, none)
    (ballot,) = seen_alone(world, thread, world.chen)
    assert en("round.none") in texts(ballot)
    extra = (await world.ada.click(card, label=MORE)).followups[-1]
    await world.ada.click(extra, label=CANCEL)
    await catch_up(world)
    assert en("round.cancelled_empty") in texts(ballot)

"""Somebody has everything of theirs deleted: what of it stood in Discord goes, and everybody else's stays."""

from __future__ import annotations

import json
import sqlite3

import simcord
from simcord.actors import MemberActor
from simcord.results import ResponseMessage

from bot.rules.rounds import Candidate
from storage.database import FILE
from tests.behaviour.discord_world import DiscordWorld, en, private, texts
from tests.behaviour.remembering import AGREE, RATIFY, cards, note
from tests.behaviour.storytelling import begin, canon_of, card_text, prose_of, story_of, write
from tests.behaviour.voting import (
    candidates_of,
    card_in,
    catch_up,
    close,
    like,
    open_round,
    pass_time,
    propose,
    round_of,
    shown,
    star,
)

SECRET = "zirrgendwo"
FIRST = "The fox crossed the bridge near the harbour and the rain began."
THEIRS = f"Old Marta found a {SECRET} under the hill."
LAST = "And nobody spoke until the morning came."


async def leave(world: DiscordWorld, person: MemberActor) -> str:
    """/privacy delete, confirmed after a restart."""
    asked = await person.slash(world.channel, "privacy delete")
    told = private(asked)
    assert asked.response is not None
    await world.restart()
    await person.click(asked.response, label=en("button.forget"))
    await pass_time(world, 5)
    return told


async def round_of_two(world: DiscordWorld) -> tuple[simcord.ChannelHandle, ResponseMessage, Candidate, Candidate]:
    """A story of Ada's with an open round: its thread, its card, and the texts of Ben and of Chen in it."""
    thread = await begin(world, world.ada)
    await write(world, world.ada, thread, FIRST)
    card = await open_round(world, thread, person=world.chen)
    await propose(world, world.ben, card, THEIRS)
    await propose(world, world.chen, card, LAST)
    await catch_up(world)
    found, _ = await candidates_of(world)
    theirs, last = (next(each for each in found if each.text == text) for text in (THEIRS, LAST))
    return thread, card, theirs, last


def everything_in(world: DiscordWorld, channel: simcord.ChannelHandle) -> str:
    """All that stands in a channel for everybody, texts and cards."""
    found = [message for message in world.env.backend.messages[channel.id].values() if not message.is_ephemeral]
    return json.dumps([[message.content, message.components] for message in found], ensure_ascii=False)


def in_database(world: DiscordWorld, text: str) -> list[str]:
    """The tables in which that text stands somewhere."""
    with sqlite3.connect(f"file:{world.settings.data / FILE}?mode=ro", uri=True) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            table
            for table in tables
            if any(text in str(value) for row in connection.execute(f'SELECT * FROM "{table}"') for value in row)  # noqa: S608  # names of our own tables
        ]


async def test_privacy_delete_confirmation_says_what_becomes_of_stories(world: DiscordWorld) -> None:
    told = private(await world.ben.slash(world.channel, "privacy delete"))
    assert told == "\n".join(en(f"privacy.{part}") for part in ("confirm", "confirm_stories", "confirm_final"))


async def test_passages_become_placeholders_and_the_tree_keeps_its_shape(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await world.ben.slash(world.channel, "writer", **{"pen-name": f"Pen {SECRET}"})
    await write(world, world.ada, thread, FIRST)
    await write(world, world.ben, thread, THEIRS)
    await write(world, world.chen, thread, LAST)
    shape = [(passage.id, passage.parent_id, passage.depth) for passage in await canon_of(world, thread)]

    await leave(world, world.ben)

    assert prose_of(thread) == [
        f"{FIRST}\n-# <@{world.ada.id}>",
        f"-# {en('story.withdrawn')}",
        f"{LAST}\n-# <@{world.chen.id}>",
    ]
    canon = await canon_of(world, thread)
    assert [(passage.id, passage.parent_id, passage.depth) for passage in canon] == shape
    assert [passage.withdrawn for passage in canon] == [False, True, False]
    assert SECRET not in everything_in(world, thread)
    assert in_database(world, SECRET) == []
    assert in_database(world, str(world.ben.id)) == []
    assert private(await world.ben.slash(world.channel, "privacy export")) == en("privacy.nothing")
    added = await write(world, world.chen, thread, "The story goes on.")
    assert private(added) == en("story.added", number=4)


async def test_host_leaves_the_server(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    assert f"<@{world.ben.id}>" in card_text(thread)
    await leave(world, world.ben)
    assert (await story_of(world, thread)).host_id is None
    assert en("story.no_host") in card_text(thread)
    assert str(world.ben.id) not in everything_in(world, thread)
    assert private(await world.ben.slash(thread, "story pause")) == en("error.story_hosts_only")


async def test_the_result_of_a_closed_round_stays(world: DiscordWorld) -> None:
    thread, card, theirs, last = await round_of_two(world)
    await star(world.ben, card, last)
    await star(world.chen, card, last)
    await star(world.ada, card, theirs)
    await close(world.ada, card)
    await catch_up(world)
    result = await round_of(world)
    assert result.winner_id == last.id

    await leave(world, world.ben)

    assert (await round_of(world)).winner_id == last.id
    card = card_in(world, thread)
    assert SECRET not in shown(card)
    assert en("round.voters", count=3) in shown(card)
    assert f"{LAST}\n-# <@{world.chen.id}>" in prose_of(thread)
    assert SECRET not in everything_in(world, thread)
    assert in_database(world, SECRET) == []
    assert in_database(world, str(world.ben.id)) == []


async def test_whose_text_won_leaves(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await write(world, world.ada, thread, FIRST)
    card = await open_round(world, thread, person=world.chen)
    await propose(world, world.ben, card, THEIRS)
    await catch_up(world)
    found, _ = await candidates_of(world)
    theirs = next(each for each in found if each.text == THEIRS)
    await star(world.ben, card, theirs)
    await star(world.chen, card, theirs)
    await close(world.ada, card)
    await catch_up(world)
    assert THEIRS in shown(card)

    await leave(world, world.ben)

    assert (await round_of(world)).winner_id == theirs.id
    card = card_in(world, thread)
    assert en("round.decided_continue", number=1 + found.index(theirs)) in shown(card)
    assert en("round.withdrawn") in shown(card)
    assert en("round.voters", count=2) in shown(card)
    for label in ("pairs", "ballots"):
        assert private(await world.chen.click(card, label=en(f"button.{label}"))) != en("round.ballots_gone")
    assert [passage.withdrawn for passage in await canon_of(world, thread)] == [False, True]
    assert SECRET not in everything_in(world, thread)
    assert in_database(world, SECRET) == []
    assert in_database(world, str(world.ben.id)) == []


async def test_an_open_round_loses_a_text_and_a_ballot(world: DiscordWorld) -> None:
    thread, card, theirs, last = await round_of_two(world)
    await like(world.ben, card, theirs)
    await like(world.ada, card, theirs, last)
    await catch_up(world)
    assert en("round.turnout", count=2) in shown(card)

    await leave(world, world.ben)

    card = card_in(world, thread)
    assert SECRET not in shown(card)
    assert en("round.turnout", count=1) in shown(card)
    await close(world.ada, card)
    await catch_up(world)
    assert (await round_of(world)).winner_id == last.id
    assert in_database(world, SECRET) == []
    assert in_database(world, str(world.ben.id)) == []


async def test_proposals_go_and_what_was_taken_stays_without_a_name(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await note(world.ben, thread, "What was taken.")
    await note(world.ben, thread, f"What waits: {SECRET}.")
    await note(world.chen, thread, "Somebody else's.")
    taken, _, others = cards(world, thread)
    await world.ada.click(taken, label=RATIFY)
    await world.ben.click(others, label=AGREE)
    await pass_time(world, 2)
    assert str(world.ben.id) in everything_in(world, thread)

    await leave(world, world.ben)

    left = cards(world, thread)
    assert len(left) == 2
    assert "What was taken." in texts(left[0])
    assert en("lore.tally", agreeing=0, disagreeing=0) in texts(left[1])
    assert str(world.ben.id) not in everything_in(world, thread)
    assert SECRET not in everything_in(world, thread)
    assert in_database(world, SECRET) == []
    assert in_database(world, str(world.ben.id)) == []


async def test_a_passage_whose_message_was_deleted_by_hand_is_no_obstacle(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await write(world, world.ben, thread, THEIRS)
    message = next(message for message in thread.history() if SECRET in message.content)
    await world.ada.delete(message)
    await leave(world, world.ben)
    assert in_database(world, SECRET) == []
    assert SECRET not in everything_in(world, thread)

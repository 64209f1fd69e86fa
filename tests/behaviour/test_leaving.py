"""Somebody has everything of theirs deleted: what of it stood in Discord goes, and everybody else's stays."""

from __future__ import annotations

import json
import sqlite3

import simcord
from simcord.actors import MemberActor
from simcord.results import ResponseMessage

from bot.rules.rounds import Candidate
from storage.database import FILE
from tests.behaviour.discord_world import House, en, private, texts
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


async def leave(house: House, person: MemberActor) -> str:
    """/privacy delete, confirmed after a restart."""
    asked = await person.slash(house.channel, "privacy delete")
    told = private(asked)
    assert asked.response is not None
    await house.restart()
    await person.click(asked.response, label=en("button.forget"))
    await pass_time(house, 5)
    return told


async def round_of_two(house: House) -> tuple[simcord.ChannelHandle, ResponseMessage, Candidate, Candidate]:
    """A story of Ada's with an open round: its thread, its card, and the texts of Ben and of Chen in it."""
    thread = await begin(house, house.ada)
    await write(house, house.ada, thread, FIRST)
    card = await open_round(house, thread, person=house.chen)
    await propose(house, house.ben, card, THEIRS)
    await propose(house, house.chen, card, LAST)
    await catch_up(house)
    found, _ = await candidates_of(house)
    theirs, last = (next(each for each in found if each.text == text) for text in (THEIRS, LAST))
    return thread, card, theirs, last


def everything_in(house: House, channel: simcord.ChannelHandle) -> str:
    """All that stands in a channel for everybody, texts and cards."""
    found = [message for message in house.env.backend.messages[channel.id].values() if not message.is_ephemeral]
    return json.dumps([[message.content, message.components] for message in found], ensure_ascii=False)


def in_database(house: House, text: str) -> list[str]:
    """The tables in which that text stands somewhere."""
    with sqlite3.connect(f"file:{house.settings.data / FILE}?mode=ro", uri=True) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            table
            for table in tables
            if any(text in str(value) for row in connection.execute(f'SELECT * FROM "{table}"') for value in row)  # noqa: S608  # names of our own tables
        ]


async def test_the_confirmation_says_what_becomes_of_stories(house: House) -> None:
    told = private(await house.ben.slash(house.channel, "privacy delete"))
    assert told == "\n".join(en(f"privacy.{part}") for part in ("confirm", "confirm_stories", "confirm_final"))


async def test_passages_become_placeholders_and_the_tree_keeps_its_shape(house: House) -> None:
    thread = await begin(house, house.ada)
    await house.ben.slash(house.channel, "writer", **{"pen-name": f"Pen {SECRET}"})
    await write(house, house.ada, thread, FIRST)
    await write(house, house.ben, thread, THEIRS)
    await write(house, house.chen, thread, LAST)
    shape = [(passage.id, passage.parent_id, passage.depth) for passage in await canon_of(house, thread)]

    await leave(house, house.ben)

    assert prose_of(thread) == [
        f"{FIRST}\n-# <@{house.ada.id}>",
        f"-# {en('story.withdrawn')}",
        f"{LAST}\n-# <@{house.chen.id}>",
    ]
    canon = await canon_of(house, thread)
    assert [(passage.id, passage.parent_id, passage.depth) for passage in canon] == shape
    assert [passage.withdrawn for passage in canon] == [False, True, False]
    assert SECRET not in everything_in(house, thread)
    assert in_database(house, SECRET) == []
    assert in_database(house, str(house.ben.id)) == []
    assert private(await house.ben.slash(house.channel, "privacy export")) == en("privacy.nothing")
    added = await write(house, house.chen, thread, "The story goes on.")
    assert private(added) == en("story.added", number=4)


async def test_a_host_leaves(house: House) -> None:
    thread = await begin(house, house.ben)
    assert f"<@{house.ben.id}>" in card_text(thread)
    await leave(house, house.ben)
    assert (await story_of(house, thread)).host_id is None
    assert en("story.no_host") in card_text(thread)
    assert str(house.ben.id) not in everything_in(house, thread)
    assert private(await house.ben.slash(thread, "story pause")) == en("error.story_hosts_only")


async def test_the_result_of_a_closed_round_stays(house: House) -> None:
    thread, card, theirs, last = await round_of_two(house)
    await star(house.ben, card, last)
    await star(house.chen, card, last)
    await star(house.ada, card, theirs)
    await close(house.ada, card)
    await catch_up(house)
    result = await round_of(house)
    assert result.winner_id == last.id

    await leave(house, house.ben)

    assert (await round_of(house)).winner_id == last.id
    card = card_in(house, thread)
    assert SECRET not in shown(card)
    assert en("round.voters", count=3) in shown(card)
    assert f"{LAST}\n-# <@{house.chen.id}>" in prose_of(thread)
    assert SECRET not in everything_in(house, thread)
    assert in_database(house, SECRET) == []
    assert in_database(house, str(house.ben.id)) == []


async def test_whose_text_won_leaves(house: House) -> None:
    thread = await begin(house, house.ada)
    await write(house, house.ada, thread, FIRST)
    card = await open_round(house, thread, person=house.chen)
    await propose(house, house.ben, card, THEIRS)
    await catch_up(house)
    found, _ = await candidates_of(house)
    theirs = next(each for each in found if each.text == THEIRS)
    await star(house.ben, card, theirs)
    await star(house.chen, card, theirs)
    await close(house.ada, card)
    await catch_up(house)
    assert THEIRS in shown(card)

    await leave(house, house.ben)

    assert (await round_of(house)).winner_id == theirs.id
    card = card_in(house, thread)
    assert en("round.decided_continue", number=1 + found.index(theirs)) in shown(card)
    assert en("round.withdrawn") in shown(card)
    assert en("round.voters", count=2) in shown(card)
    for label in ("pairs", "ballots"):
        assert private(await house.chen.click(card, label=en(f"button.{label}"))) != en("round.ballots_gone")
    assert [passage.withdrawn for passage in await canon_of(house, thread)] == [False, True]
    assert SECRET not in everything_in(house, thread)
    assert in_database(house, SECRET) == []
    assert in_database(house, str(house.ben.id)) == []


async def test_an_open_round_loses_a_text_and_a_ballot(house: House) -> None:
    thread, card, theirs, last = await round_of_two(house)
    await like(house.ben, card, theirs)
    await like(house.ada, card, theirs, last)
    await catch_up(house)
    assert en("round.turnout", count=2) in shown(card)

    await leave(house, house.ben)

    card = card_in(house, thread)
    assert SECRET not in shown(card)
    assert en("round.turnout", count=1) in shown(card)
    await close(house.ada, card)
    await catch_up(house)
    assert (await round_of(house)).winner_id == last.id
    assert in_database(house, SECRET) == []
    assert in_database(house, str(house.ben.id)) == []


async def test_proposals_go_and_what_was_taken_stays_without_a_name(house: House) -> None:
    thread = await begin(house, house.ada)
    await note(house.ben, thread, "What was taken.")
    await note(house.ben, thread, f"What waits: {SECRET}.")
    await note(house.chen, thread, "Somebody else's.")
    taken, _, others = cards(house, thread)
    await house.ada.click(taken, label=RATIFY)
    await house.ben.click(others, label=AGREE)
    await pass_time(house, 2)
    assert str(house.ben.id) in everything_in(house, thread)

    await leave(house, house.ben)

    left = cards(house, thread)
    assert len(left) == 2
    assert "What was taken." in texts(left[0])
    assert en("lore.tally", agreeing=0, disagreeing=0) in texts(left[1])
    assert str(house.ben.id) not in everything_in(house, thread)
    assert SECRET not in everything_in(house, thread)
    assert in_database(house, SECRET) == []
    assert in_database(house, str(house.ben.id)) == []


async def test_a_passage_whose_message_was_deleted_by_hand_is_no_obstacle(house: House) -> None:
    thread = await begin(house, house.ada)
    await write(house, house.ben, thread, THEIRS)
    message = next(message for message in thread.history() if SECRET in message.content)
    await house.ada.delete(message)
    await leave(house, house.ben)
    assert in_database(house, SECRET) == []
    assert SECRET not in everything_in(house, thread)

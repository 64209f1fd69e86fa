"""Whoever opened a round closes it early once all who are there have voted; who is missing is told nobody."""

from __future__ import annotations

from simcord.results import ResponseMessage

from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, texts
from tests.behaviour.forging import press
from tests.behaviour.storytelling import write
from tests.behaviour.voting import (
    CLOSE,
    FIRST,
    SECOND,
    begin_story,
    candidates_of,
    catch_up,
    like,
    more,
    open_round,
    pass_time,
    propose,
    round_of,
    shown,
    star,
)

RULE = en("round.close_rule", count=2)
HOUR_S = 60 * 60


def close_is_disabled(card: ResponseMessage) -> bool:
    """Whether *Close now* cannot be pressed."""
    (row,) = [part for part in card.components[0]["components"] if part["type"] == 1 and "rclose" in str(part)]
    return any(part.get("disabled", False) for part in row["components"] if "rclose" in part["custom_id"])


async def test_the_opener_closes_once_two_and_all_who_wrote_have_voted(world: DiscordWorld) -> None:
    thread = await begin_story(world, passages=())
    await write(world, world.chen, thread, FIRST)
    card = await open_round(world, thread)
    (text, *_), _ = await candidates_of(world)

    early = await more(world.ben, card)
    assert RULE in texts(early)
    assert close_is_disabled(early)
    assert CLOSE not in buttons(await more(world.chen, card))
    await star(world.ben, card, text)
    await star(world.ada, card, text)
    await catch_up(world)
    assert CLOSE not in buttons(card), "two have voted, but Chen wrote the passage"
    told = private(await press(world.ben, card, "ink:rclose:1"))
    assert told == en("error.round_not_yet", count=2)

    await like(world.chen, card, text)
    await catch_up(world)
    assert en("round.closable") in shown(card)
    refused = await world.chen.click(card, label=CLOSE)
    assert private(refused) == en("error.round_closers_only")
    ready = await more(world.ben, card)
    assert en("round.close_now") in texts(ready)
    assert not close_is_disabled(ready)
    await world.ben.click(card, label=CLOSE)
    await catch_up(world)
    assert (await round_of(world)).state == "closed"


async def test_who_wrote_a_candidate_or_more_than_an_hour_ago(world: DiscordWorld) -> None:
    thread = await begin_story(world, passages=())
    await write(world, world.chen, thread, FIRST)
    await pass_time(world, HOUR_S + 60)
    card = await open_round(world, thread)
    (text, *_), _ = await candidates_of(world)
    await star(world.ben, card, text)
    await star(world.ada, card, text)
    await catch_up(world)
    assert CLOSE in buttons(card), "Chen's passage is older"
    await propose(world, world.chen, card, SECOND)
    assert CLOSE not in buttons(card)
    await like(world.chen, card, text)
    await catch_up(world)
    assert CLOSE in buttons(card)


async def test_a_quorum_counts_and_hosts_need_none(world: DiscordWorld) -> None:
    thread = await begin_story(world, quorum=3)
    card = await open_round(world, thread)
    (text, *_), _ = await candidates_of(world)
    await star(world.ben, card, text)
    await star(world.ada, card, text)
    await catch_up(world)
    assert CLOSE not in buttons(card)
    assert en("round.close_rule", count=3) in texts(await more(world.ben, card))
    await world.ada.click(await more(world.ada, card), label=CLOSE)
    assert (await round_of(world)).state == "closed"


async def test_what_a_fork_tells_does_not_count_here(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    await world.ada.slash(thread, "story fork", title="Elsewhere")
    fork = next(each for each in world.channel.threads if each.name == "Elsewhere")
    await write(world, world.chen, fork, SECOND)
    card = await open_round(world, thread)
    (text, *_), _ = await candidates_of(world)
    await star(world.ben, card, text)
    await star(world.ada, card, text)
    await catch_up(world)
    assert CLOSE in buttons(card)

"""Rounds as people live through them: candidates, ballots, the close."""

from __future__ import annotations

import hashlib

from bot.rules.ballots import commitment
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private
from tests.behaviour.storytelling import canon_of, prose_of
from tests.behaviour.voting import (
    FIRST,
    begin_story,
    candidates_of,
    card_in,
    catch_up,
    children_of,
    close,
    like,
    open_round,
    propose,
    round_of,
    shown,
    star,
)

OWN_TEXT = "Chen wrote that the lantern was a heart."


async def test_round_from_opening_to_result(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)

    opened = await round_of(world)
    texts, none = await candidates_of(world)
    assert (opened.state, opened.kind, opened.opened_by) == ("open", "continue", world.ben.id)
    assert 1 <= len(texts) <= 2
    assert FIRST in shown(card)
    assert all(each.text in shown(card) for each in texts)
    more = private(await world.chen.click(card, label=en("button.more")))
    assert commitment(opened.salt) in more
    assert commitment(opened.salt) not in shown(card)
    assert opened.salt not in shown(card) + more
    assert en("round.turnout_none") in shown(card)

    told = await propose(world, world.chen, card, OWN_TEXT)
    assert private(told) == en("round.told_own")
    assert OWN_TEXT in shown(card)
    assert "Chen" not in shown(card).replace(OWN_TEXT, "")
    texts, none = await candidates_of(world)
    own = next(each for each in texts if each.text == OWN_TEXT)

    voted = await star(world.ben, card, own)
    assert en("round.your_ballot") in private(voted)
    await like(world.ben, card, own, none)
    await like(world.chen, card, *texts)
    await catch_up(world)
    assert en("round.turnout", count=2) in shown(card)

    await close(world.ada, card)
    await catch_up(world)
    closed = await round_of(world)
    assert (closed.state, closed.winner_id) == ("closed", own.id)
    assert [passage.text for passage in await canon_of(world, thread)] == [FIRST, OWN_TEXT]
    assert any(OWN_TEXT in prose for prose in prose_of(thread))
    assert closed.salt not in shown(card)
    pairs = private(await world.chen.click(card, label=en("button.pairs")))
    assert en("round.salt", salt=closed.salt, hash=commitment(closed.salt)) in pairs
    assert hashlib.sha256(closed.salt.encode()).hexdigest() == commitment(opened.salt)
    assert f"<@{world.chen.id}>" in shown(card)
    assert en("round.voters", count=2) in shown(card)
    siblings = await children_of(world, (await canon_of(world, thread))[0].id)
    assert sorted(siblings) == sorted(each.text for each in texts)
    assert card_in(world, thread).id == card.id
    for label in ("pairs", "ballots", "why"):
        result = await world.ben.click(card, label=en(f"button.{label}"))
        assert private(result)
    assert en("button.canon") not in buttons(card)

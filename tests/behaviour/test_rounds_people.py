"""People who come and go in the middle of a round."""

from __future__ import annotations

from tests.behaviour.discord_world import DiscordWorld, en
from tests.behaviour.storytelling import begin, canon_of, write
from tests.behaviour.voting import (
    FIRST,
    begin_story,
    candidates_of,
    catch_up,
    close,
    like,
    open_round,
    propose,
    round_of,
    shown,
    star,
)


async def test_somebody_joins_late_and_somebody_is_kicked(world: DiscordWorld) -> None:
    """The kicked member's ballot and text stay: they were given by somebody who could. The late one votes like all."""
    thread = await begin_story(world)
    dee = world.guild.add_member(world.env.create_user("dee", global_name="Dee"))
    card = await open_round(world, thread, person=world.ben)
    await propose(world, dee, card, "Dee leaves this behind.")
    candidates, none = await candidates_of(world)
    hers = next(each for each in candidates if each.text == "Dee leaves this behind.")
    await star(dee, card, hers)
    await star(world.ben, card, none)

    world.guild.remove_member(dee)
    await world.env.settle()
    late = world.guild.add_member(world.env.create_user("eve", global_name="Eve"))
    await star(late, card, hers)
    await catch_up(world)
    assert en("round.turnout", count=3) in shown(card)

    await close(world.ada, card)
    await catch_up(world)
    assert (await round_of(world)).winner_id == hers.id
    canon = await canon_of(world, thread)
    assert (canon[-1].text, canon[-1].author_id) == (hers.text, dee.id)
    assert en("round.voters", count=3) in shown(card)


async def test_the_host_is_kicked_and_a_manager_closes(world: DiscordWorld) -> None:
    thread = await begin(world, world.ben)
    await write(world, world.ben, thread, FIRST)
    card = await open_round(world, thread, person=world.chen)
    candidates, _ = await candidates_of(world)
    await like(world.chen, card, candidates[0])
    world.guild.remove_member(world.ben)
    await world.env.settle()
    await close(world.ada, card)
    await catch_up(world)
    assert (await round_of(world)).state == "closed"
    assert len(await canon_of(world, thread)) == 2

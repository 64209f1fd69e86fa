"""People who come and go in the middle of a round."""

from __future__ import annotations

from tests.behaviour.discord_world import House, en
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


async def test_somebody_joins_late_and_somebody_is_kicked(house: House) -> None:
    """The kicked member's ballot and text stay: they were given by somebody who could. The late one votes like all."""
    thread = await begin_story(house)
    dee = house.guild.add_member(house.env.create_user("dee", global_name="Dee"))
    card = await open_round(house, thread, person=house.ben)
    await propose(house, dee, card, "Dee leaves this behind.")
    candidates, none = await candidates_of(house)
    hers = next(each for each in candidates if each.text == "Dee leaves this behind.")
    await star(dee, card, hers)
    await star(house.ben, card, none)

    house.guild.remove_member(dee)
    await house.env.settle()
    late = house.guild.add_member(house.env.create_user("eve", global_name="Eve"))
    await star(late, card, hers)
    await catch_up(house)
    assert en("round.turnout", count=3) in shown(card)

    await close(house.ada, card)
    await catch_up(house)
    assert (await round_of(house)).winner_id == hers.id
    canon = await canon_of(house, thread)
    assert (canon[-1].text, canon[-1].author_id) == (hers.text, dee.id)
    assert en("round.voters", count=3) in shown(card)


async def test_the_host_is_kicked_and_a_manager_closes(house: House) -> None:
    thread = await begin(house, house.ben)
    await write(house, house.ben, thread, FIRST)
    card = await open_round(house, thread, person=house.chen)
    candidates, _ = await candidates_of(house)
    await like(house.chen, card, candidates[0])
    house.guild.remove_member(house.ben)
    await house.env.settle()
    await close(house.ada, card)
    await catch_up(house)
    assert (await round_of(house)).state == "closed"
    assert len(await canon_of(house, thread)) == 2

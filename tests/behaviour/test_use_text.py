"""*Use this text*: one menu for everything that takes a message as text."""

from __future__ import annotations

from simcord.results import InteractionResult, ResponseMessage

from bot.ui.locale import catalogue
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, zh
from tests.behaviour.storytelling import begin, canon_of, prose_of
from tests.behaviour.voting import FIRST, SECOND, begin_story, candidates_of, catch_up, open_round, round_of

MENU = en("menu.use_text")
ADD, CONTINUE, INFILL, TWIST = (en(f"usetext.{name}") for name in ("add", "continue", "infill", "twist"))


def card_of(result: InteractionResult) -> ResponseMessage:
    """The private card."""
    assert result.response is not None
    assert result.response.ephemeral
    return result.response


async def test_a_plain_message_of_ones_own_becomes_the_next_passage(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    said = await world.ben.send(thread, SECOND)
    card = card_of(offered := await world.ben.context_menu(thread, MENU, said))
    assert SECOND.split()[1] in private(offered)
    assert list(buttons(card)) == [ADD, CONTINUE, TWIST]
    await world.ben.click(card, label=ADD)
    await catch_up(world)
    assert [passage.text for passage in await canon_of(world, thread)] == [FIRST, SECOND]
    assert (await canon_of(world, thread))[1].author_id == world.ben.id
    assert SECOND in prose_of(thread)[-1]
    again = await world.ben.click(card, custom_id=buttons(card).get(ADD, "")) if ADD in buttons(card) else None
    assert again is None, "the card says what became of it, and has no button left"


async def test_while_a_vote_is_open_it_becomes_a_candidate(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    await open_round(world, thread)
    said = await world.chen.send(thread, SECOND)
    await world.chen.click(card_of(await world.chen.context_menu(thread, MENU, said)), label=ADD)
    texts, _ = await candidates_of(world)
    assert SECOND in [each.text for each in texts]
    assert (await round_of(world)).state == "open"


async def test_what_somebody_else_wrote_cannot_be_added_under_ones_name(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    said = await world.ben.send(thread, SECOND)
    offered = await world.chen.context_menu(thread, MENU, said)
    assert ADD not in buttons(card_of(offered))
    assert en("usetext.not_yours") in private(offered)


async def test_in_a_channel_the_models_take_it(world: DiscordWorld) -> None:
    said = await world.ben.send(world.channel, "The fox ___ the old bridge.")
    card = card_of(await world.chen.context_menu(world.channel, MENU, said))
    assert list(buttons(card)) == [CONTINUE, INFILL, TWIST]
    for label in (CONTINUE, INFILL, TWIST):
        await world.chen.click(card, label=label)
    kept = [await world.generation(number) for number in await world.kept()]
    assert [each.kind for each in kept] == ["continue", "infill"] or [each.kind for each in kept][:2] == [
        "continue",
        "infill",
    ]
    assert all(each.person_id == world.chen.id for each in kept)


async def test_a_refusal_gives_the_text_back_and_adds_nothing(world: DiscordWorld) -> None:
    thread = await begin_story(world, max_words=5, min_words=1)
    said = await world.ben.send(thread, SECOND)
    refused = await world.ben.click(card_of(await world.ben.context_menu(thread, MENU, said)), label=ADD)
    assert en("error.passage_too_long", count=11, limit=5).split(".")[0] in private(refused)
    assert SECOND.split()[1] in private(refused)
    assert [passage.text for passage in await canon_of(world, thread)] == [FIRST]


async def test_a_card_of_an_earlier_run_says_what_to_do(world: DiscordWorld) -> None:
    said = await world.ben.send(world.channel, SECOND)
    card = card_of(await world.ben.context_menu(world.channel, MENU, said))
    await world.restart()
    assert private(await world.ben.click(card, label=CONTINUE)) == en("error.message_text_gone")


async def test_where_people_write_alone_no_model_is_offered(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada, ai=["off"])
    said = await world.ben.send(thread, SECOND)
    assert list(buttons(card_of(await world.ben.context_menu(thread, MENU, said)))) == [ADD]


async def test_a_passage_is_taken_without_what_stands_beneath_it(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    posted = next(each for each in thread.history() if FIRST in each.content)
    offered = private(await world.ben.context_menu(thread, MENU, posted))
    assert en("story.plain_messages") not in offered
    assert zh("usetext.title") != catalogue("en")("usetext.title")

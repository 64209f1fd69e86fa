"""A server's word list: who sets it, and that it holds for everybody and everything in stories."""

from __future__ import annotations

from dataclasses import replace

from simcord.actors import MemberActor
from simcord.results import InteractionResult, ResponseMessage

from bot.rules.servers import MAX_LISTED_WORDS
from tests.behaviour.discord_world import DiscordWorld, en, private, texts, walk
from tests.behaviour.remembering import note
from tests.behaviour.storytelling import begin, canon_of, write
from tests.behaviour.voting import begin_story, candidates_of, open_round, propose

WORDS = en("button.words")


async def listed(world: DiscordWorld) -> tuple[str, ...]:
    async with world.services.database.reading() as tx:
        return (await tx.servers.get(world.guild.id)).words


async def open_settings(world: DiscordWorld, person: MemberActor) -> ResponseMessage:
    card = (await person.slash(world.channel, "settings")).response
    assert card is not None
    return card


async def set_words(world: DiscordWorld, words: str) -> ResponseMessage:
    card = await open_settings(world, world.ada)
    form = await world.ada.click(card, label=WORDS)
    await world.ada.submit_modal(form, {"words0": words})
    return card


def boxes_of(form: InteractionResult) -> dict[str, str]:
    assert form.modal is not None
    boxes = [label["component"] for label in form.modal["components"]]
    return {box["custom_id"]: box["value"] for box in boxes}


async def test_the_list_is_set_in_a_form(world: DiscordWorld) -> None:
    card = await open_settings(world, world.ada)
    assert en("settings.words_none") in texts(card)
    await world.restart()
    form = await world.ada.click(card, label=WORDS)
    await world.ada.submit_modal(form, {"words0": "Clown\n  Hot   Tub\nclown, 蛇\n\n"})

    assert await listed(world) == ("clown", "hot tub", "蛇")
    assert en("settings.words_some", count=3) in texts(card)
    form = await world.ada.click(card, label=WORDS)
    assert boxes_of(form) == {"words0": "clown\nhot tub\n蛇"}
    await world.ada.submit_modal(form, {"words0": ""})
    assert await listed(world) == ()


async def test_a_long_list_has_several_boxes_and_loses_nothing(world: DiscordWorld) -> None:
    words = [f"word number {number:03} of a long list, x".replace(",", "") for number in range(MAX_LISTED_WORDS)]
    async with world.services.database.transaction() as tx:
        await tx.servers.save(replace(await tx.servers.get(world.guild.id), words=tuple(words)), now_ms=1)
    form = await world.ada.click(await open_settings(world, world.ada), label=WORDS)
    boxes = boxes_of(form)
    assert list(boxes) == ["words0", "words1", "words2"]
    assert [word for box in boxes.values() for word in box.split("\n")] == words
    await world.ada.submit_modal(form, {**boxes, "words2": boxes["words2"].replace(words[-1], "last")})
    assert await listed(world) == (*words[:-1], "last")


async def test_server_words_that_are_refused_are_given_back(world: DiscordWorld) -> None:
    card = await open_settings(world, world.ada)
    form = await world.ada.click(card, label=WORDS)
    refused = private(await world.ada.submit_modal(form, {"words0": f"clown\n{'x' * 41}"}))
    assert en("error.word_too_long", word="x" * 41, limit=40) in refused
    assert "clown" in refused
    form = await world.ada.click(card, label=WORDS)
    many = "\n".join(str(number) for number in range(MAX_LISTED_WORDS + 1))
    refused = private(await world.ada.submit_modal(form, {"words0": many}))
    assert en("error.words_too_many", given=MAX_LISTED_WORDS + 1, limit=MAX_LISTED_WORDS) in refused
    assert await listed(world) == ()


async def test_server_words_changed_by_two_managers_at_once(world: DiscordWorld) -> None:
    card = await open_settings(world, world.ada)
    first = await world.ada.click(card, label=WORDS)
    second = await world.ada.click(card, label=WORDS)
    await world.ada.submit_modal(first, {"words0": "clown"})
    refused = private(await world.ada.submit_modal(second, {"words0": "spider"}))
    assert en("error.words_changed") in refused
    assert "spider" in refused
    assert await listed(world) == ("clown",)


async def test_server_words_are_seen_by_managers_alone(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    stored = world.env.backend.messages[world.channel.id][card.id]
    next(part for part in walk(stored.components) if part.get("custom_id") == "ink:retry:1")["custom_id"] = "ink:lwords"
    assert private(await world.ben.click(card, custom_id="ink:lwords")) == en("error.manage_server")


async def test_it_holds_for_what_people_write(world: DiscordWorld) -> None:
    await set_words(world, "clown\nspider*")
    thread = await begin(world, world.ada)
    told = en("error.word_not_here", word="clown")

    refused = private(await write(world, world.ben, thread, "A Clown’s face at the window."))
    assert told in refused
    assert "face at the window" in refused
    assert await canon_of(world, thread) == []
    assert en("error.word_not_here", word=r"spider\*") in private(
        await write(world, world.ben, thread, "Spiders everywhere.")
    )
    assert told in private(await note(world.ben, thread, "Beware of the clown."))
    assert told in private(await world.ben.slash(world.channel, "writer", **{"pen-name": "Cl0wn"}))
    shown = await world.ben.slash(world.channel, "story new")
    form = {"title": "The clown", "premise": "", "writers": ["anyone"], "ai": ["on"], "licence": ["own"]}
    assert told in private(await world.ben.submit_modal(shown, form))
    assert len(world.channel.threads) == 1
    await write(world, world.ben, thread, "Clownfish are no clo-wns.")
    assert len(await canon_of(world, thread)) == 1


async def test_server_words_hold_for_peoples_candidates(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread, count=2)
    before, _ = await candidates_of(world)
    await set_words(world, "clown")
    refused = private(await propose(world, world.chen, card, "Then a clown went by."))
    assert en("error.word_not_here", word="clown") in refused
    assert "went by" in refused
    assert (await candidates_of(world))[0] == before


async def test_server_words_hold_for_suggestions(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada)
    await set_words(world, "*a*\n*e*\n*i*\n*o*\n*u*\n*y*")
    card = await world.ben.slash(thread, "continue", count=2, length=6)
    assert en("error.nothing_usable") in private(card)

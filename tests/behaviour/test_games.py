"""Counterfeit, Doors and Gaps as people play them: guesses, votes, a book that is walked, words that are put in."""

from __future__ import annotations

from typing import Any

import pytest

from bot.rules.games.alike import alike
from bot.writing.gaps import search
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, texts
from tests.behaviour.playing import Table, above, answer, catch_up, menu_of, options_of, pass_time
from tests.support.patience import until_answered

HUMAN = "walked slowly down to the harbour and waited there until the evening came."
"""What people write, behind their names."""
MACHINE = tuple(f"The {word} door opened, and behind it stood a machine that hummed." for word in ("red", "old", "tin"))
"""What the models answer."""
WORDS = ("lantern", "harbour", "ladder", "garden", "window", "bridge")
"""What is taken out of the passage."""
PASSAGE = " ".join(f"Then the old man carried the {word} slowly home across the wet and empty field." for word in WORDS)
"""A passage of ninety words."""
CHAPTER = "They walked on through the long dark house together and listened to the rain. " * 3
"""A chapter that is long enough."""


async def machine_writes(world: DiscordWorld) -> None:
    """Let the models answer what the game asked them first."""
    async with world.services.database.reading() as tx:
        found = await tx.games.get(1)
    assert found is not None
    key = found.table.requests[0].key
    assert await world.services.game_service.made(1, key, MACHINE)


async def machine_texts(world: DiscordWorld) -> set[str]:
    """The beginnings of the texts that were chosen of what the models wrote: of the answer above and of the tiny
    models' own."""
    async with world.services.database.reading() as tx:
        found = await tx.games.get(1)
        texts = await tx.games.list_texts(1)
    assert found is not None
    chosen = found.table.begun.rounds[-1].machine
    return {alike(text.text)[:40] for text in texts if text.slot in chosen}


@pytest.mark.long
async def test_a_round_of_counterfeit_is_written_guessed_and_told(world: DiscordWorld) -> None:
    people = (world.ada, world.ben, world.chen)
    table = Table(world, people)
    await table.open("counterfeit")
    await table.start()
    await machine_writes(world)
    sides = []
    for person, name in zip(people, ("Ada", "Ben", "Chen"), strict=True):
        opened = await table.open_turn(person)
        sides += [side for side in ("mask", "hand") if en(f"game.counterfeit.side_{side}") in above(opened)]
        await table.fill(person, opened, f"{name} {HUMAN}")
    assert sorted(sides) == ["hand", "hand", "mask"]
    assert HUMAN not in table.public
    await pass_time(world, 16)
    assert (await table.view()).phase == "guess"

    machine = await machine_texts(world)
    assert len(machine) == 2
    guesser = world.guild.add_member(world.env.create_user("dora", global_name="Dora"))
    for person in (*people, guesser):
        card = table.newest("gchoose")
        shown = answer(await person.click(card, label=en("button.guess")))
        menu = menu_of(shown, "gchoose")
        options = options_of(shown, menu)
        picked = [option["value"] for option in options if option["label"].partition(" · ")[2][:40] in machine]
        told = private(await person.select(shown, picked, custom_id=menu))
        assert en("game.counterfeit.guess_kept") in told
    assert not [text for text in machine if text in table.public]
    await pass_time(world, 16)
    assert (await table.view()).phase == "result"
    assert en("game.counterfeit.fooled", count=0, total=8) in table.public
    assert f"> Ada {HUMAN}" in table.public
    assert "**Ben**" in table.public


async def test_a_book_of_doors_is_written_voted_on_and_walked(world: DiscordWorld) -> None:
    people = (world.ada, world.ben)
    table = Table(world, people)
    await table.open("doors")
    await table.start()

    async def write(*doors: str) -> None:
        view = await table.view()
        person = people[view.waiting[0] - 1]
        opened = await table.open_turn(person)
        fields = {"text": f"Chapter {len(view.game.book) + 1} begins. {CHAPTER}"}
        await person.submit_modal(opened, fields | {f"door{n}": door for n, door in enumerate(doors, 1)})
        await catch_up(world)

    await write("The red door", "The cellar stairs")
    assert "The cellar stairs" in table.public
    for person in people:
        card = table.newest("gchoose")
        await person.select(card, ["1"], custom_id=menu_of(card, "gchoose"))
    await pass_time(world, 16)
    assert en("game.doors.through", number=1, door="The cellar stairs") in table.public
    await write("The end")
    assert (await table.view()).phase == "branches"
    card = table.newest("gchoose")
    await world.ben.select(card, ["0.0"], custom_id=menu_of(card, "gchoose"))
    await catch_up(world)
    await write("完")
    view = await table.view()
    assert view.state == "ended"
    assert [chapter.behind for chapter in view.game.book] == [None, 1, 1]

    page = answer(await world.chen.click(table.newest("gwalk"), label=en("button.gwalk")))
    assert "Chapter 1 begins" in texts(page)
    page = answer(await world.chen.click(page, label="The red door"))
    assert "Chapter 3 begins" in texts(page)
    assert en("game.doors.an_end") in texts(page)
    page = answer(await world.chen.click(page, label=en("button.back")))
    assert {"The red door", "The cellar stairs"} <= set(buttons(page))


@pytest.mark.long
async def test_words_are_put_into_a_passage_that_nobody_sees(
    world: DiscordWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LEAST", -1000.0)  # the tiny models find every word hopeless
    table = Table(world, (world.ada, world.ben))
    opened = await world.ada.slash(world.channel, "game start", kind="gaps")
    refused = await world.ada.submit_modal(opened, {"text": "Too short for it."})
    assert en("error.game_words", count=4, low=60, high=180) in private(refused)
    opened = await world.ada.slash(world.channel, "game start", kind="gaps")
    await world.ada.submit_modal(opened, {"text": PASSAGE})
    await world.ben.click(table.card, label=en("button.gjoin"))
    await catch_up(world)
    await table.start()

    async def words_taken() -> tuple[str, ...]:
        async with world.services.database.reading() as tx:
            found = await tx.games.get(1)
        assert found is not None
        return tuple(gap.word for gap in found.table.begun.gaps)

    await until_answered(words_taken)
    await pass_time(world, 1)
    taken = await words_taken()
    for person in table.people:
        opened = await table.open_turn(person)
        modal: Any = opened.modal
        names = [part["component"]["custom_id"] for part in modal["components"] if part["type"] == 18]
        words = {name: f"kettle{person.id % 7}{at}" for at, name in enumerate(names)}
        assert en("game.told_written") in private(await person.submit_modal(opened, words))
    assert not [word for word in taken if word in table.public]
    await pass_time(world, 16)
    assert table.public.count("kettle") >= len(taken)
    assert all(en("game.gaps.was", word=word) in table.public for word in taken)
    card = table.newest("gchoose")
    menu = menu_of(card, "gchoose")
    value = options_of(card, menu)[0]["value"]
    told = [private(await person.select(card, [value], custom_id=menu)) for person in table.people]
    assert sorted(en("error.game_own_word") in each for each in told) == [False, True]
    await pass_time(world, 121)
    assert (await table.view()).state == "ended"
    assert "★" in table.public

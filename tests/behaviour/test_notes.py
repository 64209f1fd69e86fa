"""Notes to the models: with /continue, with *Retry*, and in rounds, as people use them."""

from __future__ import annotations

import hashlib
import json

from bot.rules.generations import MAX_NOTE
from bot.writing.continuation.job import pieces_of
from tests.behaviour.discord_world import STORY, DiscordWorld, en, private, texts
from tests.behaviour.test_privacy import exported
from tests.behaviour.test_words import set_words
from tests.behaviour.voting import begin_story, candidates_of, card_in, catch_up, close, round_of, star

NOTE = "make it *funny* @everyone"
SHOWN = r"make it \*funny\* \@everyone"
GO, RETRY, NOTED, WHY = (en(f"button.{name}") for name in ("go", "retry", "note", "why"))


def read(note: str) -> str:
    """The hash of what the models read with a note."""
    text = "".join(piece.text for piece in pieces_of(STORY, note=note))
    return hashlib.sha256(text.encode()).hexdigest()


async def test_a_note_reaches_the_models_and_stands_on_the_card_and_its_receipt(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, note=f"  {NOTE}\n", count=1)).response
    assert card is not None
    assert en("card.note", note=SHOWN) in texts(card)
    kept = await world.generation(1)
    assert kept.note == NOTE
    assert kept.suggestions[0].receipt.prompt_sha256 == read(NOTE) != read("")
    await world.restart()
    assert en("why.note", note=SHOWN) in private(await world.chen.click(card, label=WHY))

    onward = (await world.chen.click(card, label=GO)).response
    assert NOTE not in texts(onward).replace("\\", ""), "it was about the passage before"
    assert (await world.generation(2)).note == ""


async def test_retrying_takes_a_note_along_changes_it_and_drops_it(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, note=NOTE, count=1)).response
    assert card is not None
    assert en("card.note", note=SHOWN) in texts((await world.ben.click(card, label=RETRY)).response)
    assert (await world.generation(2)).note == NOTE

    assert private(await world.chen.click(card, label=NOTED)) == en("error.not_yours_retry")
    form = await world.ben.click(card, label=NOTED)
    assert NOTE in json.dumps(form.modal)
    await world.restart()
    changed = (await world.ben.submit_modal(form, {"note": "a dog appears"})).response
    assert en("card.note", note="a dog appears") in texts(changed)
    dropped = (await world.ben.submit_modal(await world.ben.click(card, label=NOTED), {"note": " "})).response
    assert "note" not in texts(dropped).lower()
    found = [await world.generation(number) for number in (3, 4)]
    assert [(each.note, each.text, each.parent_id) for each in found] == [("a dog appears", STORY, 2), ("", STORY, 3)]


async def test_a_note_that_is_too_long_is_given_back_and_nothing_is_asked(world: DiscordWorld) -> None:
    long = "funny " * 40
    refused = private(await world.ask(world.ben, note=long))
    assert en("error.note_too_long", length=len(long.strip()), limit=MAX_NOTE) in refused
    assert long.strip() in refused
    assert STORY in refused
    assert await world.kept() == []


async def test_the_form_for_a_text_has_a_box_for_a_note(world: DiscordWorld) -> None:
    form = await world.ben.slash(world.channel, "continue", note=NOTE, count=1, length=6)
    assert NOTE in json.dumps(form.modal)
    assert (await world.ben.submit_modal(form, {"text": STORY, "note": "a dog"})).response is not None
    assert (await world.generation(1)).note == "a dog"


async def test_those_who_vote_in_a_round_read_its_note(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    result = await world.ben.slash(thread, "continue", note=NOTE, count=2, length=6)
    assert result.response is not None
    card = card_in(world, thread)
    assert en("card.note", note=SHOWN) in texts(card)
    assert (await round_of(world)).note == NOTE
    await star(world.chen, card, (await candidates_of(world))[0][0])
    await close(world.ada, card)
    await catch_up(world)
    closed = card_in(world, thread)
    assert en("card.note", note=SHOWN) in texts(closed)
    assert en("why.note", note=SHOWN) in private(await world.chen.click(closed, label=WHY))

    assert [row["note"] for row in (await exported(world, world.ben))["rounds"]] == [NOTE]
    asked = await world.ben.slash(world.channel, "privacy delete")
    assert asked.response is not None
    await world.ben.click(asked.response, label=en("button.forget"))
    await catch_up(world)
    assert (await round_of(world)).note == ""
    assert "funny" not in texts(card_in(world, thread))


async def test_a_word_that_is_not_wanted_here_keeps_a_round_from_opening(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    await set_words(world, "banana")
    refused = private(await world.ben.slash(thread, "continue", note="with a banana", length=6))
    assert en("error.word_not_here", word="banana") in refused
    assert "with a banana" in refused
    again = await world.ben.slash(thread, "continue", count=1, length=6)
    assert again.response is not None
    assert (await round_of(world)).note == ""

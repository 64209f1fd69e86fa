"""Notes to the models: with /continue, with *Retry*, and in rounds, as people use them."""

from __future__ import annotations

import hashlib
import json

from bot.rules.notes import MAX_NOTE
from bot.writing.continuation.job import pieces_of
from tests.behaviour.discord_world import STORY, House, en, private, texts
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


async def test_a_note_reaches_the_models_and_stands_on_the_card_and_its_receipt(house: House) -> None:
    card = (await house.ask(house.ben, note=f"  {NOTE}\n", count=1)).response
    assert card is not None
    assert en("card.note", note=SHOWN) in texts(card)
    kept = await house.generation(1)
    assert kept.note == NOTE
    assert kept.suggestions[0].receipt.prompt_sha256 == read(NOTE) != read("")
    await house.restart()
    assert en("why.note", note=SHOWN) in private(await house.chen.click(card, label=WHY))

    onward = (await house.chen.click(card, label=GO)).response
    assert NOTE not in texts(onward).replace("\\", ""), "it was about the passage before"
    assert (await house.generation(2)).note == ""


async def test_retrying_takes_a_note_along_changes_it_and_drops_it(house: House) -> None:
    card = (await house.ask(house.ben, note=NOTE, count=1)).response
    assert card is not None
    assert en("card.note", note=SHOWN) in texts((await house.ben.click(card, label=RETRY)).response)
    assert (await house.generation(2)).note == NOTE

    assert private(await house.chen.click(card, label=NOTED)) == en("error.not_yours_retry")
    form = await house.ben.click(card, label=NOTED)
    assert NOTE in json.dumps(form.modal)
    await house.restart()
    changed = (await house.ben.submit_modal(form, {"note": "a dog appears"})).response
    assert en("card.note", note="a dog appears") in texts(changed)
    dropped = (await house.ben.submit_modal(await house.ben.click(card, label=NOTED), {"note": " "})).response
    assert "note" not in texts(dropped).lower()
    found = [await house.generation(number) for number in (3, 4)]
    assert [(each.note, each.text, each.parent_id) for each in found] == [("a dog appears", STORY, 1), ("", STORY, 1)]


async def test_a_note_that_is_too_long_is_given_back_and_nothing_is_asked(house: House) -> None:
    long = "funny " * 40
    refused = private(await house.ask(house.ben, note=long))
    assert en("error.note_too_long", length=len(long.strip()), limit=MAX_NOTE) in refused
    assert long.strip() in refused
    assert STORY in refused
    assert await house.kept() == []


async def test_the_form_for_a_text_has_a_box_for_a_note(house: House) -> None:
    form = await house.ben.slash(house.channel, "continue", note=NOTE, count=1, length=8)
    assert NOTE in json.dumps(form.modal)
    assert (await house.ben.submit_modal(form, {"text": STORY, "note": "a dog"})).response is not None
    assert (await house.generation(1)).note == "a dog"


async def test_those_who_vote_in_a_round_read_its_note(house: House) -> None:
    thread = await begin_story(house)
    result = await house.ben.slash(thread, "continue", note=NOTE, count=2, length=8)
    assert result.response is not None
    card = card_in(house, thread)
    assert en("card.note", note=SHOWN) in texts(card)
    assert (await round_of(house)).note == NOTE
    await star(house.chen, card, (await candidates_of(house))[0][0])
    await close(house.ada, card)
    await catch_up(house)
    closed = card_in(house, thread)
    assert en("card.note", note=SHOWN) in texts(closed)
    assert en("why.note", note=SHOWN) in private(await house.chen.click(closed, label=WHY))

    assert [row["note"] for row in (await exported(house, house.ben))["rounds"]] == [NOTE]
    asked = await house.ben.slash(house.channel, "privacy delete")
    assert asked.response is not None
    await house.ben.click(asked.response, label=en("button.forget"))
    await catch_up(house)
    assert (await round_of(house)).note == ""
    assert "funny" not in texts(card_in(house, thread))


async def test_a_word_that_is_not_wanted_here_keeps_a_round_from_opening(house: House) -> None:
    thread = await begin_story(house)
    await set_words(house, "banana")
    refused = private(await house.ben.slash(thread, "continue", note="with a banana", length=8))
    assert en("error.word_not_here", word="banana") in refused
    assert "with a banana" in refused
    again = await house.ben.slash(thread, "continue", count=1, length=8)
    assert again.response is not None
    assert (await round_of(house)).note == ""

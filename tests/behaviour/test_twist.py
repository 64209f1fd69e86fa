"""/twist: expected words, a menu for each, and the text that comes of it."""

from __future__ import annotations

import asyncio
from typing import Any

from simcord.results import ResponseMessage

from bot.rules.twists import KEPT, suggestion_of, twist_of
from tests.behaviour.discord_world import STORY, House, buttons, en, private, texts, walk, zh
from tests.behaviour.storytelling import FORM, canon_of

PASSAGE = "The fox crossed the bridge near the harbour and the rain began. Old Marta sang to the moon before the storm."
USE = en("button.use")


async def ask(house: House, text: str = PASSAGE) -> ResponseMessage:
    result = await house.ben.slash(house.channel, "twist", text=text)
    assert result.response is not None
    return result.response


def menus(card: ResponseMessage) -> list[dict[str, Any]]:
    """The menus of words."""
    return [part for part in walk(card.components) if part.get("custom_id", "").startswith("ink:twist:")]


async def test_the_expected_words_are_underlined_and_each_has_a_menu(house: House) -> None:
    card = await ask(house)
    kept = await house.generation(1)
    assert (kept.kind, kept.text, kept.person_id) == ("twist", PASSAGE, house.ben.id)
    words = twist_of(kept).words
    assert words
    shown = texts(card)
    assert en("card.twist.title", count=len(words)) in shown
    assert len(menus(card)) == len(words)
    for word, menu in zip(words, menus(card), strict=True):
        assert PASSAGE[word.start : word.end] == word.word
        assert f"__{word.word}__" in shown
        assert word.word in menu["placeholder"]
        assert [option["label"] for option in menu["options"]] == [other.text for other in word.others]
        assert all(other.text not in PASSAGE for other in word.others)


async def test_picking_changes_the_passage_and_can_be_taken_back(house: House) -> None:
    card = await ask(house)
    word = twist_of(await house.generation(1)).words[0]
    await house.restart()
    await house.ben.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    changed = house.last()
    assert f"**{word.others[0].text}**" in texts(changed)
    assert f"__{word.word}__" not in texts(changed)
    assert menus(changed)[0]["options"][0]["label"] == en("card.twist.keep", word=word.word)
    assert twist_of(await house.generation(1)).words[0].picked == 0

    await house.ben.select(changed, [str(KEPT)], custom_id=menus(changed)[0]["custom_id"])
    assert f"__{word.word}__" in texts(house.last())
    assert twist_of(await house.generation(1)).text == PASSAGE


async def test_using_it_gives_a_card_to_go_on_from(house: House) -> None:
    card = await ask(house)
    word = twist_of(await house.generation(1)).words[0]
    await house.ben.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    await house.restart()
    used = (await house.ben.click(house.last(), label=USE)).response
    assert used is not None
    finished = PASSAGE[: word.start] + word.others[0].text + PASSAGE[word.end :]
    kept = await house.generation(2)
    assert (kept.kind, kept.text, kept.parent_id) == ("twist", PASSAGE, 1)
    assert kept.suggestions[0].text == finished
    assert kept.suggestions[0].fills == (word.others[0].text,)
    assert f"**{word.others[0].text}**" in texts(used)
    assert en("card.twisted.title", name="Ben") in texts(used)
    assert not menus(used)

    went = await house.chen.click(used, label=en("button.go"))
    assert went.response is not None
    onward = await house.generation(3)
    assert (onward.kind, onward.text, onward.parent_id) == ("continue", finished, 2)
    why = private(await house.chen.click(used, label=en("button.why")))
    assert word.word in why
    assert word.others[0].text in why


async def test_a_story_begins_with_a_twisted_passage(house: House) -> None:
    card = await ask(house)
    await house.ben.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    used = (await house.ben.click(house.last(), label=USE)).response
    assert used is not None
    shown = await house.chen.select(used, ["0"], custom_id="ink:sfrom:2")
    await house.chen.submit_modal(shown, {**FORM, "licence": ["own"]})
    (thread,) = house.channel.threads
    (passage,) = await canon_of(house, thread)
    kept = (await house.generation(2)).suggestions[0]
    assert passage.text == kept.text
    assert [passage.text[span.start : span.end] for span in passage.spans if span.origin == "bert"] == [kept.fills[0]]
    assert (passage.origin, passage.author_id) == ("edited", house.ben.id)


async def test_nothing_picked_is_nothing_to_use(house: House) -> None:
    card = await ask(house)
    (use,) = [part for part in walk(card.components) if part.get("label") == USE]
    assert use["disabled"]
    await house.ben.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    changed = house.last()
    await house.ben.select(changed, [str(KEPT)], custom_id=menus(changed)[0]["custom_id"])
    (use,) = [part for part in walk(house.last().components) if part.get("label") == USE]
    assert use["disabled"]


async def test_only_who_asked_picks_and_anyone_may_look(house: House) -> None:
    card = await ask(house)
    refused = await house.chen.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    assert private(refused) == en("error.not_yours_twist")
    assert twist_of(await house.generation(1)).text == PASSAGE
    assert private(await house.chen.click(card, label=en("button.delete"))) == en("error.not_yours_delete")
    assert private(await house.chen.click(card, label=en("button.why")))
    await house.ben.click(card, label=en("button.delete"))
    assert await house.kept() == []


async def test_two_picks_at_once_are_both_kept(house: House) -> None:
    await ask(house, "The fox ran home. A sailor sang to the moon before the storm and nobody spoke.")
    words = twist_of(await house.generation(1)).words
    assert len(words) >= 2

    async def pick(number: int) -> None:
        place = (await house.generation(1)).place
        await house.services.desk.revise(
            1, place, lambda found: suggestion_of(twist_of(found).pick(number, 0), found.suggestions[0].receipt)
        )

    await asyncio.gather(*(pick(number) for number in range(len(words))))
    assert len(twist_of(await house.generation(1)).picked) == len(words)


async def test_form_and_context_menu(house: House) -> None:
    shown = await house.ben.slash(house.channel, "twist")
    assert shown.modal is not None
    assert shown.modal["title"] == en("form.twist.title")
    result = await house.ben.submit_modal(shown, {"text": PASSAGE})
    assert result.response is not None
    assert (await house.generation(1)).kind == "twist"
    message = await house.chen.send(house.channel, PASSAGE)
    result = await house.ben.context_menu(house.channel, en("menu.twist"), message)
    assert result.response is not None
    assert (await house.generation(2)).text == PASSAGE


async def test_texts_that_cannot_be_twisted(house: House) -> None:
    for text, expected in (
        (" ", en("error.text_empty")),
        ("The fox found a ___ there.", en("error.twist_blanks")),
        ("Alice and I were there, and so were they.", en("error.twist_nothing")),
        ("她打开了那扇旧门，没有人说话。", None),
    ):
        refused = await house.ben.slash(house.channel, "twist", text=text)
        assert private(refused) == (expected or private(refused))
        assert house.messages == 0
    assert await house.kept() == []


async def test_a_form_that_is_refused_loses_nothing(house: House) -> None:
    shown = await house.ben.slash(house.channel, "twist")
    refused = await house.ben.submit_modal(shown, {"text": "The fox found a ___ there."})
    assert en("error.twist_blanks") in private(refused)
    assert "The fox found a" in private(refused)


async def test_marks_and_mentions_in_a_passage_stay_text(house: House) -> None:
    text = f"**{STORY}** <@123456789012345678> @everyone # no"
    card = await ask(house, text)
    shown = texts(card)
    assert r"\*\*The" in shown
    assert r"\<\@123456789012345678>" in shown
    assert not card.message.mentions


async def test_a_long_passage_shows_the_sentences_of_its_words(house: House) -> None:
    pad = "Old Marta and Old Marta were there, and she was there as well. " * 25
    card = await ask(house, f"{PASSAGE} {pad}")
    assert len(texts(card)) < 900
    assert en("button.read") in buttons(card)
    read = private(await house.chen.click(card, label=en("button.read")))
    assert read.count("Old Marta and Old Marta") == 25


async def test_where_infills_are_switched_off_and_in_chinese(house: House) -> None:
    await house.ada.slash(house.channel, "settings", language="zh-CN")
    card = await ask(house)
    assert zh("button.use") in buttons(card)
    await house.ada.slash(house.channel, "settings", infill=False)
    refused = await house.ben.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    assert private(refused) == en("error.feature_off")
    refused = await house.ben.slash(house.channel, "twist", text=PASSAGE)
    assert private(refused) == en("error.feature_off")

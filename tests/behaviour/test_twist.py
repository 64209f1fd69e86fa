"""/twist: expected words, a menu for each, and the text that comes of it."""

from __future__ import annotations

import asyncio
from typing import Any

from simcord.results import ResponseMessage

from bot.rules.twists import KEPT, suggestion_of, twist_of
from tests.behaviour.discord_world import STORY, DiscordWorld, buttons, en, private, refusal, texts, walk, zh
from tests.behaviour.storytelling import FORM, canon_of

PASSAGE = "The fox crossed the bridge near the harbour and the rain began. Old Marta sang to the moon before the storm."
USE = en("button.use")


async def ask(world: DiscordWorld, text: str = PASSAGE) -> ResponseMessage:
    result = await world.ben.slash(world.channel, "twist", text=text)
    assert result.response is not None
    return result.response


def menus(card: ResponseMessage) -> list[dict[str, Any]]:
    """The menus of words."""
    return [part for part in walk(card.components) if part.get("custom_id", "").startswith("ink:twist:")]


async def test_the_expected_words_are_underlined_and_each_has_a_menu(world: DiscordWorld) -> None:
    card = await ask(world)
    kept = await world.generation(1)
    assert (kept.kind, kept.text, kept.person_id) == ("twist", PASSAGE, world.ben.id)
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


async def test_picking_changes_the_passage_and_can_be_taken_back(world: DiscordWorld) -> None:
    card = await ask(world)
    word = twist_of(await world.generation(1)).words[0]
    await world.restart()
    await world.ben.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    changed = world.last()
    assert f"**{word.others[0].text}**" in texts(changed)
    assert f"__{word.word}__" not in texts(changed)
    assert menus(changed)[0]["options"][0]["label"] == en("card.twist.keep", word=word.word)
    assert twist_of(await world.generation(1)).words[0].picked == 0

    await world.ben.select(changed, [str(KEPT)], custom_id=menus(changed)[0]["custom_id"])
    assert f"__{word.word}__" in texts(world.last())
    assert twist_of(await world.generation(1)).text == PASSAGE


async def test_using_it_gives_a_card_to_go_on_from(world: DiscordWorld) -> None:
    card = await ask(world)
    word = twist_of(await world.generation(1)).words[0]
    await world.ben.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    await world.restart()
    used = (await world.ben.click(world.last(), label=USE)).response
    assert used is not None
    finished = PASSAGE[: word.start] + word.others[0].text + PASSAGE[word.end :]
    kept = await world.generation(2)
    assert (kept.kind, kept.text, kept.parent_id) == ("twist", PASSAGE, 1)
    assert kept.suggestions[0].text == finished
    assert kept.suggestions[0].fills == (word.others[0].text,)
    assert f"**{word.others[0].text}**" in texts(used)
    assert en("card.twisted.title", name="Ben") in texts(used)
    assert not menus(used)

    went = await world.chen.click(used, label=en("button.go"))
    assert went.response is not None
    onward = await world.generation(3)
    assert (onward.kind, onward.text, onward.parent_id) == ("continue", finished, 2)
    why = private(await world.chen.click(used, label=en("button.why")))
    assert word.word in why
    assert word.others[0].text in why


async def test_a_story_begins_with_a_twisted_passage(world: DiscordWorld) -> None:
    card = await ask(world)
    await world.ben.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    used = (await world.ben.click(world.last(), label=USE)).response
    assert used is not None
    shown = await world.chen.select(used, ["s0"], custom_id="ink:take:2")
    await world.chen.submit_modal(shown, {**FORM, "licence": ["own"]})
    (thread,) = world.channel.threads
    (passage,) = await canon_of(world, thread)
    kept = (await world.generation(2)).suggestions[0]
    assert passage.text == kept.text
    assert [passage.text[span.start : span.end] for span in passage.spans if span.origin == "bert"] == [kept.fills[0]]
    assert (passage.origin, passage.author_id) == ("edited", world.ben.id)


async def test_nothing_picked_is_nothing_to_use(world: DiscordWorld) -> None:
    card = await ask(world)
    (use,) = [part for part in walk(card.components) if part.get("label") == USE]
    assert use["disabled"]
    await world.ben.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    changed = world.last()
    await world.ben.select(changed, [str(KEPT)], custom_id=menus(changed)[0]["custom_id"])
    (use,) = [part for part in walk(world.last().components) if part.get("label") == USE]
    assert use["disabled"]


async def test_only_who_asked_picks_and_anyone_may_look(world: DiscordWorld) -> None:
    card = await ask(world)
    refused = await world.chen.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    assert private(refused) == en("error.not_yours_twist")
    assert twist_of(await world.generation(1)).text == PASSAGE
    assert private(await world.chen.click(card, label=en("button.delete"))) == en("error.not_yours_delete")
    assert private(await world.chen.click(card, label=en("button.why")))
    await world.ben.click(card, label=en("button.delete"))
    assert await world.kept() == []


async def test_two_picks_at_once_are_both_kept(world: DiscordWorld) -> None:
    await ask(world, "The fox ran home. A sailor sang to the moon before the storm and nobody spoke.")
    words = twist_of(await world.generation(1)).words
    assert len(words) >= 2

    async def pick(number: int) -> None:
        place = (await world.generation(1)).place
        await world.services.generation_service.revise(
            1, place, lambda found: suggestion_of(twist_of(found).pick(number, 0), found.suggestions[0].receipt)
        )

    await asyncio.gather(*(pick(number) for number in range(len(words))))
    assert len(twist_of(await world.generation(1)).picked) == len(words)


async def test_form_and_context_menu(world: DiscordWorld) -> None:
    shown = await world.ben.slash(world.channel, "twist")
    assert shown.modal is not None
    assert shown.modal["title"] == en("form.twist.title")
    result = await world.ben.submit_modal(shown, {"text": PASSAGE})
    assert result.response is not None
    assert (await world.generation(1)).kind == "twist"
    message = await world.chen.send(world.channel, PASSAGE)
    result = await world.ben.context_menu(world.channel, en("menu.twist"), message)
    assert result.response is not None
    assert (await world.generation(2)).text == PASSAGE


async def test_texts_that_cannot_be_twisted(world: DiscordWorld) -> None:
    for text, expected in (
        (" ", en("error.text_empty")),
        ("The fox found a ___ there.", en("error.twist_blanks")),
        ("Alice and I were there, and so were they.", en("error.twist_nothing")),
        ("她打开了那扇旧门，没有人说话。", None),
    ):
        refused = await world.ben.slash(world.channel, "twist", text=text)
        assert refusal(refused) == (expected or refusal(refused))
        assert world.messages == 0
    assert await world.kept() == []


async def test_a_form_that_is_refused_loses_nothing(world: DiscordWorld) -> None:
    shown = await world.ben.slash(world.channel, "twist")
    refused = await world.ben.submit_modal(shown, {"text": "The fox found a ___ there."})
    assert en("error.twist_blanks") in private(refused)
    assert "The fox found a" in private(refused)


async def test_marks_and_mentions_in_a_passage_stay_text(world: DiscordWorld) -> None:
    text = f"**{STORY}** <@123456789012345678> @everyone # no"
    card = await ask(world, text)
    shown = texts(card)
    assert r"\*\*The" in shown
    assert r"\<\@123456789012345678>" in shown
    assert not card.message.mentions


async def test_a_long_passage_shows_the_sentences_of_its_words(world: DiscordWorld) -> None:
    pad = "Old Marta and Old Marta were there, and she was there as well. " * 25
    card = await ask(world, f"{PASSAGE} {pad}")
    assert len(texts(card)) < 900
    assert en("button.read") in buttons(card)
    read = private(await world.chen.click(card, label=en("button.read")))
    assert read.count("Old Marta and Old Marta") == 25


async def test_where_infills_are_switched_off_and_in_chinese(world: DiscordWorld) -> None:
    await world.ada.slash(world.channel, "settings", language="zh-CN")
    card = await ask(world)
    assert zh("button.use") in buttons(card)
    await world.ada.slash(world.channel, "settings", infill=False)
    refused = await world.ben.select(card, ["0"], custom_id=menus(card)[0]["custom_id"])
    assert refusal(refused) == en("error.feature_off")
    refused = await world.ben.slash(world.channel, "twist", text=PASSAGE)
    assert refusal(refused) == en("error.feature_off")

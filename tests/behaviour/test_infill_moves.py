"""*More like this*, *Stranger*, *Shorter* and *Longer*, and how sure the models are."""

from __future__ import annotations

import re

from simcord.results import ResponseMessage

from bot.rules.infill_style import MAX_BOLDNESS
from bot.rules.text.words import split_words
from bot.writing.infill.restyling import style_of
from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, texts, walk, zh

BLANKS = "The fox crossed the ___ near the harbour."
MOVES = tuple(en(f"button.{move}") for move in ("stranger", "shorter", "longer"))
LIKE = en("button.like")
SURE = tuple(en(f"sure.{word}") for word in ("almost", "likely", "several", "shot"))


async def ask(world: DiscordWorld, text: str = BLANKS, count: int = 2) -> ResponseMessage:
    result = await world.ben.slash(world.channel, "infill", text=text, count=count)
    assert result.response is not None
    return result.response


def dead(card: ResponseMessage) -> set[str]:
    """The labels of the buttons that are greyed out."""
    return {part["label"] for part in walk(card.components) if part["type"] == 2 and part.get("disabled")}


async def test_how_sure_the_models_are_is_said_in_words(world: DiscordWorld) -> None:
    card = await ask(world)
    shown = texts(card)
    assert "%" not in shown
    assert sum(line in {f"-# {word}" for word in SURE} for line in shown.split("\n")) == 2
    why = private(await world.chen.click(card, label=en("button.why")))
    fill = (await world.generation(1)).suggestions[0].fills[0]
    assert re.search(rf"{fill}: ({'|'.join(SURE)})", why)
    assert "%" not in why


async def test_fills_stand_by_how_sure_the_models_are_and_it_is_explained(world: DiscordWorld) -> None:
    card = await ask(world, count=4)
    for _ in range(2):
        lines = texts(card).split("\n")
        labels = [SURE.index(line.removeprefix("-# ")) for line in lines if line.removeprefix("-# ") in SURE]
        assert len(labels) > 1
        assert labels == sorted(labels), "the surest first"
        assert f"-# {en('sure.explained')}" in lines
        moved = (await world.chen.click(card, label=en("button.stranger"))).response
        assert moved is not None
        card = moved


async def test_what_was_shown_does_not_come_again(world: DiscordWorld) -> None:
    card = await ask(world)
    first = await world.generation(1)
    moved = await world.chen.click(card, label=en("button.stranger"))
    assert moved.response is not None
    second = await world.generation(2)
    assert (second.parent_id, second.text, second.count) == (1, BLANKS, 2)
    assert second.person_id == world.chen.id
    style = style_of(second)
    assert style.boldness == 1.0
    shown = {suggestion.fills for suggestion in first.suggestions}
    assert set(style.shown) == shown
    assert not shown & {suggestion.fills for suggestion in second.suggestions}
    assert en("wish.stranger", count=1) in texts(moved.response)


async def test_presses_move_on_from_the_card_that_is_pressed_also_after_a_restart(world: DiscordWorld) -> None:
    card: ResponseMessage | None = await ask(world, count=1)
    shown = {suggestion.fills for suggestion in (await world.generation(1)).suggestions}
    for press in range(1, int(MAX_BOLDNESS) + 1):
        await world.restart()
        assert card is not None
        card = (await world.ben.click(card, label=en("button.stranger"))).response
        style = style_of(await world.generation(press + 1))
        assert style.boldness == press
        assert set(style.shown) >= shown
        shown |= {suggestion.fills for suggestion in (await world.generation(press + 1)).suggestions}
    assert card is not None
    assert en("button.stranger") in dead(card)
    assert en("wish.stranger", count=3) in texts(card)
    why = (await world.chen.click(card, label=en("button.why"))).response
    assert why is not None
    assert en("why.wished", wishes=en("wish.stranger", count=3)) in texts(why)
    await world.chen.click(why, label=en("button.details"))
    assert en("why.shown", count=len(style.shown)) in texts(why)


async def test_longer_and_then_shorter(world: DiscordWorld) -> None:
    card = await ask(world, "The keeper found a ___ and nobody spoke.")
    shortest = min(len(split_words(each.fills[0])) for each in (await world.generation(1)).suggestions)
    longer = (await world.ben.click(card, label=en("button.longer"))).response
    assert longer is not None
    lengths = [len(split_words(each.fills[0])) for each in (await world.generation(2)).suggestions]
    assert min(lengths) > shortest
    assert en("wish.longer", count=shortest + 1) in texts(longer)
    shorter = (await world.ben.click(longer, label=en("button.shorter"))).response
    assert shorter is not None
    found = [len(split_words(each.fills[0])) for each in (await world.generation(3)).suggestions]
    assert max(found) < max(lengths)


async def test_more_like_one_of_them(world: DiscordWorld) -> None:
    card = await ask(world)
    kept = await world.generation(1)
    likes = [part for part in walk(card.components) if part.get("label") == LIKE]
    assert len(likes) == 2
    result = await world.chen.click(card, custom_id=likes[1]["custom_id"])
    assert result.response is not None
    assert style_of(await world.generation(2)).near == kept.suggestions[1].fills
    assert en("wish.near", fills=kept.suggestions[1].fills[0]) in texts(result.response)


async def test_retry_keeps_the_style(world: DiscordWorld) -> None:
    card = (await world.ben.click(await ask(world, count=1), label=en("button.stranger"))).response
    assert card is not None
    await world.ben.click(card, label=en("button.retry"))
    assert style_of(await world.generation(3)) == style_of(await world.generation(2))


async def test_move_keeps_a_length_that_the_writer_gave(world: DiscordWorld) -> None:
    card = await ask(world, "The fox crossed the ___1 near the harbour.", count=1)
    assert {en("button.shorter"), en("button.longer")} <= dead(card)
    assert en("button.stranger") not in dead(card)


async def test_nothing_to_move_where_a_person_filled_the_blanks_or_a_model_wrote_on(world: DiscordWorld) -> None:
    card = await ask(world, count=1)
    shown = await world.chen.click(card, label=en("button.own"))
    own = await world.chen.submit_modal(shown, {"text": "The fox crossed the frozen sea near the harbour."})
    assert not {*MOVES, LIKE} & buttons(own.response).keys()
    went = await world.ask(world.ben)
    assert not {*MOVES, LIKE} & buttons(went.response).keys()


async def test_a_card_whose_text_is_gone_says_so(world: DiscordWorld) -> None:
    card = await ask(world, count=1)
    await world.services.generation_service.delete(1)
    assert private(await world.chen.click(card, label=en("button.stranger"))) == en("error.generation_gone")


async def test_where_infills_are_switched_off(world: DiscordWorld) -> None:
    card = await ask(world, count=1)
    await world.ada.slash(world.channel, "settings", infill=False)
    refused = await world.ben.click(card, label=en("button.stranger"))
    assert private(refused) == en("error.feature_off")


async def test_in_a_long_text_the_sentence_of_each_blank_is_shown_and_all_can_be_read(world: DiscordWorld) -> None:
    pad = "The fox crossed the bridge and the rain began. " * 8
    text = f"{pad}Then it found a ___ there. {pad}A sailor sang to the ___ and went. {pad}"
    card = await ask(world, text, count=2)
    shown = texts(card)
    first = (await world.generation(1)).suggestions[0].fills
    line = next(line for line in shown.split("\n") if line.startswith("**1**"))
    assert f"Then it found a **{first[0]}** there. … A sailor sang to the **{first[1]}** and went. …" in line
    assert line.startswith("**1**\u2002… Then it found")
    assert len(line) < 250
    read = private(await world.chen.click(card, label=en("button.read")))
    assert read.count("The fox crossed the bridge and the rain began.") == 24


async def test_the_buttons_in_chinese(world: DiscordWorld) -> None:
    await world.ada.slash(world.channel, "settings", language="zh-CN")
    card = await ask(world, count=1)
    assert {zh("button.stranger"), zh("button.like")} <= buttons(card).keys()
    assert any(zh(f"sure.{word}") in texts(card) for word in ("almost", "likely", "several", "shot"))

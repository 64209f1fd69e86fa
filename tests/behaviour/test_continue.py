"""/continue and the buttons under its cards, as people use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.rules.receipts import OwnReceipt
from bot.rules.servers import tokens_of
from tests.behaviour.discord_world import STORY, DiscordWorld, buttons, en, private, refusal, texts

LABELS = [en(f"button.{name}") for name in ("go", "retry", "note", "own", "why", "delete")]
GO, RETRY, NOTE, OWN, WHY, DELETE = LABELS


async def test_the_card(world: DiscordWorld) -> None:
    result = await world.ask(world.ben)

    assert result.response is not None
    assert not result.response.ephemeral
    shown = texts(result.response)
    assert STORY in shown
    assert "Ben" in shown
    kept = await world.generation(1)
    assert en("card.continue.title", count=len(kept.suggestions)) in shown
    assert 1 <= len(kept.suggestions) <= 3
    assert all(suggestion.text.strip() in shown for suggestion in kept.suggestions)
    assert list(buttons(result.response)) == LABELS
    assert (kept.person_id, kept.text, kept.message_id) == (world.ben.id, STORY, result.response.id)
    assert (kept.place.server_id, kept.place.channel_id) == (world.guild.id, world.channel.id)


async def test_options_reach_the_models(world: DiscordWorld) -> None:
    result = await world.ask(world.ben, mood="wild", count=1)

    kept = await world.generation(1)
    assert (kept.mood, kept.count, kept.length, len(kept.suggestions)) == ("wild", 1, 8, 1)
    assert kept.suggestions[0].receipt.mood == "wild"
    assert en("mood.wild") in texts(result.response)


async def test_going_on_retrying_and_asking_why_after_a_restart(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    await world.restart()

    why = (await world.chen.click(card, label=WHY)).response
    assert why is not None
    receipt = (await world.generation(1)).suggestions[0].receipt
    mood, words = en(f"mood.{receipt.mood}"), en("why.read_all", count=len(STORY.split()))
    wrote = en("why.continued_one", mood=mood, words=words, count=1)
    where = en("why.here", models=receipt.model, count=1)
    assert texts(why).replace("\\", "").startswith(f"### {en('why.title')}\n{wrote} {where}")
    assert str(receipt.seed) not in texts(why)
    await world.chen.click(why, label=en("button.details"))
    assert en("why.seed", seed=str(receipt.seed)) in texts(why)
    assert receipt.model in texts(why).replace("\\", "")
    await world.chen.click(why, label=en("button.back"))
    assert wrote in texts(why)

    refused = await world.chen.click(card, label=RETRY)
    assert private(refused) == en("error.not_yours_retry")

    again = await world.ben.click(card, label=RETRY)
    assert again.response is not None
    assert again.response.id == card.id, "it turns the person's own card"
    onward = await world.chen.click(card, custom_id="ink:go:2:0")
    assert onward.response is not None
    assert onward.response.id != card.id

    second, third = [await world.generation(number) for number in (2, 3)]
    assert (second.parent_id, second.text, second.person_id) == (1, STORY, world.ben.id)
    assert (third.parent_id, third.person_id) == (2, world.chen.id)
    assert third.text == STORY + second.suggestions[0].text
    assert "Chen" in texts(onward.response)
    assert await world.kept() == [1, 2, 3]


async def test_writing_on_with_a_form_that_outlives_the_bot(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    shown = await world.chen.click(card, label=OWN)
    assert shown.modal is not None
    await world.restart()

    written = await world.chen.submit_modal(shown, {"text": "It stopped, *suddenly*. @everyone"})

    assert written.response is not None
    assert en("card.own.title", name="Chen") in texts(written.response)
    assert r"It stopped, \*suddenly\*. \@everyone" in texts(written.response)
    kept = await world.generation(2)
    assert (kept.person_id, kept.parent_id) == (world.chen.id, 1)
    assert kept.suggestions[0].receipt == OwnReceipt()
    assert RETRY not in buttons(written.response)

    why = await world.ben.click(written.response, label=WHY)
    assert en("why.person") in private(why)
    onward = await world.ben.click(written.response, label=GO)
    assert onward.response is not None
    assert (await world.generation(3)).text == f"{STORY} It stopped, *suddenly*. @everyone"


async def test_an_empty_text_of_ones_own_is_refused(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    shown = await world.chen.click(card, label=OWN)
    refused = await world.chen.submit_modal(shown, {"text": " \n "})
    assert en("error.text_empty") in private(refused)
    assert await world.kept() == [1]


async def test_deleting_is_for_the_person_who_asked(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None

    refused = await world.chen.click(card, label=DELETE)
    assert private(refused) == en("error.not_yours_delete")
    assert world.messages == 1

    await world.ben.click(card, label=DELETE)
    assert world.messages == 0
    assert await world.kept() == []


async def test_what_has_expired_says_so_and_is_deleted_in_time(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    world.now.ahead_ms = 31 * 24 * 3600 * 1000

    for label in (GO, RETRY, NOTE, OWN, WHY, DELETE):
        assert private(await world.ben.click(card, label=label)) == en("error.generation_gone")
    assert await world.kept() == [1]

    await world.env.advance_time(11 * 60)
    assert await world.kept() == []


async def test_leaving_the_text_out_opens_a_form_that_keeps_the_options(world: DiscordWorld) -> None:
    shown = await world.ben.slash(world.channel, "continue", mood="plain", count=1, length=9)
    assert shown.modal is not None
    assert shown.modal["title"] == en("form.continue.title")
    await world.restart()

    result = await world.ben.submit_modal(shown, {"text": STORY})

    assert result.response is not None
    kept = await world.generation(1)
    assert (kept.text, kept.mood, kept.count, kept.length) == (STORY, "plain", 1, tokens_of(9))


async def test_a_refused_form_gives_the_text_back(world: DiscordWorld) -> None:
    shown = await world.ben.slash(world.channel, "infill")
    assert shown.modal is not None
    text = "No blank here, but *many* words that took long to write."
    refused = await world.ben.submit_modal(shown, {"text": text})
    assert en("error.blank_none") in private(refused)
    assert r"No blank here, but \*many\* words" in private(refused)


async def test_the_context_menu_continues_a_message(world: DiscordWorld) -> None:
    message = await world.chen.send(world.channel, STORY)
    result = await world.ben.context_menu(world.channel, "Continue this", message)
    assert result.response is not None
    kept = await world.generation(1)
    assert (kept.text, kept.person_id) == (STORY, world.ben.id)


async def test_the_context_menu_on_messages_without_text(world: DiscordWorld) -> None:
    picture = await world.chen.send(world.channel, "", attachments=[("a.png", b"\x89PNG")])
    refused = await world.ben.context_menu(world.channel, "Continue this", picture)
    assert private(refused) == en("error.message_empty")

    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    refused = await world.ben.context_menu(world.channel, "Continue this", card)
    assert private(refused) == en("error.message_ours")


async def test_a_delivery_that_comes_twice_counts_once(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    deliveries: list[Mapping[str, Any]] = []

    def record(event: str, payload: Mapping[str, Any]) -> None:
        if event == "INTERACTION_CREATE":
            deliveries.append(payload)

    world.env.backend.subscribers.append(record)
    await world.ben.click(card, label=RETRY)
    await world.ask(world.ben, count=1)
    shown = await world.ben.click(card, label=OWN)
    await world.ben.submit_modal(shown, {"text": "And on it went."})
    before = (await world.kept(), world.messages, len(world.env.http_requests))
    assert len(deliveries) == 4

    for payload in list(deliveries):
        world.env.backend.emit("INTERACTION_CREATE", payload)
        await world.env.settle()

    assert (await world.kept(), world.messages, len(world.env.http_requests)) == before


async def test_long_texts_are_shortened_and_can_be_read_whole(world: DiscordWorld) -> None:
    text = " ".join(f"Sentence {number} of a *long* story." for number in range(1, 140))[:3990]
    card = (await world.ask(world.ben, text, count=1)).response
    assert card is not None
    assert "…" in texts(card)
    assert "Sentence 1 of" not in texts(card)

    shown = await world.chen.click(card, label=OWN)
    own = await world.chen.submit_modal(shown, {"text": text})
    assert own.response is not None
    assert len(texts(own.response)) <= 4000
    first = await world.ada.click(own.response, label=en("button.read"))
    assert first.response is not None
    assert first.response.ephemeral
    await world.restart()
    await world.ada.click(first.response, label=en("button.on"))
    second = first.response
    assert en("card.page", page=2, pages=2) in texts(second)
    assert text.split(". ")[-2].split("*")[0].strip() in texts(second)


@pytest.mark.parametrize(
    "text",
    [
        "<@123456789012345678> @everyone @here <@&5> went home and the rain began.",
        "**bold ~~and ||broken ```py\n> quote\n# head [x](https://e.org) the rain began.",
        "\u202eThe fox \u2067crossed the bridge and the rain began.",
        "🦊🌉 The fox crossed the bridge 👩‍👩‍👧 and the rain began.",
        "The\x00 fox\x1b[31m crossed\x07 the bridge.",
        "السلام عليكم The fox crossed the bridge near the harbour.",
        "x" * 4000,
    ],
    ids=["mentions", "markdown", "overrides", "emoji", "controls", "right-to-left", "no-space"],
)
async def test_odd_texts_are_answered_with_a_card_or_a_sentence(world: DiscordWorld, text: str) -> None:
    result = await world.ask(world.ben, text, count=1)
    if result.response is not None and not result.response.ephemeral:
        message = result.response.message
        assert not message.mentions
        assert not message.role_mentions
        assert not message.mention_everyone
        assert "\u202e" not in texts(result.response)
        assert "\x1b" not in texts(result.response)
    else:
        assert refusal(result) in {en(f"error.{key}") for key in ("nothing_usable", "text_empty")}

"""/continue and the buttons under its cards, as people use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.rules.receipts import OwnReceipt
from tests.behaviour.discord_world import STORY, House, buttons, en, private, texts

LABELS = [en(f"button.{name}") for name in ("go", "retry", "note", "own", "why", "delete")]
GO, RETRY, NOTE, OWN, WHY, DELETE = LABELS


async def test_the_card(house: House) -> None:
    result = await house.ask(house.ben)

    assert result.response is not None
    assert not result.response.ephemeral
    shown = texts(result.response)
    assert STORY in shown
    assert "Ben" in shown
    kept = await house.generation(1)
    assert en("card.continue.title", count=len(kept.suggestions)) in shown
    assert 1 <= len(kept.suggestions) <= 3
    assert all(suggestion.text.strip() in shown for suggestion in kept.suggestions)
    assert list(buttons(result.response)) == LABELS
    assert (kept.person_id, kept.text, kept.message_id) == (house.ben.id, STORY, result.response.id)
    assert (kept.place.server_id, kept.place.channel_id) == (house.guild.id, house.channel.id)


async def test_options_reach_the_models(house: House) -> None:
    result = await house.ask(house.ben, mood="wild", count=1)

    kept = await house.generation(1)
    assert (kept.mood, kept.count, kept.length, len(kept.suggestions)) == ("wild", 1, 8, 1)
    assert kept.suggestions[0].receipt.mood == "wild"
    assert en("mood.wild") in texts(result.response)


async def test_going_on_retrying_and_asking_why_after_a_restart(house: House) -> None:
    card = (await house.ask(house.ben, count=1)).response
    assert card is not None
    await house.restart()

    why = await house.chen.click(card, label=WHY)
    assert en("why.title") in private(why)
    assert (await house.generation(1)).suggestions[0].receipt.model in private(why).replace("\\", "")

    refused = await house.chen.click(card, label=RETRY)
    assert private(refused) == en("error.not_yours_retry")

    again = await house.ben.click(card, label=RETRY)
    assert again.response is not None
    assert again.response.id != card.id
    onward = await house.chen.click(card, custom_id="ink:go:1:0")
    assert onward.response is not None

    first, second, third = [await house.generation(number) for number in (1, 2, 3)]
    assert (second.parent_id, second.text, second.person_id) == (1, STORY, house.ben.id)
    assert (third.parent_id, third.person_id) == (1, house.chen.id)
    assert third.text == STORY + first.suggestions[0].text
    assert "Chen" in texts(onward.response)
    assert await house.kept() == [1, 2, 3]


async def test_writing_on_with_a_form_that_outlives_the_bot(house: House) -> None:
    card = (await house.ask(house.ben, count=1)).response
    assert card is not None
    shown = await house.chen.click(card, label=OWN)
    assert shown.modal is not None
    await house.restart()

    written = await house.chen.submit_modal(shown, {"text": "It stopped, *suddenly*. @everyone"})

    assert written.response is not None
    assert en("card.own.title", name="Chen") in texts(written.response)
    assert r"It stopped, \*suddenly\*. \@everyone" in texts(written.response)
    kept = await house.generation(2)
    assert (kept.person_id, kept.parent_id) == (house.chen.id, 1)
    assert kept.suggestions[0].receipt == OwnReceipt()
    assert RETRY not in buttons(written.response)

    why = await house.ben.click(written.response, label=WHY)
    assert en("why.person") in private(why)
    onward = await house.ben.click(written.response, label=GO)
    assert onward.response is not None
    assert (await house.generation(3)).text == f"{STORY} It stopped, *suddenly*. @everyone"


async def test_an_empty_text_of_ones_own_is_refused(house: House) -> None:
    card = (await house.ask(house.ben, count=1)).response
    assert card is not None
    shown = await house.chen.click(card, label=OWN)
    refused = await house.chen.submit_modal(shown, {"text": " \n "})
    assert en("error.text_empty") in private(refused)
    assert await house.kept() == [1]


async def test_deleting_is_for_the_person_who_asked(house: House) -> None:
    card = (await house.ask(house.ben, count=1)).response
    assert card is not None

    refused = await house.chen.click(card, label=DELETE)
    assert private(refused) == en("error.not_yours_delete")
    assert house.messages == 1

    await house.ben.click(card, label=DELETE)
    assert house.messages == 0
    assert await house.kept() == []


async def test_what_has_expired_says_so_and_is_deleted_in_time(house: House) -> None:
    card = (await house.ask(house.ben, count=1)).response
    assert card is not None
    house.now.ahead_ms = 31 * 24 * 3600 * 1000

    for label in (GO, RETRY, NOTE, OWN, WHY, DELETE):
        assert private(await house.ben.click(card, label=label)) == en("error.generation_gone")
    assert await house.kept() == [1]

    await house.env.advance_time(11 * 60)
    assert await house.kept() == []


async def test_leaving_the_text_out_opens_a_form_that_keeps_the_options(house: House) -> None:
    shown = await house.ben.slash(house.channel, "continue", mood="plain", count=1, length=9)
    assert shown.modal is not None
    assert shown.modal["title"] == en("form.continue.title")
    await house.restart()

    result = await house.ben.submit_modal(shown, {"text": STORY})

    assert result.response is not None
    kept = await house.generation(1)
    assert (kept.text, kept.mood, kept.count, kept.length) == (STORY, "plain", 1, 9)


async def test_a_refused_form_gives_the_text_back(house: House) -> None:
    shown = await house.ben.slash(house.channel, "infill")
    assert shown.modal is not None
    text = "No blank here, but *many* words that took long to write."
    refused = await house.ben.submit_modal(shown, {"text": text})
    assert en("error.blank_none") in private(refused)
    assert r"No blank here, but \*many\* words" in private(refused)


async def test_the_context_menu_continues_a_message(house: House) -> None:
    message = await house.chen.send(house.channel, STORY)
    result = await house.ben.context_menu(house.channel, "Continue this", message)
    assert result.response is not None
    kept = await house.generation(1)
    assert (kept.text, kept.person_id) == (STORY, house.ben.id)


async def test_the_context_menu_on_messages_without_text(house: House) -> None:
    picture = await house.chen.send(house.channel, "", attachments=[("a.png", b"\x89PNG")])
    refused = await house.ben.context_menu(house.channel, "Continue this", picture)
    assert private(refused) == en("error.message_empty")

    card = (await house.ask(house.ben, count=1)).response
    assert card is not None
    refused = await house.ben.context_menu(house.channel, "Continue this", card)
    assert private(refused) == en("error.message_ours")


async def test_a_delivery_that_comes_twice_counts_once(house: House) -> None:
    card = (await house.ask(house.ben, count=1)).response
    assert card is not None
    deliveries: list[Mapping[str, Any]] = []

    def record(event: str, payload: Mapping[str, Any]) -> None:
        if event == "INTERACTION_CREATE":
            deliveries.append(payload)

    house.env.backend.subscribers.append(record)
    await house.ben.click(card, label=RETRY)
    await house.ask(house.ben, count=1)
    shown = await house.ben.click(card, label=OWN)
    await house.ben.submit_modal(shown, {"text": "And on it went."})
    before = (await house.kept(), house.messages, len(house.env.http_requests))
    assert len(deliveries) == 4

    for payload in list(deliveries):
        house.env.backend.emit("INTERACTION_CREATE", payload)
        await house.env.settle()

    assert (await house.kept(), house.messages, len(house.env.http_requests)) == before


async def test_long_texts_are_shortened_and_can_be_read_whole(house: House) -> None:
    text = " ".join(f"Sentence {number} of a *long* story." for number in range(1, 140))[:3990]
    card = (await house.ask(house.ben, text, count=1)).response
    assert card is not None
    assert "…" in texts(card)
    assert "Sentence 1 of" not in texts(card)

    shown = await house.chen.click(card, label=OWN)
    own = await house.chen.submit_modal(shown, {"text": text})
    assert own.response is not None
    assert len(texts(own.response)) <= 4000
    first = await house.ada.click(own.response, label=en("button.read"))
    assert first.response is not None
    assert first.response.ephemeral
    await house.restart()
    await house.ada.click(first.response, label=en("button.on"))
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
async def test_odd_texts_are_answered_with_a_card_or_a_sentence(house: House, text: str) -> None:
    result = await house.ask(house.ben, text, count=1)
    if result.response is not None and not result.response.ephemeral:
        message = result.response.message
        assert not message.mentions
        assert not message.role_mentions
        assert not message.mention_everyone
        assert "\u202e" not in texts(result.response)
        assert "\x1b" not in texts(result.response)
    else:
        assert private(result) in {en(f"error.{key}") for key in ("nothing_usable", "text_empty")}

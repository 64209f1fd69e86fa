"""A suggestion is taken into a form, changed and posted: each word that was left stays a model's."""

from __future__ import annotations

import pytest
from simcord.results import InteractionResult, ResponseMessage

from bot.rules.provenance import Origin, word_origins
from bot.rules.receipts import EditedReceipt
from tests.behaviour.discord_world import STORY, DiscordWorld, en, private, texts, zh
from tests.behaviour.forging import press
from tests.behaviour.storytelling import FORM, canon_of

BLANKS = "The fox crossed the ___ near the harbour."
PASSAGE = "The fox crossed the bridge near the harbour and the rain began."


def shown_by(response: ResponseMessage | None) -> ResponseMessage:
    assert response is not None
    return response


def prefilled(form: InteractionResult) -> str:
    """What stands in the box of a form."""
    assert form.modal is not None
    return str(form.modal["components"][0]["component"]["value"])


async def passage_from(world: DiscordWorld, card: ResponseMessage, custom_id: str) -> list[tuple[str, Origin]]:
    """The words of a story that begins with the text of a card, each with where it comes from."""
    form = await world.chen.select(card, ["0"], custom_id=custom_id)
    await world.chen.submit_modal(form, {**FORM, "licence": ["own"]})
    (thread,) = world.channel.threads
    (passage,) = await canon_of(world, thread)
    assert (passage.origin, passage.author_id) == ("edited", world.ben.id)
    return list(zip(passage.text.split(), word_origins(passage.text, passage.spans), strict=True))


async def test_a_continuation_is_changed_and_keeps_the_words_that_were_left(world: DiscordWorld) -> None:
    card = shown_by((await world.ask(world.ben, count=2)).response)
    suggested = (await world.generation(1)).suggestions[1].text.strip()
    await world.restart()
    form = await world.ben.select(card, ["c1"], custom_id="ink:take:1")
    assert prefilled(form) == suggested
    changed = shown_by((await world.ben.submit_modal(form, {"text": f"{suggested} zebra quietly"})).response)
    assert en("card.edited.title", name="Ben") in texts(changed)
    assert en("card.edited.foot") in texts(changed)
    assert "zebra quietly" in texts(changed)
    assert en("card.taken", count=1) in texts(card).split("**2**")[1]
    why = private(await world.chen.click(changed, label=en("button.why")))
    assert en("why.edited", count=2, total=len(suggested.split()) + 2) in why

    words = await passage_from(world, changed, "ink:sfrom:2")
    asked = len(STORY.split())
    assert [origin for _, origin in words[:asked]] == ["human"] * asked
    assert words[-2:] == [("zebra", "human"), ("quietly", "human")]
    assert {origin for _, origin in words[asked:-2]} == {"gpt"}


async def test_a_filled_text_is_changed_and_its_fill_stays_a_models(world: DiscordWorld) -> None:
    card = shown_by((await world.ben.slash(world.channel, "infill", text=BLANKS, count=2)).response)
    kept = (await world.generation(1)).suggestions[0]
    form = await world.ben.select(card, ["c0"], custom_id="ink:take:1")
    assert prefilled(form) == kept.text
    text = kept.text.replace("fox", "zebra").replace("near", "behind")
    changed = shown_by((await world.ben.submit_modal(form, {"text": text})).response)
    assert text in texts(changed)
    words = await passage_from(world, changed, "ink:sfrom:2")
    fill = set(kept.fills[0].split())
    assert {word for word, origin in words if origin == "bert"} == fill
    assert dict(words)["zebra"] == dict(words)["behind"] == "human"


async def test_a_twist_is_changed_with_its_picks(world: DiscordWorld) -> None:
    card = shown_by((await world.ben.slash(world.channel, "twist", text=PASSAGE)).response)
    await press(world.ben, card, "ink:twist:1:0", ["0"])
    picked = (await world.generation(1)).suggestions[0].text
    form = await world.ben.click(card, label=en("button.change"))
    assert prefilled(form) == picked
    changed = shown_by((await world.ben.submit_modal(form, {"text": f"{picked} Nobody spoke."})).response)
    assert en("card.edited.title", name="Ben") in texts(changed)
    assert "Nobody spoke." in texts(changed)
    assert isinstance((await world.generation(2)).suggestions[0].receipt, EditedReceipt)
    onward = await world.chen.click(changed, label=en("button.go"))
    assert onward.response is not None
    assert (await world.generation(3)).text == f"{picked} Nobody spoke."


async def test_what_is_left_unchanged_is_not_posted_as_changed(world: DiscordWorld) -> None:
    card = shown_by((await world.ask(world.ben, count=1)).response)
    form = await world.ben.select(card, ["c0"], custom_id="ink:take:1")
    refused = await world.ben.submit_modal(form, {"text": prefilled(form)})
    assert en("error.edit_same") in private(refused)
    assert await world.kept() == [1]


async def test_words_that_are_all_a_persons_are_called_so(world: DiscordWorld) -> None:
    card = shown_by((await world.ask(world.ben, count=1)).response)
    form = await world.ben.select(card, ["c0"], custom_id="ink:take:1")
    own = shown_by((await world.ben.submit_modal(form, {"text": "zzz quietly."})).response)
    assert en("card.own.title", name="Ben") in texts(own)


async def test_what_a_person_wrote_is_not_changed_by_another(world: DiscordWorld) -> None:
    card = shown_by((await world.ask(world.ben, count=1)).response)
    form = await world.ben.click(card, label=en("button.own"))
    own = shown_by((await world.ben.submit_modal(form, {"text": "It was mine."})).response)
    assert private(await press(world.chen, own, "ink:change:2:0")) == en("error.generation_gone")


async def test_a_story_begins_from_the_same_menu(world: DiscordWorld) -> None:
    card = shown_by((await world.ask(world.ben, count=1)).response)
    form = await world.ben.select(card, ["s0"], custom_id="ink:take:1")
    await world.ben.submit_modal(form, {**FORM, "licence": ["own"]})
    assert len(world.channel.threads) == 1


@pytest.mark.parametrize("value", ["", "c", "c7", "x0", "s99"])
async def test_values_that_lead_nowhere(world: DiscordWorld, value: str) -> None:
    card = shown_by((await world.ask(world.ben, count=1)).response)
    result = await press(world.ben, card, "ink:take:1", [value])
    if value != "s99":  # found out when the form comes back
        assert private(result) == en("error.generation_gone")
    assert await world.kept() == [1]


async def test_in_private_and_in_chinese(world: DiscordWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.speak(monkeypatch, world.ben, "zh-CN")
    user = world.ben.user
    card = shown_by((await user.slash("continue", text=STORY, length=6, count=1)).response)
    assert zh("take.change") in str(card.components)
    assert zh("take.as_beginning") not in str(card.components), "stories are a server's"
    form = await user.select(card, ["c0"], custom_id="ink:take:1")
    changed = shown_by((await user.submit_modal(form, {"text": f"{prefilled(form)} zebra"})).response)
    assert zh("card.edited.title", name="Ben") in texts(changed)

"""/infill and the buttons under its cards."""

from __future__ import annotations

import re

from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, texts
from tests.behaviour.voting import begin_story, round_of

BLANKS = "The fox crossed the ___ near the harbour."


async def test_fills_are_shown_in_bold_in_their_place(world: DiscordWorld) -> None:
    result = await world.ben.slash(world.channel, "infill", text=BLANKS)

    assert result.response is not None
    shown = texts(result.response)
    kept = await world.generation(1)
    assert kept.kind == "infill"
    assert kept.suggestions
    for suggestion in kept.suggestions:
        assert f"The fox crossed the **{suggestion.fills[0]}** near the harbour." in shown
        assert suggestion.text == f"The fox crossed the {suggestion.fills[0]} near the harbour."
    assert en("card.infill.title", count=len(kept.suggestions)) in shown


async def test_markdown_around_a_blank_stays_text(world: DiscordWorld) -> None:
    text = "**The fox** crossed the ___ near <@123456789012345678>."
    result = await world.ben.slash(world.channel, "infill", text=text, count=1)
    assert result.response is not None
    shown = r"\\\*\\\*The fox\\\*\\\* crossed the \*\*[\w ]+\*\* near \\<\\@123456789012345678>\."
    assert re.search(shown, texts(result.response))
    assert not result.response.message.mentions


async def test_the_buttons_after_a_restart(world: DiscordWorld) -> None:
    card = (await world.ben.slash(world.channel, "infill", text=BLANKS, count=1)).response
    assert card is not None
    await world.restart()

    why = await world.chen.click(card, label=en("button.why"))
    kept = await world.generation(1)
    assert kept.suggestions[0].fills[0] in private(why)

    again = await world.ben.click(card, label=en("button.retry"))
    assert again.response is not None
    assert (await world.generation(2)).parent_id == 1

    onward = await world.chen.click(card, label=en("button.go"))
    assert onward.response is not None
    went = await world.generation(3)
    text = (await world.generation(2)).suggestions[0].text
    assert (went.kind, went.text, went.parent_id) == ("continue", text, 2)


async def test_filling_the_blanks_oneself(world: DiscordWorld) -> None:
    card = (await world.ben.slash(world.channel, "infill", text=BLANKS, count=1)).response
    assert card is not None
    shown = await world.chen.click(card, label=en("button.own"))
    assert shown.modal is not None
    box = shown.modal["components"][0]["component"]
    assert box["value"] == BLANKS

    own = await world.chen.submit_modal(shown, {"text": "The fox crossed the frozen sea near the harbour."})
    assert own.response is not None
    assert "The fox crossed the frozen sea near the harbour." in texts(own.response)
    assert en("button.retry") not in buttons(own.response)
    onward = await world.ben.click(own.response, label=en("button.go"))
    assert onward.response is not None
    assert (await world.generation(3)).text == "The fox crossed the frozen sea near the harbour."


async def test_form_and_context_menu(world: DiscordWorld) -> None:
    shown = await world.ben.slash(world.channel, "infill", count=1)
    result = await world.ben.submit_modal(shown, {"text": BLANKS})
    assert result.response is not None
    assert (await world.generation(1)).count == 1

    message = await world.chen.send(world.channel, BLANKS)
    result = await world.ben.context_menu(world.channel, "Fill the blanks", message)
    assert result.response is not None
    assert (await world.generation(2)).text == BLANKS
    plain = await world.chen.send(world.channel, "Nothing is missing here.")
    refused = await world.ben.context_menu(world.channel, "Fill the blanks", plain)
    assert private(refused) == en("error.blank_none")


async def test_a_long_text_shows_what_stands_around_the_blank(world: DiscordWorld) -> None:
    before = "The fox crossed the bridge and the rain began. " * 40
    text = f"{before}Then it found a ___ there. {before}"[:3990]
    card = (await world.ben.slash(world.channel, "infill", text=text, count=3)).response
    assert card is not None
    shown = texts(card)
    assert len(shown) <= 4000
    assert re.search(r"Then it found a \*\*\S.*?\*\* there\.", shown)
    whole = await world.chen.click(card, label=en("button.read"))
    assert "**" in private(whole)


async def test_infill_in_a_story_offers_the_blanks_of_its_last_passage(world: DiscordWorld) -> None:
    thread = await begin_story(world, passages=("The fox ___ the old bridge.",))
    form = await world.ben.slash(thread, "infill", minutes=5)
    assert form.modal is not None
    assert "The fox ___ the old bridge." in str(form.modal)
    assert form.modal["custom_id"] == "ink:rblanks:1:0:5"
    await world.ben.submit_modal(form, {"text": "The fox ___ the old bridge."})
    opened = await round_of(world)
    assert (opened.kind, opened.minutes) == ("infill", 5)

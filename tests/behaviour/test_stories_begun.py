"""A story that begins with the card of a /continue or an /infill."""

from __future__ import annotations

from simcord.actors import MemberActor
from simcord.results import InteractionResult, ResponseMessage

from bot.rules.provenance import Origin, word_origins
from tests.behaviour.discord_world import STORY, DiscordWorld, en, private
from tests.behaviour.storytelling import FORM, canon_of, card_text, prose_of


async def _start(
    world: DiscordWorld, person: MemberActor, card: ResponseMessage | None, number: int
) -> InteractionResult:
    assert card is not None
    shown = await person.select(card, custom_id=f"ink:take:{number}", values=["s0"])
    return await person.submit_modal(shown, {**FORM, "licence": ["own"]})


async def test_from_a_continuation_each_word_keeps_its_source(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    await world.restart()
    await _start(world, world.chen, card, 1)

    (thread,) = world.channel.threads
    (passage,) = await canon_of(world, thread)
    suggested = (await world.generation(1)).suggestions[0].text
    assert passage.text == (STORY + suggested).strip()
    assert (passage.origin, passage.author_id) == ("edited", world.ben.id)
    origins = word_origins(passage.text, passage.spans)
    asked = len(STORY.split())
    assert set(origins[:asked]) == {"human"}
    assert set(origins[asked:]) <= {"gpt"}
    assert len(origins) > asked
    assert STORY in prose_of(thread)[0]
    assert f"<@{world.chen.id}>" in card_text(thread)


async def test_story_begun_from_a_card_keeps_models_words(world: DiscordWorld) -> None:
    first = (await world.ask(world.ben, count=1)).response
    assert first is not None
    second = (await world.ben.click(first, custom_id="ink:go:1:0")).response
    await _start(world, world.ben, second, 2)

    (thread,) = world.channel.threads
    (passage,) = await canon_of(world, thread)
    origins = word_origins(passage.text, passage.spans)
    asked = len(STORY.split())
    assert origins[:asked] == ["human"] * asked
    expected: set[Origin] = {"gpt"}
    assert set(origins[asked:]) == expected


async def test_story_begun_from_filled_blanks(world: DiscordWorld) -> None:
    asked = await world.ben.slash(world.channel, "infill", text="The fox crossed the ___ near the harbour.", count=1)
    await _start(world, world.ben, asked.response, 1)

    (thread,) = world.channel.threads
    (passage,) = await canon_of(world, thread)
    fill = (await world.generation(1)).suggestions[0].fills[0]
    found = [passage.text[span.start : span.end] for span in passage.spans if span.origin == "bert"]
    assert found == [fill]
    assert passage.origin == "edited"


async def test_what_has_expired_says_so_and_gives_the_form_back(world: DiscordWorld) -> None:
    card = (await world.ask(world.ben, count=1)).response
    assert card is not None
    shown = await world.ben.select(card, custom_id="ink:take:1", values=["s0"])
    world.now.ahead_ms = 31 * 24 * 3600 * 1000
    refused = await world.ben.submit_modal(shown, {**FORM, "licence": ["own"]})
    assert en("error.generation_gone") in private(refused)
    assert str(FORM["premise"]) in private(refused)
    assert world.channel.threads == []


async def test_story_is_not_begun_in_private(world: DiscordWorld) -> None:
    result = await world.ben.user.slash("continue", text=STORY, length=6, count=1)
    assert result.response is not None
    assert "sfrom" not in str(result.response.components)
    assert en("take.as_beginning") not in str(result.response.components)

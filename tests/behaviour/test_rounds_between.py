"""Rounds about what stands already: blanks in a passage, bridges between two; and /bridge outside of stories."""

from __future__ import annotations

from tests.behaviour.discord_world import DiscordWorld, buttons, en, private, refusal, texts
from tests.behaviour.storytelling import begin, canon_of, prose_of, write
from tests.behaviour.voting import (
    FIRST,
    OWN,
    SECOND,
    begin_story,
    candidates_of,
    catch_up,
    close,
    propose,
    round_of,
    shown,
    star,
)

THIRD = "The keeper sang to the moon and the rain began."


async def test_blanks_in_a_passage(world: DiscordWorld) -> None:
    thread = await begin_story(world, passages=(FIRST, SECOND, THIRD))
    result = await world.ben.slash(thread, "infill", text="found a ___ under the hill", count=2)
    card = result.response
    assert card is not None
    round_ = await round_of(world)
    before = await canon_of(world, thread)
    assert (round_.kind, round_.replaces_id, round_.after_id) == ("infill", before[1].id, before[0].id)
    assert round_.text == SECOND.replace("lantern", "___")
    candidates, _ = await candidates_of(world)
    assert all(each.text.startswith("Old Marta found a ") for each in candidates)
    assert en("round.title_infill") in shown(card)

    form = await world.chen.click(card, label=OWN)
    assert form.modal is not None
    assert round_.text in str(form.modal)
    still = await world.chen.submit_modal(form, {"text": round_.text})
    assert en("error.own_blanks_left") in private(still)
    await propose(world, world.chen, card, SECOND.replace("lantern", "trumpet"))
    assert "**trumpet**" in texts(card)
    own = next(each for each in (await candidates_of(world))[0] if "trumpet" in each.text)
    await star(world.ben, card, own)
    await close(world.ada, card)
    await catch_up(world)

    after = await canon_of(world, thread)
    assert [passage.text for passage in after] == [FIRST, SECOND.replace("lantern", "trumpet"), THIRD]
    assert after[2].original_id == before[2].id
    assert any("trumpet" in prose for prose in prose_of(thread))


async def test_blanks_in_a_passage_by_its_number(world: DiscordWorld) -> None:
    thread = await begin_story(world, passages=(FIRST, SECOND))
    form = await world.ben.slash(thread, "infill", passage=1, count=1)
    assert form.modal is not None
    assert FIRST in str(form.modal)
    sent = await world.ben.submit_modal(form, {"text": FIRST.replace("bridge", "___")})
    assert sent.response is not None
    assert en("round.title_infill") in shown(sent.response)
    assert (await round_of(world)).replaces_id == (await canon_of(world, thread))[0].id


async def test_blanks_that_stand_nowhere_are_given_back(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    form = await world.ben.slash(thread, "infill")
    refused = await world.ben.submit_modal(form, {"text": "The sun ___ over the mountains."})
    assert en("error.infill_nowhere") in private(refused)
    assert "over the mountains." in private(refused)
    beyond = await world.ben.slash(thread, "infill", passage=9)
    assert en("error.passage_number", given=9, limit=1) in private(beyond)
    elsewhere = await world.ben.slash(world.channel, "infill", passage=1)
    assert private(elsewhere) == en("error.not_a_story")


async def test_a_bridge_between_two_passages(world: DiscordWorld) -> None:
    thread = await begin_story(world, passages=(FIRST, SECOND, THIRD))
    result = await world.ben.slash(thread, "bridge", after=1, count=1)
    card = result.response
    assert card is not None
    assert en("round.title_bridge") in shown(card)
    assert FIRST[-20:] in shown(card)
    assert SECOND[:20] in shown(card)
    await propose(world, world.chen, card, "Chen built a bridge.")
    own = next(each for each in (await candidates_of(world))[0] if each.author_id == world.chen.id)
    await star(world.ben, card, own)
    await close(world.ada, card)
    await catch_up(world)
    assert [passage.text for passage in await canon_of(world, thread)] == [FIRST, own.text, SECOND, THIRD]


async def test_a_bridge_outside_of_stories(world: DiscordWorld) -> None:
    form = await world.ben.slash(world.channel, "bridge", count=1)
    assert form.modal is not None
    result = await world.ben.submit_modal(form, {"left": FIRST, "right": SECOND})
    card = result.response
    assert card is not None
    kept = await world.generation(1)
    assert (kept.kind, len(kept.suggestions[0].fills)) == ("bridge", 1)
    assert en("card.bridge.title", count=1) in texts(card)
    assert f"**{kept.suggestions[0].fills[0]}**" in texts(card).replace("\\", "")
    again = await world.ben.click(card, label=en("button.retry"))
    assert again.response is not None
    again_kept = await world.generation(2)
    assert again_kept.text == kept.text
    go = next(custom_id for custom_id in buttons(card).values() if custom_id.startswith("ink:go:"))
    onward = await world.chen.click(card, custom_id=go)
    assert onward.response is not None
    assert (await world.generation(3)).text == again_kept.suggestions[0].text


async def test_blanks_are_not_bridged(world: DiscordWorld) -> None:
    form = await world.ben.slash(world.channel, "bridge")
    refused = await world.ben.submit_modal(form, {"left": "She opened the ___.", "right": SECOND})
    assert en("error.bridge_blanks") in private(refused)
    assert SECOND in private(refused)


async def test_a_story_of_people_alone_has_no_suggestions_in_its_thread(world: DiscordWorld) -> None:
    thread = await begin(world, world.ada, ai=["off"])
    await write(world, world.ada, thread, FIRST)
    for command, options in (
        ("continue", {}),
        ("continue", {"text": FIRST}),
        ("infill", {"text": "The ___ crossed"}),
        ("bridge", {}),
    ):
        refused = await world.ben.slash(thread, command, **options)
        assert refusal(refused) == en("error.story_human_only")


async def test_a_text_of_ones_own_is_continued_as_anywhere(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    result = await world.ben.slash(thread, "continue", text=SECOND, count=1, length=6)
    assert result.response is not None
    assert en("card.continue.title", count=1) in texts(result.response)
    assert await world.kept() == [1]

"""A candidate of a round is taken into a form, changed, and put in as a text of one's own; whose it was stays hidden
until the close."""

from __future__ import annotations

from simcord.actors import MemberActor
from simcord.results import InteractionResult, ResponseMessage

from bot.rules.provenance import word_origins
from bot.rules.rounds import Candidate
from bot.ui.origins import credit
from tests.behaviour.discord_world import DiscordWorld, en, private, refusal
from tests.behaviour.forging import press
from tests.behaviour.storytelling import canon_of
from tests.behaviour.test_changing import prefilled
from tests.behaviour.voting import (
    READ,
    begin_story,
    candidates_of,
    catch_up,
    close,
    more,
    open_round,
    pick,
    propose,
    shown,
    star,
)

OWN_TEXT = "Nobody saw the boat that came back at night."
ANOTHER = "Zebras yawned quietly."


async def take(person: MemberActor, card: ResponseMessage, candidate: Candidate) -> InteractionResult:
    """Read the texts, and choose one of them to be changed."""
    reading = (await person.click(card, label=READ)).response
    assert reading is not None
    return await pick(person, reading, "rchange", candidate)


async def by_models(world: DiscordWorld) -> Candidate:
    candidates, _ = await candidates_of(world)
    return next(each for each in candidates if each.author_id is None)


def place_of(candidate: Candidate, shown: tuple[list[Candidate], Candidate]) -> int:
    """The number under which a candidate stands on the card."""
    return 1 + [each.id for each in shown[0]].index(candidate.id)


async def newest(world: DiscordWorld) -> Candidate:
    candidates, _ = await candidates_of(world)
    return max(candidates, key=lambda each: each.id)


async def test_a_models_candidate_is_changed_and_told_after_the_close(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    original = await by_models(world)
    form = await take(world.chen, card, original)
    assert prefilled(form) == original.text
    told = await world.chen.submit_modal(form, {"text": f"{original.text} zebra quietly"})
    assert private(told) == en("round.told_own")
    await catch_up(world)
    changed = await newest(world)
    assert "zebra quietly" in shown(card)
    number = place_of(original, await candidates_of(world))
    assert en("round.changed", number=number) not in shown(card)
    assert f"<@{world.chen.id}>" not in shown(card)

    await star(world.ada, card, changed)
    await close(world.ada, card)
    await catch_up(world)
    by = credit(en, "edited", f"<@{world.chen.id}>")
    assert f"{by} · {en('round.changed', number=number)}" in shown(card)
    why = private(await world.ben.click(card, label=en("button.why")))
    total = len(changed.text.split())
    assert (
        en(
            "round.why_changed",
            number=place_of(changed, await candidates_of(world)),
            original=number,
            count=2,
            total=total,
        )
        in why
    )
    passage = (await canon_of(world, thread))[-1]
    assert (passage.text, passage.author_id, passage.origin) == (changed.text, world.chen.id, "edited")
    origins = word_origins(passage.text, passage.spans)
    assert origins[-2:] == ["human", "human"]
    assert set(origins[:-2]) == {"gpt"}


async def test_a_persons_candidate_is_changed_without_telling_whose_it_is(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    await propose(world, world.ben, card, OWN_TEXT)
    original = await newest(world)
    form = await pick(world.chen, await more(world.chen, card), "rchange", original)
    assert prefilled(form) == OWN_TEXT
    await world.chen.submit_modal(form, {"text": OWN_TEXT.replace("night", "noon")})
    changed = await newest(world)
    assert (changed.changed_id, changed.origin, changed.author_id) == (original.id, "human", world.chen.id)

    await world.restart()
    await star(world.ada, card, changed)
    await close(world.ada, card)
    await catch_up(world)
    number = place_of(original, await candidates_of(world))
    assert f"<@{world.chen.id}> · {en('round.changed', number=number)}" in shown(card)


async def test_of_a_text_that_keeps_no_word_nothing_is_told(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    form = await take(world.chen, card, await by_models(world))
    await world.chen.submit_modal(form, {"text": ANOTHER})
    changed = await newest(world)
    assert (changed.text, changed.changed_id, changed.origin) == (ANOTHER, None, "human")


async def test_what_is_not_changed_or_gone_is_refused_and_handed_back(world: DiscordWorld) -> None:
    thread = await begin_story(world)
    card = await open_round(world, thread)
    original = await by_models(world)
    form = await take(world.chen, card, original)
    same = await world.chen.submit_modal(form, {"text": original.text})
    assert refusal(same) == en("error.own_double")

    form = await take(world.chen, card, original)
    await pick(world.ada, await more(world.ada, card), "rhide", original)
    gone = await world.chen.submit_modal(form, {"text": f"{original.text} zebra"})
    assert refusal(gone) == en("error.candidate_gone")
    assert f"{original.text.strip()} zebra" in private(gone)
    told = await press(world.chen, card, "ink:rchange:1", [str(original.id)], {})
    assert refusal(told) == en("error.candidate_gone")

    await close(world.ada, card)  # nobody has voted: it stays open
    for candidate_id in ("0", "999", "x"):
        told = await press(world.chen, card, "ink:rchange:1", [candidate_id], {})
        assert refusal(told) == en("error.candidate_gone")


async def test_only_who_may_write_and_only_while_it_is_open(world: DiscordWorld) -> None:
    thread = await begin_story(world, writers="invited")
    card = await open_round(world, thread, person=world.ada)
    original = await by_models(world)
    told = await press(world.chen, card, "ink:rchange:1", [str(original.id)], {})
    assert told.modal is None
    assert refusal(told) == en("error.story_invited_only")
    form = await take(world.ada, card, original)
    assert form.modal is not None

    await star(world.ada, card, original)
    await close(world.ada, card)
    late = await world.ada.submit_modal(form, {"text": f"{original.text} zebra"})
    assert refusal(late) == en("error.round_over")
    assert "rchange" not in str((await world.ada.click(card, label=READ)).response)
    told = await press(world.ada, card, "ink:rchange:1", [str(original.id)], {})
    assert refusal(told) == en("error.round_over")

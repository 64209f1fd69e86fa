"""What the behaviour tests of rounds do over and over, by what a person does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import simcord
from simcord.actors import MemberActor
from simcord.results import InteractionResult, ResponseMessage

from bot.rules.rounds import Candidate, Round
from tests.behaviour.discord_world import DiscordWorld, en, texts, walk
from tests.behaviour.storytelling import begin, write
from tests.support.trees import children

FIRST = "The fox crossed the bridge near the harbour and the rain began."
SECOND = "Old Marta found a lantern under the hill and nobody spoke."
OWN, READ, MORE = (en(f"button.{name}") for name in ("own", "read", "more"))
CLOSE, CANCEL = en("button.close"), en("button.cancel_round")


async def begin_story(
    world: DiscordWorld, *, passages: Sequence[str] = (FIRST,), **rules: Any
) -> simcord.ChannelHandle:
    """Let Ada begin a story of these passages, with these rules, and return its thread."""
    thread = await begin(world, world.ada)
    for text in passages:
        await write(world, world.ada, thread, text)
    if rules:
        await world.ada.slash(thread, "story rules", **{name.replace("_", "-"): value for name, value in rules.items()})
    return thread


async def open_round(
    world: DiscordWorld,
    thread: simcord.ChannelHandle,
    *,
    person: MemberActor | None = None,
    count: int = 2,
    length: int = 6,
    **more: Any,
) -> ResponseMessage:
    """Let somebody (Ben) ask for candidates, and return the card."""
    result = await (person or world.ben).slash(thread, "continue", count=count, length=length, **more)
    assert result.response is not None
    return result.response


async def propose(world: DiscordWorld, person: MemberActor, card: ResponseMessage, text: str) -> InteractionResult:
    """Put a text of one's own among the candidates."""
    shown = await person.click(card, label=OWN)
    told = await person.submit_modal(shown, {"text": text})
    await catch_up(world)
    return told


async def like(person: MemberActor, card: ResponseMessage, *candidates: Candidate) -> InteractionResult:
    """Choose in the menu of likes."""
    return await person.select(card, [str(each.id) for each in candidates], custom_id=_menu(card, "rlike"))


async def star(person: MemberActor, card: ResponseMessage, candidate: Candidate | None) -> InteractionResult:
    """Choose in the menu of the favourite."""
    values = [] if candidate is None else [str(candidate.id)]
    return await person.select(card, values, custom_id=_menu(card, "rstar"))


async def more(person: MemberActor, card: ResponseMessage) -> ResponseMessage:
    """Open *More*."""
    shown = (await person.click(card, label=MORE)).response
    assert shown is not None
    return shown


async def pick(person: MemberActor, card: ResponseMessage, action: str, candidate: Candidate) -> InteractionResult:
    """Choose a candidate in one of the menus under *More*."""
    return await person.select(card, [str(candidate.id)], custom_id=_menu(card, action))


async def close(person: MemberActor, card: ResponseMessage) -> InteractionResult:
    """Close the round before its time."""
    return await person.click(await more(person, card), label=CLOSE)


async def catch_up(world: DiscordWorld) -> None:
    """Let the cards follow: none is edited more often than every 1.2 s."""
    await world.env.advance_time(2.0)


async def pass_time(world: DiscordWorld, seconds: float) -> None:
    """Let time pass, for the services and for Discord."""
    world.now.ahead_ms += round(seconds * 1000)
    await world.env.advance_time(seconds)


def card_in(world: DiscordWorld, thread: simcord.ChannelHandle) -> ResponseMessage:
    """The newest card of a round in a thread."""
    found = [
        message
        for message in world.env.backend.messages[thread.id].values()
        if not message.is_ephemeral
        and any(str(part.get("custom_id", "")).startswith("ink:r") for part in walk(message.components))
    ]
    assert found, "no round is on show there"
    return ResponseMessage(world.env, max(found, key=lambda message: message.id))


async def round_of(world: DiscordWorld, number: int = 1) -> Round:
    """A round as it is kept."""
    async with world.services.database.reading() as tx:
        found = await tx.rounds.get(number)
    assert found is not None
    return found


async def candidates_of(world: DiscordWorld, number: int = 1) -> tuple[list[Candidate], Candidate]:
    """The candidates of a round with a text, by their place, and "none of these"."""
    async with world.services.database.reading() as tx:
        found = await tx.rounds.list_candidates(number)
    return [each for each in found if not each.none], next(each for each in found if each.none)


async def children_of(world: DiscordWorld, passage_id: int | None, tree_id: int = 1) -> list[str]:
    """The texts that stand behind a passage."""
    async with world.services.database.reading() as tx:
        return [passage.text for passage in await children(tx, tree_id, passage_id)]


def shown(card: ResponseMessage) -> str:
    """What a card says, as people read it."""
    return texts(card).replace("\\", "")


def _menu(card: ResponseMessage, action: str) -> str:
    return next(
        str(part["custom_id"])
        for part in walk(card.components)
        if str(part.get("custom_id", "")).startswith(f"ink:{action}:")
    )

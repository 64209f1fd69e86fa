"""What the behaviour tests of memory and lore do over and over, by what a person does."""

from __future__ import annotations

import re
from typing import Any

import simcord
from simcord.actors import MemberActor
from simcord.results import InteractionResult, ResponseMessage

from bot.rules.lore import LoreEntry, triggered
from tests.behaviour.discord_world import DiscordWorld, en, walk

AGREE, DISAGREE, RATIFY, REJECT, REMOVE = (
    en(f"button.{name}") for name in ("agree", "disagree", "ratify", "reject", "remove")
)

_ENTRY = re.compile(r"ink:(lyes|lremove):\d+")


async def note(
    person: MemberActor, channel: simcord.ChannelHandle, text: str, triggers: str | None = None, **options: Any
) -> InteractionResult:
    """Add an entry through the form: lore where there are triggers, else memory."""
    shown = await person.slash(channel, f"story {'memory' if triggers is None else 'lore'} add", **options)
    fields = {"text": text} if triggers is None else {"text": text, "triggers": triggers}
    return await person.submit_modal(shown, fields)


async def entries(world: DiscordWorld) -> list[LoreEntry]:
    """All entries that are kept, by their ids."""
    async with world.services.database.reading() as tx:
        found = [await tx.lore.get(number) for number in range(1, 20)]
    return [entry for entry in found if entry is not None]


async def told_memory(world: DiscordWorld, story_id: int, server_id: int | None = None) -> list[LoreEntry]:
    """What models are always told in a story."""
    return [entry for entry in await _ratified(world, story_id, server_id) if entry.kind == "memory"]


async def told_lore(world: DiscordWorld, story_id: int, text: str) -> list[LoreEntry]:
    """What models are told because `text` triggers it."""
    return triggered(await _ratified(world, story_id), text)


async def _ratified(world: DiscordWorld, story_id: int, server_id: int | None = None) -> list[LoreEntry]:
    async with world.services.database.reading() as tx:
        return await tx.lore.list_ratified(server_id or world.guild.id, story_id)


def cards(world: DiscordWorld, channel: simcord.ChannelHandle) -> list[ResponseMessage]:
    """The public cards of entries in a channel, in order."""
    found = sorted(world.env.backend.messages[channel.id].items())
    return [
        ResponseMessage(world.env, message)
        for _, message in found
        if not message.is_ephemeral
        and any(_ENTRY.fullmatch(str(part.get("custom_id"))) for part in walk(message.components))
    ]

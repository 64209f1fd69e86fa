"""What the behaviour tests of stories do over and over, by what a person does."""

from __future__ import annotations

from typing import Any

import discord
import simcord
from simcord.actors import MemberActor
from simcord.results import InteractionResult

from bot.rules.stories import Passage, Story
from tests.behaviour.discord_world import DiscordWorld, en, texts

WRITE, READ, MAP, RULES, EXPORT = (en(f"button.{name}") for name in ("sadd", "sread", "smap", "srules", "sexport"))
FORM = {"title": "The Lighthouse", "premise": "Nobody has spoken for a year.", "writers": ["anyone"], "ai": ["on"]}


async def begin(world: DiscordWorld, person: MemberActor, **fields: Any) -> simcord.ChannelHandle:
    """Begin a story through the form and return its thread."""
    before = {thread.id for thread in world.channel.threads}
    shown = await person.slash(world.channel, "story new")
    await person.submit_modal(shown, {**FORM, "licence": ["own"], **fields})
    new = [thread for thread in world.channel.threads if thread.id not in before]
    assert len(new) == 1, new
    return new[0]


async def write(
    world: DiscordWorld, person: MemberActor, thread: simcord.ChannelHandle, text: str
) -> InteractionResult:
    """Write the next passage through the form."""
    shown = await person.slash(thread, "story add")
    return await person.submit_modal(shown, {"text": text})


def card_of(thread: simcord.ChannelHandle) -> discord.Message:
    """The pinned card."""
    pinned = thread.pinned_messages()
    assert len(pinned) == 1, pinned
    return pinned[0]


def prose_of(thread: simcord.ChannelHandle) -> list[str]:
    """What was posted as prose, in order, without what the first of it says of plain messages."""
    messages = thread.history()
    posted = [
        message.content for message in messages if message.content and message.type is discord.MessageType.default
    ]
    return [content.removesuffix(f"\n-# {en('story.plain_messages')}") for content in posted]


def card_text(thread: simcord.ChannelHandle) -> str:
    """What the pinned card says."""
    return texts(card_of(thread))


async def story_of(world: DiscordWorld, thread: simcord.ChannelHandle) -> Story:
    """The story of a thread, as it is kept."""
    async with world.services.database.reading() as tx:
        story = await tx.stories.get_by_thread(thread.id)
    assert story is not None
    return story


async def canon_of(world: DiscordWorld, thread: simcord.ChannelHandle) -> list[Passage]:
    """The canon of a thread's story, as it is kept."""
    story = await story_of(world, thread)
    if story.head_id is None:
        return []
    async with world.services.database.reading() as tx:
        return await tx.passages.list_canon(story.head_id)

"""Which channels and threads of the server a person sees, and starting a thread as Discord lets people do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.sandbox.simulation import BackendError, can_access_channel, simcord

LONGEST_NAME = 100
"""Discord's limit for the name of a thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the list. Ids are text, since JavaScript's numbers are too short for them."""

    id: str
    name: str
    thread: bool
    archived: bool
    newest: str
    """The id of the newest message that the person may see; empty where there is none."""


def visible_channels(env: simcord.Env, viewer: simcord.MemberActor) -> list[Entry]:
    """Return the text channels that `viewer` may read, each followed by its threads: the open ones first."""
    readable = [
        channel
        for channel in env.backend.channels.values()
        if channel.guild_id == viewer.guild.id and can_access_channel(env, channel.id, viewer, history=True)
    ]
    entries = []
    for parent in (channel for channel in readable if not channel.is_thread):
        entries.append(_entry(env, viewer, parent))
        threads = [_entry(env, viewer, channel) for channel in readable if channel.parent_id == parent.id]
        entries += sorted(threads, key=lambda entry: (entry.archived, int(entry.id)))
    return entries


def _entry(env: simcord.Env, viewer: simcord.MemberActor, channel: Any) -> Entry:
    messages = env.backend.messages.get(channel.id, {}).values()
    newest = max((message.id for message in messages if message.visible_to(viewer.id)), default=None)
    return Entry(
        id=str(channel.id),
        name=channel.name or "",
        thread=channel.is_thread,
        archived=bool(channel.thread_metadata and channel.thread_metadata.archived),
        newest="" if newest is None else str(newest),
    )


async def start_thread(env: simcord.Env, viewer: simcord.MemberActor, here: int, name: str) -> int:
    """Start a public thread in the channel `here`, or in that of the thread `here`, and return its id.

    Raises `ValueError` with a sentence for the person.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ValueError(f"A thread needs a name of 1 to {LONGEST_NAME} characters.")
    env._begin_operation("start_thread")
    try:
        channel = env.backend.get_channel(here)
        parent = channel.parent_id if channel.is_thread and channel.parent_id else channel.id
        env.backend.require_permissions(viewer.guild.id, viewer.id, parent, "create_public_threads")
        thread = env.backend.create_thread(parent, name, viewer.id)
        await env._settle_internal()
    except BackendError as error:
        raise ValueError("You may not start threads here.") from error
    finally:
        env._end_operation()
    return thread.id

"""Clicks and forms with ids that somebody made up, as a hostile client sends them, and what is kept of it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import simcord
from simcord.actors import MemberActor, _dispatch_actor_interaction
from simcord.backend import serializers
from simcord.results import InteractionResult, ResponseMessage
from sqlalchemy import select

from storage.tables import METADATA
from tests.behaviour.discord_world import DiscordWorld

_COMPONENT, _ROW, _MENU, _BOX = 3, 1, 3, 4

Actor = MemberActor | simcord.UserHandle


async def press(
    actor: Actor,
    message: ResponseMessage,
    custom_id: str,
    values: Sequence[str] = (),
    boxes: Mapping[str, str] = MappingProxyType({}),
) -> InteractionResult:
    """Choose in a menu that the message does not have, with boxes filled in as in a form: whatever a handler reads."""
    backend = actor._env.backend
    stored = backend.get_message(message.channel_id, message.id)
    shown: dict[str, Any] = dict(serializers.message_payload(backend, stored))
    menu = {"type": _MENU, "custom_id": custom_id, "options": [{"label": "-", "value": "-"}]}
    shown["components"] = [*(shown.get("components") or []), {"type": _ROW, "components": [menu]}]
    data = {
        "custom_id": custom_id,
        "component_type": _MENU,
        "values": list(values),
        "components": [{"type": _BOX, "custom_id": name, "value": value} for name, value in boxes.items()],
    }
    return await _dispatch_actor_interaction(
        actor,
        _COMPONENT,
        _channel(actor, message.channel_id),
        data,
        extra={"message": shown},
        source_message_id=stored.id,
    )


def _channel(actor: Actor, channel_id: int) -> simcord.ChannelHandle:
    backend = actor._env.backend
    return simcord.ChannelHandle(actor._env, getattr(actor, "guild", None), backend.get_channel(channel_id))


async def rows(world: DiscordWorld) -> dict[str, list[dict[str, Any]]]:
    """Everything in the database, by table, but when people were last seen."""
    kept = {}
    async with world.services.database.reading() as connection:
        for name, table in METADATA.tables.items():
            found = await connection.execute(select(table))
            kept[name] = [{key: value for key, value in row._mapping.items() if key != "last_seen_ms"} for row in found]
    return kept


def strings(value: Any) -> list[str]:
    """Every string in a nest of lists, tuples and dictionaries."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, (list, tuple)):
        return [text for each in value for text in strings(each)]
    return []

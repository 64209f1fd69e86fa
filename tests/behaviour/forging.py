"""Clicks and forms with ids that somebody made up, as a hostile client sends them, and what is kept of it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import simcord
from simcord.actors import MemberActor, _dispatch_actor_interaction
from simcord.backend import serializers
from simcord.results import InteractionResult, ResponseMessage
from sqlalchemy import select

from storage.tables import METADATA
from tests.behaviour.house import House

_COMPONENT, _FORM, _BUTTON, _MENU, _BOX = 3, 5, 2, 3, 4

Actor = MemberActor | simcord.UserHandle


async def press(
    actor: Actor, message: ResponseMessage, custom_id: str, values: Sequence[str] | None = None
) -> InteractionResult:
    """Press a button, or with `values` choose in a menu, that the message may not have."""
    backend = actor._env.backend
    stored = backend.get_message(message.channel_id, message.id)
    data: dict[str, Any] = {"custom_id": custom_id, "component_type": _BUTTON if values is None else _MENU}
    if values is not None:
        data["values"] = list(values)
    return await _dispatch_actor_interaction(
        actor,
        _COMPONENT,
        _channel(actor, message.channel_id),
        data,
        extra={"message": dict(serializers.message_payload(backend, stored))},
        source_message_id=stored.id,
    )


async def send_form(
    actor: Actor, channel: simcord.ChannelHandle, custom_id: str, boxes: Mapping[str, str]
) -> InteractionResult:
    """Send in a form that nobody opened."""
    components = [
        {"type": 18, "id": place, "component": {"type": _BOX, "custom_id": name, "value": value}}
        for place, (name, value) in enumerate(boxes.items(), start=1)
    ]
    return await _dispatch_actor_interaction(actor, _FORM, channel, {"custom_id": custom_id, "components": components})


def _channel(actor: Actor, channel_id: int) -> simcord.ChannelHandle:
    backend = actor._env.backend
    return simcord.ChannelHandle(actor._env, getattr(actor, "guild", None), backend.get_channel(channel_id))


async def rows(house: House) -> dict[str, list[dict[str, Any]]]:
    """Everything in the database, by table, but when people were last seen."""
    kept = {}
    async with house.services.database.reading() as connection:
        for name, table in METADATA.tables.items():
            found = await connection.execute(select(table))
            kept[name] = [dict(row._mapping) for row in found]
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

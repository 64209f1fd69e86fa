"""Buttons and menus by what they are. SimCord's page knows them by their places in a message, and a place may be
another's by the time of the press; Discord knows them by their custom ids. What has a number of its own (Discord's `id`
of a component) the page knows by that: so each is given one that follows from its custom id.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from bot.sandbox.simulation import component_paths, simcord

LARGEST_ID = 2**31 - 1
"""Discord's limit for the number of a component."""


def number_controls(env: simcord.Env, channel_id: int) -> None:
    """Number whatever can be pressed or chosen from in the messages of a channel; SimCord has numbered it by place."""
    for message in env.backend.messages.get(channel_id, {}).values():
        _number(message.components)


def _number(roots: Iterable[dict[str, Any]]) -> None:
    for root in roots:
        for _, component in component_paths(root):
            if "custom_id" in component:
                component["id"] = _id_of(component)


def _id_of(component: Mapping[str, Any]) -> int:
    """Return the number of a button or a menu. A menu that is sent with another choice is a new one: the page would
    keep to what was chosen in the old."""
    chosen = [option["value"] for option in component.get("options", []) if option.get("default")]
    chosen += [str(value["id"]) for value in component.get("default_values", [])]
    return 1 + zlib.crc32(json.dumps([component["custom_id"], *chosen]).encode()) % LARGEST_ID

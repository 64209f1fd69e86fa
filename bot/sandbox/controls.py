"""Buttons by what they are. SimCord's page knows a button by its place in the message, and the place may be another
button's by the time of the press; Discord knows it by its custom id, and so does the page here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.sandbox.simulation import BackendError, component_key, component_paths, simcord

BUTTON = 2
"""Discord's number for this kind of component."""
_NAMED = re.compile(r"message:([0-9]{1,20}):component:button:(.+)", re.DOTALL)
"""A button's key as the page knows it: the id of its message, and its custom id."""


def name_buttons(messages: Mapping[str, Mapping[str, Any]]) -> None:
    """Let the page know the buttons of these messages, which are about to be shown, by their custom ids."""
    for message_id, message in messages.items():
        for root in message["components"]:
            for _, component in component_paths(root):
                if component["type"] == BUTTON and "custom_id" in component:
                    component["control_key"] = f"message:{message_id}:component:button:{component['custom_id']}"


def place_now(env: simcord.Env, channel_id: int, key: object) -> object:
    """Return SimCord's key for where the button is by now that the page knows as `key`. Where it is gone, and where
    `key` is not a button's, return `key`: SimCord refuses the one and takes the other."""
    found = _NAMED.fullmatch(key) if isinstance(key, str) else None
    if found is None:
        return key
    message_id, custom_id = int(found.group(1)), found.group(2)
    try:
        message = env.backend.get_message(channel_id, message_id)
    except BackendError:
        return key
    for index, root in enumerate(message.components):
        for path, component in component_paths(root, str(index)):
            if component.get("custom_id") == custom_id:
                return component_key(component, path, message_id)
    return key

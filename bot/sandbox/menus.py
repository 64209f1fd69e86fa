"""The menus of messages: the commands that Discord offers under *Apps* when a message is right-clicked. SimCord can
invoke them, but its page cannot.

The page presses an entry as it presses a button: with a key, of which SimCord's scripts read the message.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.simulation import AppCommandType, Page, Preview, simcord

CLICK = "click"
"""SimCord's name for the press of a button."""
_ENTRY = re.compile(r"message:([0-9]{1,20}):component:menu:(.+)", re.DOTALL)
"""The key of an entry in a message's menu as the page knows it: the message's id, and the entry's name."""

Plan = Callable[[Any, int], Awaitable[dict[str, Any]]]
"""What SimCord carries out when it has admitted an action."""


def offered_menus(env: simcord.Env, viewer: simcord.MemberActor, channel_id: int) -> list[str]:
    """Return the names of the entries that `viewer` finds in the menu of a message of the channel."""
    commands = env.backend.visible_commands(user_id=viewer.id, channel_id=channel_id, type=AppCommandType.MESSAGE)
    return list(dict.fromkeys(command["name"] for command in commands))


def menu_plan(preview: Preview, page: Page, channel: simcord.ChannelHandle, key: object) -> Plan | None:
    """Return how the entry that the page knows as `key` is carried out; None where `key` is not an entry's. Raises
    `SetupError` where the message is gone, or not for this person."""
    found = _ENTRY.fullmatch(key) if isinstance(key, str) else None
    if found is None:
        return None
    message, name = preview._target_message(page, int(found.group(1))), found.group(2)
    target = simcord.ResponseMessage(preview.env, message)
    if name not in offered_menus(preview.env, page.viewer, page.channel_id):
        raise simcord.SetupError(f"There is no {name!r} in the menus of messages.")

    async def plan(action: Any, cursor: int) -> dict[str, Any]:
        invoked = page.viewer.context_menu(channel, name, target)
        return await preview._run_interaction_action(page, action, cursor, invoked, republish_all=True)

    return plan

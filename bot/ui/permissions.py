"""The permissions that the bot asks for. The invitation, the README and every check take them from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import discord

from bot.ui.locale import Catalogue

Permission = Literal[
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "create_public_threads",
    "pin_messages",
    "read_message_history",
    "attach_files",
]
"""What the bot can make use of, as discord.py names it; `permission.<name>` in the catalogues is Discord's name."""
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
"""All permissions that the bot asks for."""
INVITATION = discord.Permissions(**dict.fromkeys(PERMISSIONS, True))
"""What the link of the invitation asks a server for."""
CARDS: tuple[Permission, ...] = ("view_channel", "send_messages")
"""Needed to keep a card in a channel."""
CARDS_IN_THREADS: tuple[Permission, ...] = ("view_channel", "send_messages_in_threads")
"""Needed to keep a card in a thread."""
STORIES: tuple[Permission, ...] = ("view_channel", "create_public_threads", "send_messages_in_threads")
"""Needed in a channel in which a story is begun."""
STORIES_BETTER: tuple[Permission, ...] = ("pin_messages", "read_message_history")
"""What a story can do without, though worse: its card is not pinned, and what a crash left is not looked for."""


def told(say: Catalogue, names: Sequence[Permission]) -> str:
    """Return permissions as Discord names them, one behind the other."""
    return ", ".join(say(f"permission.{name}") for name in names)


def lacking(interaction: discord.Interaction[Any], wanted: Sequence[Permission]) -> list[Permission]:
    """Return which of the `wanted` permissions the bot lacks where `interaction` happens."""
    return _lacking(interaction.app_permissions, wanted)


def lacking_in(channel: discord.abc.GuildChannel, wanted: Sequence[Permission]) -> list[Permission]:
    """Return which of the `wanted` permissions the bot lacks in a channel of a server that it is a member of."""
    return _lacking(channel.permissions_for(channel.guild.me), wanted)


def _lacking(has: discord.Permissions, wanted: Sequence[Permission]) -> list[Permission]:
    # Discord is taking pinning out of *Manage Messages*, and counts either meanwhile.
    pins = has.pin_messages or has.manage_messages
    return [name for name in wanted if not (pins if name == "pin_messages" else getattr(has, name))]

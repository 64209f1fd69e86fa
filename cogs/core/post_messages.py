"""How posts become messages: what is sent for each kind of thing that is on show, and by what it is known again."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.ui.cards import Card
from bot.ui.delivery import custom_ids
from bot.ui.mention import Mention
from bot.ui.prose import Prose

Shown = Card | Prose | Mention
"""What a post can look like."""


async def send(channel: discord.abc.Messageable, shown: Shown, nonce: str) -> discord.Message:
    """Send a new message. Discord takes it once with a `nonce`."""
    if isinstance(shown, Card):
        return await channel.send(view=shown, nonce=nonce)
    more: dict[str, Any] = {} if (row := shown.view()) is None else {"view": row}
    if isinstance(shown, Mention):
        more |= {"silent": shown.silent, "allowed_mentions": shown.allowed}
    message: discord.Message = await channel.send(shown.content, nonce=nonce, **more)
    return message


async def edit(message: discord.PartialMessage, shown: Shown) -> None:
    """Let a message show something else; nobody is pinged."""
    nobody = discord.AllowedMentions.none()
    if isinstance(shown, Card):
        await message.edit(view=shown, allowed_mentions=nobody)
    else:
        await message.edit(content=shown.content, view=shown.view(), allowed_mentions=nobody)


def is_shown_by(message: discord.Message, shown: Shown) -> bool:
    """Tell whether a message is what `shown` is: prose by its text; a card, or a mention, by the ids on its buttons;
    a mention without such buttons by its text."""
    if isinstance(shown, Prose):
        return message.content == shown.content
    view = shown if isinstance(shown, Card) else shown.view()
    ids = set() if view is None else custom_ids(view)
    if ids:
        return bool(ids & custom_ids(ui.LayoutView.from_message(message)))
    return isinstance(shown, Mention) and message.content == shown.content

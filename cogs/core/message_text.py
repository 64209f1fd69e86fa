"""What can be made of the text of a message: one object a use, which the cog that does it registers.

The text is kept here, for the buttons of the private card, in memory alone: after a restart the menu of the message is
used again.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import discord

from bot.errors import Gone, InklingError
from bot.rules.servers import Activity, ServerSettings
from bot.rules.stories import Story

REMEMBERED = 500
"""So many texts are kept; the oldest go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageText:
    """The text of a message when its menu was used, who used it and who wrote it, and the story in whose thread it
    stands as it was then (None elsewhere)."""

    text: str
    person_id: int
    author_id: int
    channel_id: int
    story: Story | None


class MessageUse(Protocol):
    """Something that can be made of a text. `name` is on its button (`usetext.<name>` in the catalogues, with
    `usetext.<name>_told` for what it does) and in its custom id: lower-case letters. Those that are `first` come before
    the others."""

    name: str
    emoji: str
    first: bool

    async def fits(self, interaction: discord.Interaction[Any], message: MessageText) -> bool:
        """Tell whether it can be offered to the person who acts."""
        ...

    async def use(self, interaction: discord.Interaction[Any], message: MessageText) -> None:
        """Do it, and answer the click. The person is authorised here: the offer may be old."""
        ...


class ModelUse:
    """A use of the models, called as the kind of generation that it makes. `permitted` returns the settings where one
    may ask for that, or raises (`GenerationFlow.permitted`); `start` asks; `suits` tells whether a text is one for
    it."""

    first = False

    def __init__(
        self,
        name: str,
        emoji: str,
        permitted: Callable[[discord.Interaction[Any], Activity], Awaitable[ServerSettings]],
        start: Callable[[discord.Interaction[Any], ServerSettings, str], Awaitable[None]],
        suits: Callable[[str], bool] = bool,
    ) -> None:
        self.name = name
        self.emoji = emoji
        self._permitted = permitted
        self._start = start
        self._suits = suits

    async def fits(self, interaction: discord.Interaction[Any], message: MessageText) -> bool:
        if message.story is not None and not message.story.rules.ai:
            return False
        try:
            await self._permitted(interaction, self.name)
        except InklingError:
            return False
        return self._suits(message.text)

    async def use(self, interaction: discord.Interaction[Any], message: MessageText) -> None:
        await self._start(interaction, await self._permitted(interaction, self.name), message.text)


class MessageUses:
    """All uses, in the order in which they are offered, and the texts on offer. One for all the cogs of a bot."""

    def __init__(self) -> None:
        self._uses: dict[str, MessageUse] = {}
        self._texts: OrderedDict[int, MessageText] = OrderedDict()

    def register(self, use: MessageUse) -> None:
        """Offer another use."""
        if use.name in self._uses:
            raise ValueError(f"there is a use of texts called {use.name} already")
        self._uses[use.name] = use

    async def fitting(self, interaction: discord.Interaction[Any], message: MessageText) -> Sequence[MessageUse]:
        """Return what can be made of a text here, by the person who acts."""
        fitting = [use for use in self._uses.values() if await use.fits(interaction, message)]
        return sorted(fitting, key=lambda use: not use.first)

    def keep(self, message: MessageText) -> int:
        """Keep a text for the buttons of its card, and return the key that they carry."""
        key = secrets.randbits(48)
        self._texts[key] = message
        if len(self._texts) > REMEMBERED:
            self._texts.popitem(last=False)
        return key

    def find(self, key: int, name: str, interaction: discord.Interaction[Any]) -> tuple[MessageUse, MessageText]:
        """Return the use and the text of a button. Raises `Gone` (`message_text_gone`) where either is not known any
        more, or for somebody else."""
        message, use = self._texts.get(key), self._uses.get(name)
        if message is None or use is None:
            raise Gone("message_text_gone")
        if (message.person_id, message.channel_id) != (interaction.user.id, interaction.channel_id):
            raise Gone("message_text_gone")
        return use, message

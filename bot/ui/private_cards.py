"""The private cards that people have before them: of each kind one a person, and as what they show is now.

A private answer can be changed and deleted through the token of its interaction, for a quarter of an hour. So it is
kept in memory who has which card: a newer one of the same kind takes the place of the older, and when what the cards
are about is over, each is drawn anew. After a restart, or when the token has run out, a card stays as it is; what is
pressed on it is authorised again in any case.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import discord

from bot.logs import describe
from bot.ui.answers import PLACED, Placed, is_private, respond
from bot.ui.cards import Card
from bot.ui.delivery import UNDELIVERED
from bot.ui.public_card import TOKEN_LIFE_S

_log = logging.getLogger(__name__)

Draw = Callable[[], Awaitable[Card]]
"""Draws a card as it is by now."""

MOST = 500
"""So many cards are remembered; of more the oldest are forgotten, and stay as they are."""


@dataclass(frozen=True, slots=True)
class About:
    """What a private card shows: `sort` of the `subject` with the number `id`, such as the ballot in a round."""

    subject: str
    id: int
    sort: str = ""


class _Shown:
    """A private card, and the token that reaches it."""

    def __init__(self, interaction: discord.Interaction[Any], placed: Placed, draw: Draw | None) -> None:
        self._interaction = interaction
        self._placed = placed
        self._loop = asyncio.get_running_loop()
        self._ends_s = self._loop.time() + TOKEN_LIFE_S
        self.draw = draw

    @property
    def at(self) -> int | None:
        """The id of its message, None where it is not known."""
        return self._placed.message_id

    @property
    def is_reached(self) -> bool:
        """Tell whether the token still lasts."""
        return self._loop.time() < self._ends_s

    async def edit(self, card: Card) -> None:
        """Show `card` instead."""
        interaction, (message_id, followed) = self._interaction, self._placed
        if followed and message_id is not None:
            await self._try(interaction.followup.edit_message(message_id, view=card))
        else:
            await self._try(interaction.edit_original_response(view=card))

    async def delete(self) -> None:
        """Take it away."""
        interaction, (message_id, followed) = self._interaction, self._placed
        if followed and message_id is not None:
            await self._try(interaction.followup.delete_message(message_id))
        else:
            await self._try(interaction.delete_original_response())

    async def _try(self, change: Awaitable[Any]) -> None:
        """Make a change that nobody waits for."""
        try:
            await change
        except UNDELIVERED as error:
            _log.info("an earlier private card stays as it is: %s", describe(error))


class PrivateCards:
    """Who has which private cards before them. One for all the cogs of a bot."""

    def __init__(self) -> None:
        self._shown: OrderedDict[tuple[int, About], _Shown] = OrderedDict()
        self._changing: set[asyncio.Task[None]] = set()

    async def show(
        self, interaction: discord.Interaction[Any], about: About, card: Card, *, draw: Draw | None = None
    ) -> bool:
        """Show a private card as `bot.ui.answers.respond` does; tell whether it is known to have arrived.

        The person's earlier card of the kind goes: the newest is where they look, while an earlier one may be far above
        or dismissed. `draw` draws the card for `redraw`; without it the card is one that never changes.
        """
        pressed = interaction.message.id if is_private(interaction) and interaction.message is not None else None
        if not await respond(interaction, card):
            return False
        placed: Placed = interaction.extras[PLACED]
        if placed.message_id is None and pressed is not None:
            placed = Placed(pressed, followed=False)
        if placed.message_id == pressed:  # what stood there is no more
            for key in [key for key, shown in self._shown.items() if pressed is not None and shown.at == pressed]:
                del self._shown[key]
        key = (interaction.user.id, about)
        before = self._shown.pop(key, None)
        self._shown[key] = _Shown(interaction, placed, draw)
        self._forget()
        if before is not None and before.is_reached:
            self._begin(before.delete())
        return True

    def has(self, subject: str, subject_id: int) -> bool:
        """Tell whether anybody has a card of a subject."""
        return any((about.subject, about.id) == (subject, subject_id) for _, about in self._shown)

    def redraw(self, subject: str, subject_id: int) -> None:
        """Begin to draw all cards of a subject anew, for the last time: nothing more will change in it."""
        mine = [key for key in self._shown if (key[1].subject, key[1].id) == (subject, subject_id)]
        shown = [self._shown.pop(key) for key in mine]
        if due := [(each, each.draw) for each in shown if each.draw is not None and each.is_reached]:
            self._begin(self._draw(due))

    def _begin(self, change: Coroutine[Any, Any, None]) -> None:
        """Make a change beside the answer, which nobody waits for."""
        task = asyncio.create_task(change)
        self._changing.add(task)
        task.add_done_callback(self._changing.discard)

    async def _draw(self, due: list[tuple[_Shown, Draw]]) -> None:
        async def one(shown: _Shown, draw: Draw) -> None:
            await shown.edit(await draw())

        for failure in await asyncio.gather(*(one(shown, draw) for shown, draw in due), return_exceptions=True):
            if isinstance(failure, Exception):
                _log.warning("a private card could not be drawn anew: %s", describe(failure))

    def _forget(self) -> None:
        """Forget the cards that cannot be reached any more, and the oldest of too many."""
        while self._shown:
            oldest = next(iter(self._shown.values()))
            if oldest.is_reached and len(self._shown) <= MOST:
                return
            self._shown.popitem(last=False)

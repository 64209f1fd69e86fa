"""How far the models are with what somebody waits for: on a card that is edited as they go on, until it ends.

What ends it early is one thing for all cards: *Cancel*, a moderator who deletes the card, the end of the program.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import discord

from bot.errors import Cancelled
from bot.inference.jobs import Progress
from bot.inference.queue import Ticket
from bot.logs import describe
from bot.ui.cards import Card
from bot.ui.delivery import UNDELIVERED, UNKNOWN_MESSAGE
from bot.ui.progress import Pulse, Wait, follow
from bot.ui.public_card import SHOWN, PublicCard, show

_log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")
Draw = Callable[[Progress], Card]
"""Makes the card of a progress."""
Show = Callable[[discord.Interaction[Any], Card], Awaitable[PublicCard]]
"""Answers an interaction with a public card."""
OnShown = Callable[[PublicCard], Awaitable[None]]
"""Is told of a card that was shown or edited; what the message is may be known only now."""


@dataclass(slots=True)
class LiveJob:
    """A job whose progress is on show, and the person who asked for it."""

    ticket: Ticket[Any]
    person_id: int
    deleted: bool = False


class ProgressRunner:
    """Shows the progress of jobs. One for all the cogs of a bot; each job has a key, by which it is found."""

    def __init__(self, pulse: Pulse, wait: Wait) -> None:
        self._pulse = pulse
        self._wait = wait
        self._live: dict[str, LiveJob] = {}
        self.stopping = False
        """Whether the bot is being stopped: what is under way ends, and nothing else begins."""

    async def run(
        self,
        interaction: discord.Interaction[Any],
        ticket: Ticket[ResultT],
        key: str,
        *,
        draw: Draw,
        note: OnShown,
        stopped: OnShown | None = None,
        begin: Show = show,
    ) -> ResultT | None:
        """Answer `interaction` with the card of the progress, edit it at every beat of the pulse at most, and return
        what the job brings. The card stays on show, in `interaction.extras[SHOWN]`, for what takes its place. `begin`
        is how it is first shown: as a new card, or on the one that was clicked on (`bot.ui.public_card.turn`).

        `note` is called after each time that it was shown, so that a crash does not leave it behind. Return None where
        the card was deleted, and where the bot is being stopped, which `stopped` may tell on it. Raises what the job
        raises, and as `show`.
        """
        live = self._live[key] = LiveJob(ticket, interaction.user.id)
        try:
            await asyncio.sleep(0)  # what can begin at once has begun then
            shown = await begin(interaction, draw(ticket.progress))
            await note(shown)

            async def update(progress: Progress) -> None:
                await self._update(live, shown, draw(progress), note)

            if self.stopping:
                ticket.cancel()
            await follow(ticket, update, pulse=self._pulse, wait=self._wait)
            return await ticket
        except Cancelled:
            if not (live.deleted or self.stopping):
                raise
            interaction.extras.pop(SHOWN, None)
            if stopped is not None and not live.deleted:
                await stopped(shown)
            return None
        finally:
            self._live.pop(key, None)

    async def _update(self, live: LiveJob, shown: PublicCard, card: Card, note: OnShown) -> None:
        try:
            await shown.edit(card)
            await note(shown)
        except UNDELIVERED as error:
            if getattr(error, "code", None) == UNKNOWN_MESSAGE:
                live.deleted = True  # by a moderator
                live.ticket.cancel()
            else:
                _log.info("progress could not be shown: %s", describe(error))

    def get(self, key: str) -> LiveJob | None:
        """Return the job with that key, None where none is under way."""
        return self._live.get(key)

    def cancel(self, key: str) -> None:
        """Cancel the job with that key, if it is under way."""
        if (live := self._live.get(key)) is not None:
            live.ticket.cancel()

    def stop(self) -> None:
        """Cancel everything that is under way, because the bot is being stopped."""
        self.stopping = True
        for live in list(self._live.values()):
            live.ticket.cancel()

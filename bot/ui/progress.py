"""What is shown while the models work: the place in the queue, or the text as it comes; and Cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from discord import ui

from bot.inference.jobs import Progress, Queued
from bot.inference.queue import Ticket
from bot.ui.cards import AMBER, Card, text
from bot.ui.cutting import shown_tail
from bot.ui.locale import Catalogue, duration

EDIT_EVERY_S = 1.2
"""A card is edited no more often."""
STREAMED_TEXT = 1200
"""Characters of the text so far that a card shows, its end."""
BAR = 12
"""Signs of which a bar is made."""

T = TypeVar("T")


class Wait(Protocol):
    """How the bot waits for what comes from outside: `plain_wait`, or one that tells a simulation of the wait."""

    def __call__(self, awaitable: Awaitable[T], /) -> Awaitable[T]: ...


async def plain_wait(awaitable: Awaitable[T]) -> T:
    """Just wait."""
    return await awaitable


class Pulse:
    """A beat every 1.2 s for everybody who shows progress: nobody's card is edited more often.

    `run` is one long-lived task that the application starts; a simulation of Discord would otherwise wait for a
    timer of every card.
    """

    def __init__(self, every_s: float = EDIT_EVERY_S) -> None:
        self._every_s = every_s
        self._next: asyncio.Future[None] | None = None

    def beat(self) -> asyncio.Future[None]:
        """Return a future that is done at the next beat."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        return self._next

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(self._every_s)
            if self._next is not None:
                self._next.set_result(None)
                self._next = None


async def follow(ticket: Ticket[Any], show: Callable[[Progress], Awaitable[None]], *, pulse: Pulse, wait: Wait) -> None:
    """Show the newest progress of `ticket`, at most at every beat, until it has ended either way."""
    ending = ticket.ending()
    shown: Progress | None = None
    while not ending.done():
        await wait(asyncio.wait([ending, pulse.beat()], return_when=asyncio.FIRST_COMPLETED))
        if not ending.done() and ticket.progress != shown:
            shown = ticket.progress
            await show(shown)


def progress_line(say: Catalogue, progress: Progress | None) -> str:
    """Return the place in the queue, or a bar of how much is done and the time that is left; an empty bar for None."""
    if progress is None:
        return "▱" * BAR
    time = duration(say, progress.eta_s)
    if isinstance(progress, Queued):
        return say("progress.position", count=progress.position, time=time)
    filled = round(BAR * min(1.0, progress.done / progress.total)) if progress.total else 0
    return f"{'▰' * filled}{'▱' * (BAR - filled)}\u2002{say('progress.left', time=time)}"


def progress_card(say: Catalogue, working: str, progress: Progress, cancel_id: str) -> Card:
    """Return the card of a job under way; `working` is what it says while models work."""
    blocks: list[ui.Item[Any]] = []
    if isinstance(progress, Queued):
        blocks.append(text(f"### {say('progress.queued')}\n-# {progress_line(say, progress)}"))
    else:
        blocks.append(text(f"### {working}\n-# {progress_line(say, progress)}"))
        if progress.text.strip():
            blocks.append(text(shown_tail(progress.text, STREAMED_TEXT)))
    blocks.append(ui.ActionRow(ui.Button(custom_id=cancel_id, label=say("button.cancel"))))
    return Card(*blocks, colour=AMBER)

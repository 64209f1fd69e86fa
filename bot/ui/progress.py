"""What is shown while the models wake up and work: the place in the queue, or a draft as it comes; and Cancel."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from discord import ui

from bot.inference.jobs import Progress, Queued, Waking, Working
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
EXACT_S = 10
"""Up to here a time is told to the second."""

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


def heading(say: Catalogue, working: str, progress: Progress) -> str:
    """Return what goes on, in a few words; `working` is what that is while models work."""
    if isinstance(progress, Waking):
        return say("progress.waking")
    return say("progress.queued") if isinstance(progress, Queued) else working


def progress_line(say: Catalogue, progress: Progress | None) -> str:
    """Return the place in the queue, or a bar of how much is done, and what is known of the time that is left; an empty
    bar for None."""
    if progress is None:
        return bar(0)
    if isinstance(progress, Waking):
        place = progress.position
        waits = say("progress.waking_position", count=place) if place else say("progress.waking_next")
        return f"{bar(progress.loaded)}\u2002{waits}"
    at = say("progress.position", count=progress.position) if isinstance(progress, Queued) else bar(progress.share)
    if progress.late:
        return f"{at}{_GAP[type(progress)]}{say('progress.late')}"
    if progress.eta_s is None:
        return at
    return f"{at}{_GAP[type(progress)]}{say('progress.left', time=duration(say, rounded(progress.eta_s)))}"


_GAP = {Queued: " · ", Working: "\u2002"}
"""What stands between how far it is and the time that is left."""


def bar(share: float) -> str:
    """Return a bar of which `share`, 0..1, is filled: all of it only where all is done."""
    filled = int(BAR * min(1.0, max(0.0, share)))
    return "▰" * filled + "▱" * (BAR - filled)


def rounded(seconds: float) -> float:
    """Return a time as roughly as it is known: whole seconds, from ten on every fifth."""
    step = 5 if seconds > EXACT_S else 1
    return step * math.ceil(seconds / step)


def progress_card(say: Catalogue, working: str, progress: Progress, cancel_id: str) -> Card:
    """Return the card of a job under way; `working` is what it says while models work."""
    title, at = heading(say, working, progress), progress_line(say, progress)
    blocks: list[ui.Item[Any]] = [text(f"### {title}\n-# {at}")]
    if isinstance(progress, Working) and progress.text.strip():
        blocks.append(text(f"-# {say('progress.draft')}\n{shown_tail(progress.text, STREAMED_TEXT)}"))
    blocks.append(ui.ActionRow(ui.Button(custom_id=cancel_id, label=say("button.cancel"))))
    return Card(*blocks, colour=AMBER)

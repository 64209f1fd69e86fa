"""What is said at the terminal, and what may be typed or signalled there."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.sandbox.page import LivePage
from bot.sandbox.world import PEOPLE
from cogs.core.services import Services

HELP = """\
Inkling's sandbox is open:

    {url}

In the page: press / for the commands, right-click a message for its menu, and "Viewing as" to be {people}.
{keeper} manages the server (/settings). Channels and threads are listed on the left.
It starts afresh each time, in {folder}, and forgets everything at the end.
Here: type restart to restart the bot (its buttons go on working; SIGUSR1 does the same), quit or Ctrl-C to end."""
"""What the host can type while the sandbox runs."""


def greeting(url: str, folder: object) -> str:
    """Return what is said when the page is open."""
    people = f"{', '.join(PEOPLE[:-1])} or {PEOPLE[-1]}"
    return HELP.format(url=url, people=people, keeper=PEOPLE[0], folder=folder)


async def serve(services: Services, page: LivePage, say: Callable[[str], None]) -> None:
    """Do what the person at the terminal wants, until they, or the page, want the end."""
    loop = asyncio.get_running_loop()
    wishes: asyncio.Queue[str] = asyncio.Queue()
    loop.add_signal_handler(signal.SIGUSR1, wishes.put_nowait, "restart")
    closed = asyncio.create_task(page.wait_closed(), name="closed")
    closed.add_done_callback(lambda _: wishes.put_nowait("quit"))
    try:
        with _listening(loop, wishes):
            while (wish := await wishes.get()) not in {"quit", "exit"}:
                if wish == "restart":
                    await page.restart(services)
                    say("The bot has been restarted.")
                elif wish:
                    say("Here you can type: restart, or quit.")
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)
        closed.cancel()


@contextmanager
def _listening(loop: asyncio.AbstractEventLoop, wishes: asyncio.Queue[str]) -> Iterator[None]:
    """Put the lines that are typed at the terminal into `wishes`; without a terminal nobody types."""
    if not sys.stdin or not sys.stdin.isatty():
        yield
        return
    descriptor = sys.stdin.fileno()

    def read() -> None:
        if os.tcgetpgrp(descriptor) != os.getpgrp():  # in the background: what is typed is for somebody else
            return
        typed = os.read(descriptor, 4096)
        if not typed:
            loop.remove_reader(descriptor)
        for line in typed.decode(errors="replace").splitlines():
            wishes.put_nowait(line.strip().lower())

    loop.add_reader(descriptor, read)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)

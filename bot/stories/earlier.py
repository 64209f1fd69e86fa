"""What an earlier run of the program kept in its last minutes: nobody knows which of its answers arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.rules.lore import LoreKind, check_text
from bot.rules.stories import check_title
from storage.database import Database
from storage.recent import Lately

REMEMBERED_S = 10 * 60.0
"""So long after something was kept a repeat of it may come of an answer that did not arrive."""


class EarlierRun:
    """Looks for what somebody repeats among what was kept before this run began. `now` gives UTC milliseconds.

    Each question is whether the same was kept within REMEMBERED_S, by an earlier run. Raises `BadInput` as the rules do
    for a text that cannot be kept.
    """

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self._began_ms = now()

    async def wrote(self, person_id: int, story_id: int, text: str) -> bool:
        """Ask for a passage, or a candidate for one."""
        async with self._looking(person_id) as lately:
            return lately is not None and await lately.wrote(story_id, text.strip())

    async def proposed(self, person_id: int, server_id: int, story_id: int | None, kind: LoreKind, text: str) -> bool:
        """Ask for an entry of memory or lore."""
        async with self._looking(person_id) as lately:
            return lately is not None and await lately.proposed(server_id, story_id, kind, check_text(text))

    async def began(self, person_id: int, server_id: int, channel_id: int, title: str) -> bool:
        """Ask for a story, begun or forked."""
        async with self._looking(person_id) as lately:
            return lately is not None and await lately.began(server_id, channel_id, check_title(title))

    @asynccontextmanager
    async def _looking(self, person_id: int) -> AsyncIterator[Lately | None]:
        """Give what to ask; None where this run is older than what is remembered."""
        since_ms = self._now() - round(1000 * REMEMBERED_S)
        if since_ms > self._began_ms:
            yield None
            return
        async with self._database.reading() as connection:
            yield Lately(connection, person_id, since_ms, self._began_ms)

"""What an earlier run of the program stored in its last minutes: it is unknown which of its answers arrived."""

from __future__ import annotations

from bot.rules.lore import LoreKind, check_text
from bot.rules.stories import check_title
from storage.database import Database
from storage.recent_work import Kept

REMEMBERED_S = 10 * 60.0
"""How long after something was stored a repeat of it may be due to an answer that did not arrive."""


class EarlierRun:
    """Looks for what somebody repeats among what was kept before this run began.

    Each question is whether the same was kept within REMEMBERED_S, by an earlier run. Raises `BadInput` as the rules do
    for a text that cannot be kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._began_ms = database.now()

    async def wrote(self, person_id: int, story_id: int, text: str) -> bool:
        """Ask for a passage, or a candidate for one."""
        if (kept := self._kept_by(person_id)) is None:
            return False
        async with self._database.reading() as tx:
            return await tx.recent.wrote(kept, story_id, text.strip())

    async def proposed(self, person_id: int, server_id: int, story_id: int | None, kind: LoreKind, text: str) -> bool:
        """Ask for an entry of memory or lore."""
        if (kept := self._kept_by(person_id)) is None:
            return False
        async with self._database.reading() as tx:
            return await tx.recent.proposed(kept, server_id, story_id, kind, check_text(text))

    async def began(self, person_id: int, server_id: int, channel_id: int, title: str) -> bool:
        """Ask for a story, begun or forked."""
        if (kept := self._kept_by(person_id)) is None:
            return False
        async with self._database.reading() as tx:
            return await tx.recent.began(kept, server_id, channel_id, check_title(title))

    def _kept_by(self, person_id: int) -> Kept | None:
        """Return what to look for; None where this run is older than what is remembered."""
        since_ms = self._database.now() - round(1000 * REMEMBERED_S)
        if since_ms > self._began_ms:
            return None
        return Kept(person_id=person_id, since_ms=since_ms, until_ms=self._began_ms)

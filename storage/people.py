"""People: when each used the bot for the first and the last time.

Each transaction in which somebody does something notes the time.
"""

from __future__ import annotations

from storage.dialect import insert
from storage.repository import Repository
from storage.tables import PEOPLE


class People(Repository):
    """Everybody who ever used the bot."""

    async def mark_seen(self, person_id: int, *, now_ms: int) -> None:
        """Note that the person uses the bot now."""
        await self._connection.execute(
            insert(PEOPLE)
            .values(person_id=person_id, first_seen_ms=now_ms, last_seen_ms=now_ms)
            .on_conflict_do_update(
                index_elements=["person_id"],
                set_={"last_seen_ms": now_ms},
                where=PEOPLE.c.last_seen_ms < now_ms,  # the clock may have been set back
            )
        )

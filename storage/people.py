"""People: when they were first and last here, and no more.

Each transaction in which somebody does something notes that they were here.
"""

from __future__ import annotations

from storage.dialect import insert
from storage.repository import Repository
from storage.tables import PEOPLE


class People(Repository):
    """Everybody who ever asked for something."""

    async def mark_seen(self, person_id: int, *, now_ms: int) -> None:
        """Note that the person is here now."""
        await self._connection.execute(
            insert(PEOPLE)
            .values(person_id=person_id, first_seen_ms=now_ms, last_seen_ms=now_ms)
            .on_conflict_do_update(
                index_elements=["person_id"],
                set_={"last_seen_ms": now_ms},
                where=PEOPLE.c.last_seen_ms < now_ms,  # the clock may have been set back
            )
        )

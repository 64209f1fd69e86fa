"""Export and deletion of everything that is stored about a person. It owns the transactions over it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from storage.database import Database
from storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What was kept about a person until now, as `PrivacyService.export` returns it, and how many rows of it were
    deleted, emptied or made nobody's."""

    kept: Mapping[str, Any]
    rows: int


Leave = Callable[[UnitOfWork, int], Awaitable[None]]
"""Lets somebody leave what is under way with them."""


class PrivacyService:
    """Exports and deletes what is stored about people in all servers. `leave` comes before the deletion."""

    def __init__(self, database: Database, leave: Leave | None = None) -> None:
        self._database = database
        self._leave = leave

    async def export(self, person_id: int) -> Mapping[str, Any]:
        """Return every row about the person by table, ready for JSON (see `storage.privacy`)."""
        async with self._database.reading() as tx:
            return await tx.privacy.export(person_id)

    async def delete(self, person_id: int) -> Deleted:
        """Delete all of it in one transaction. Rows that others depend on are emptied or made anonymous."""
        async with self._database.transaction() as tx:
            kept = await tx.privacy.export(person_id)
            if self._leave is not None:
                await self._leave(tx, person_id)
            deleted = await tx.privacy.delete(person_id)
        return Deleted(kept=kept, rows=sum(deleted.values()))

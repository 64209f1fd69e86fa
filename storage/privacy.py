"""Everything that is kept about one person: exported whole, deleted whole.

`PERSONAL` names every table with a column that points at a person; a test fails when a table is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, delete, select

from storage.database import Connection
from storage.tables import GENERATIONS, PEOPLE, SUGGESTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """A table whose rows belong to a person by `column`; `part` hangs on them by its column of their `id`."""

    table: Table
    column: Column[int]
    part: Table | None = None
    part_column: Column[int] | None = None


PERSONAL = (
    Personal(
        table=GENERATIONS,
        column=GENERATIONS.c.person_id,
        part=SUGGESTIONS,
        part_column=SUGGESTIONS.c.generation_id,
    ),
    Personal(table=PEOPLE, column=PEOPLE.c.person_id),
)


class Privacy:
    """What `/privacy` does; the caller owns the transaction, so that it is all or nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def export(self, person_id: int) -> dict[str, Any]:
        """Return every row about the person, JSON-ready, by table."""
        found: dict[str, Any] = {}
        for personal in PERSONAL:
            rows = await self._rows(select(personal.table).where(personal.column == person_id))
            found[personal.table.name] = rows
            if personal.part is not None and personal.part_column is not None:
                ids = select(personal.table.c.id).where(personal.column == person_id)
                found[personal.part.name] = await self._rows(select(personal.part).where(personal.part_column.in_(ids)))
        return found

    async def delete(self, person_id: int) -> Mapping[str, int]:
        """Delete every row about the person (parts go with their whole) and return the numbers by table."""
        counts: dict[str, int] = {}
        for personal in PERSONAL:
            deleted = await self._connection.execute(delete(personal.table).where(personal.column == person_id))
            counts[personal.table.name] = deleted.rowcount
        return counts

    async def _rows(self, statement: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in (await self._connection.execute(statement)).mappings()]

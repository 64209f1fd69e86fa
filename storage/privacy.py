"""Everything that is kept about one person: exported whole, deleted whole.

`PERSONAL` names every table with a column that names a person, and what hangs on its rows; a test fails where a
table is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select

from storage.tables import GENERATIONS, PEOPLE, SUGGESTIONS
from storage.writer import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A table whose rows hang on a personal table's `id` by the column named `link`, and go with it (ON DELETE
    CASCADE). They are exported inside the row that they belong to."""

    table: Table
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """A table whose rows are one person's, named in the column `person`."""

    table: Table
    person: str = "person_id"
    parts: tuple[Part, ...] = ()


PERSONAL = (
    Personal(table=GENERATIONS, parts=(Part(table=SUGGESTIONS, link="generation_id"),)),
    Personal(table=PEOPLE),
)


class Privacy:
    """What `/privacy` does; the caller owns the transaction, so that it is all or nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def export(self, person_id: int) -> dict[str, Any]:
        """Return every row about the person by table, JSON-ready; Discord's ids are strings, as in Discord's own
        exports, because JSON's readers round large numbers."""
        found: dict[str, Any] = {}
        for personal in PERSONAL:
            theirs = personal.table.c[personal.person] == person_id
            rows = await self._rows(personal.table, theirs)
            for part in personal.parts:
                ids = select(personal.table.c.id).where(theirs)
                parts = await self._rows(part.table, part.table.c[part.link].in_(ids))
                for row in rows:
                    row[part.table.name] = [each for each in parts if each[part.link] == row["id"]]
            found[personal.table.name] = rows
        return found

    async def delete(self, person_id: int) -> Mapping[str, int]:
        """Delete every row about the person (parts go with their whole) and return the numbers by table."""
        counts: dict[str, int] = {}
        for personal in PERSONAL:
            theirs = personal.table.c[personal.person] == person_id
            deleted = await self._connection.execute(delete(personal.table).where(theirs))
            counts[personal.table.name] = deleted.rowcount
        return counts

    async def _rows(self, table: Table, condition: ColumnElement[bool]) -> list[dict[str, Any]]:
        rows = await self._connection.execute(select(table).where(condition).order_by(*table.primary_key))
        return [{name: _readable(table, name, value) for name, value in row.items()} for row in rows.mappings()]


def _readable(table: Table, name: str, value: Any) -> Any:
    return str(value) if table.c[name].info.get("snowflake") and value is not None else value

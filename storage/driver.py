"""An aiosqlite connection whose cursors cross to its thread once a statement.

aiosqlite crosses once to make a cursor, once to execute, once to fetch and once to close it, and SQLAlchemy does all
four for every statement: two thirds of a small transaction were spent on crossings. Here a statement is executed,
fetched and closed in one; SQLAlchemy's async results are buffered anyway.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import aiosqlite
from aiosqlite.context import Result

from bot.rules.text.characters import caseless


class OneCrossingCursor(aiosqlite.Cursor):
    """A cursor that holds what its last statement returned. It never stays open in SQLite."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._conn = connection
        self._rows: list[Any] = []
        self._description: Any = None
        self._rowcount = -1
        self._lastrowid: int | None = None

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> aiosqlite.Cursor:
        """Execute and fetch."""
        await self._cross("execute", sql, () if parameters is None else parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> aiosqlite.Cursor:
        """Execute once for each of the parameters."""
        await self._cross("executemany", sql, parameters)
        return self

    async def fetchall(self) -> Iterable[sqlite3.Row]:
        """Return the rows that are here already."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        return self._rowcount

    @property
    def lastrowid(self) -> int | None:
        """The id of the last inserted row."""
        return self._lastrowid

    @property
    def description(self) -> Any:
        """The columns, None where the statement returns none."""
        return self._description

    async def _cross(self, method: str, sql: str, parameters: Any) -> None:
        await self._execute(self._run, method, sql, parameters)  # type: ignore[no-untyped-call]  # so in aiosqlite

    def _run(self, method: str, sql: str, parameters: Any) -> None:
        """In the connection's thread."""
        cursor: sqlite3.Cursor = getattr(self._conn._conn, method)(sql, parameters)
        try:
            self._rows = cursor.fetchall()
            self._description, self._rowcount, self._lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class OneCrossingConnection(aiosqlite.Connection):
    """A connection that hands out such cursors. Its thread does not keep a dying process alive."""

    def __init__(self, path: Path, *, busy_s: float) -> None:
        super().__init__(lambda: _connect(path, busy_s), iter_chunk_size=64)
        self._thread.daemon = True

    def cursor(self) -> Result[aiosqlite.Cursor]:
        """Make a cursor, without a crossing."""

        async def made() -> aiosqlite.Cursor:
            return OneCrossingCursor(self)

        return Result(made())


def _connect(path: Path, busy_s: float) -> sqlite3.Connection:
    """In the connection's thread. SQLite's own functions know the cases of ASCII only, and no normal forms."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=busy_s)
    connection.create_function("caseless", 1, caseless, deterministic=True)
    return connection

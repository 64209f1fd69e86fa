"""A table with one number, for transactions that read and then write: a lost update shows in the sum."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from storage.database import Database
from storage.writer import Connection

CREATE = text("CREATE TABLE tally (n INTEGER NOT NULL) STRICT")
NOTE = text("CREATE TABLE notes (body TEXT NOT NULL) STRICT")
START = text("INSERT INTO tally VALUES (0)")
READ = text("SELECT n FROM tally")
WRITE = text("UPDATE tally SET n = :n")
FILL = text("INSERT INTO notes VALUES (:body)")


async def prepare(database: Database) -> None:
    async with database.transaction() as connection:
        for statement in (CREATE, NOTE, START):
            await connection.execute(statement)


async def raise_by(connection: Connection, step: int) -> int:
    number: int = (await connection.execute(READ)).scalar_one() + step
    await connection.execute(WRITE, {"n": number})
    return number


async def add(database: Database, step: int = 1) -> None:
    async with database.transaction() as connection:
        await raise_by(connection, step)


async def total(database: Database) -> int:
    async with database.reading() as connection:
        number: int = (await connection.execute(READ)).scalar_one()
        return number


def total_on_disk(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        number: int = connection.execute("SELECT n FROM tally").fetchone()[0]
        return number

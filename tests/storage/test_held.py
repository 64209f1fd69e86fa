"""A database that another program holds: what is written waits for it, and nobody is left without an answer."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from bot.errors import StorageError
from storage import writer
from storage.database import Database
from tests.support.patience import until


@pytest.fixture
def held(database: Database) -> Iterator[sqlite3.Connection]:
    """Another program, in the middle of its own transaction."""
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield other


async def see(database: Database, person_id: int) -> None:
    async with database.transaction() as tx:
        await tx.people.mark_seen(person_id, now_ms=1)


async def seen(database: Database) -> int:
    async with database.reading() as tx:
        return len((await tx.execute(text("SELECT 1 FROM people"))).all())


async def test_held_database_keeps_what_was_written_meanwhile(
    database: Database, held: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    writing = [asyncio.create_task(see(database, number)) for number in range(1, 6)]
    writing[0].cancel()
    await until(lambda: "another program holds" in caplog.text)
    assert await seen(database) == 0, "reading goes on"
    assert not any(task.done() for task in writing[1:])
    held.execute("COMMIT")
    await asyncio.gather(*writing[1:])
    assert await seen(database) == 4
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1


async def test_held_database_tells_everybody_after_a_minute(
    database: Database, held: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "HELD_S", 0.0)
    results = await asyncio.gather(*(see(database, number) for number in range(1, 4)), return_exceptions=True)
    assert all(isinstance(result, StorageError) for result in results)
    assert "another program holds the database" in str(results[0])
    held.execute("ROLLBACK")
    await see(database, 9)
    assert await seen(database) == 1


async def test_held_database_can_be_closed_meanwhile(database: Database, held: sqlite3.Connection) -> None:
    writing = asyncio.create_task(see(database, 1))
    await asyncio.sleep(0)
    await database._writer.close()
    with pytest.raises(StorageError):
        await writing

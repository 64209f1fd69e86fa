"""The database: one writer with group commit (`writer.py`), readers beside it, and a lock on the folder."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import URL, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import PlatformError, StorageError
from storage import dialect
from storage.dialect import raise_told
from storage.driver import OneCrossingConnection
from storage.folder_permissions import warn_of_others
from storage.lock import FolderLock
from storage.migrating import bring_up_to_date
from storage.unit_of_work import Snapshot, UnitOfWork
from storage.writer import TRY_S, Reading, Writer

FILE = "inkling.db"

"""The name of the database's file in its folder."""

_BUSY_S = 10.0
"""How long a reader, or the migration at the start, waits for another program that holds the database."""
_READERS = 4
"""Connections that read, kept open; as many more are opened where all of these are in use."""


class Database:
    """Transactions and reads. Made by `open_database`. `now` gives the time in UTC milliseconds."""

    def __init__(self, path: Path, writer: Writer, readers: AsyncEngine, now: Callable[[], int]) -> None:
        self.path = path
        self.now = now
        self._writer = writer
        self._readers = readers

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        """A read-then-write transaction, alone on the database; durable once its `async with` has ended without error.

        An exception in the body undoes that body only. A cancelled caller's work is undone, too, unless its body was
        over and only the commit was awaited. While another program holds the database it waits for a minute. Raises
        `StorageError` where that is not enough, and where the disk is full or failing; then nobody
        in the same commit was told that anything was saved. Other transactions wait meanwhile, so a body awaits nothing
        but the database.
        """
        async with self._writer.transaction() as turn:
            yield UnitOfWork(turn, self.now())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Snapshot]:
        """One committed state of the database, which stays the same throughout, and cannot be written."""
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self._readers.connect())
            except (DBAPIError, sqlite3.Error) as error:
                raise_told(error, self.path)
            yield Snapshot(Reading(connection, self.path), self.now())


@asynccontextmanager
async def open_database(folder: Path, now: Callable[[], int]) -> AsyncIterator[Database]:
    """Open the database in `folder` (made if missing, readable by its owner alone), brought up to date. `now` is the
    clock of its transactions: the time in UTC milliseconds.

    Raises `StorageError`: the folder cannot be written, another copy of the bot uses it, the database is damaged or
    from a newer version. Raises `PlatformError` where SQLite is too old.
    """
    if sqlite3.sqlite_version_info < dialect.OLDEST:
        oldest = ".".join(map(str, dialect.OLDEST))
        raise PlatformError(f"Python's SQLite is {sqlite3.sqlite_version}; Inkling needs {oldest} or newer.")
    make_folder(folder)
    path = folder / FILE
    async with AsyncExitStack() as stack:
        stack.enter_context(FolderLock(folder))
        try:
            _make_file(path)
            warn_of_others(folder, [path])
            held = await stack.enter_async_context(_held(path))
            driver = await _driver_of(held)
            await bring_up_to_date(held, driver, path)
        except (DBAPIError, sqlite3.Error) as error:
            raise_told(error, path)
        await driver.execute(f"PRAGMA busy_timeout={round(1000 * TRY_S)}")  # the writer tries again by itself
        readers = _reader_engine(path)
        stack.push_async_callback(readers.dispose)
        writer = Writer(held, driver, path)
        stack.push_async_callback(writer.close)
        yield Database(path, writer, readers, now)


def make_folder(folder: Path) -> None:
    """Make the data folder where it is missing, closed to others. Raises `StorageError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(f"INKLING_DATA={folder}: the folder cannot be made ({error.strerror}).") from error


def _make_file(path: Path) -> None:
    """Make an empty database that only its owner reads; SQLite gives its log the same permissions."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StorageError(f"{path}: the database cannot be written ({error.strerror}).") from error


@asynccontextmanager
async def _held(path: Path) -> AsyncIterator[AsyncConnection]:
    engine = _engine(path, dialect.WRITER_PRAGMAS, isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=0)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


def _reader_engine(path: Path) -> AsyncEngine:
    engine = _engine(path, dialect.READER_PRAGMAS, pool_size=_READERS, max_overflow=_READERS)

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _engine(path: Path, pragmas: tuple[str, ...], **options: Any) -> AsyncEngine:
    async def connect() -> aiosqlite.Connection:
        return await OneCrossingConnection(path, busy_s=_BUSY_S)

    url = URL.create("sqlite+aiosqlite", database=str(path))
    engine = create_async_engine(url, async_creator=connect, hide_parameters=True, **options)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


async def _driver_of(connection: AsyncConnection) -> aiosqlite.Connection:
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, aiosqlite.Connection)
    return driver

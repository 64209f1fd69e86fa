"""The database: one held writer connection with group commit, readers beside it, and a lock on the folder.

With the defaults of SQLAlchemy and aiosqlite concurrent read-then-write transactions lose updates, so the writer
begins each batch with BEGIN IMMEDIATE itself. Transactions take turns on the one writer; each is a savepoint in
the batch, and the batch is committed when nobody else waits or when it is full. Callers continue only after the
COMMIT: what is acknowledged is on disk. `synchronous=FULL`, because with NORMAL the write-ahead log is not
flushed at a commit and a power cut may take acknowledged transactions with it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import CursorResult, Executable, event
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StorageError
from storage.lock import FolderLock
from storage.schema import bring_up_to_date

_log = logging.getLogger(__name__)

FILE = "inkling.db"
BATCH = 64
"""How many transactions share one commit at most."""

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Connection(Protocol):
    """What repositories need of a connection, whether it writes or reads."""

    async def execute(self, statement: Executable, parameters: Parameters | None = None, /) -> CursorResult[Any]: ...


class Transaction:
    """The writer for the time of one transaction.

    A statement that was begun is always finished, even where the task that awaits it is cancelled: a cancelled
    statement would cost the connection, and with it everybody else's work in the batch.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._running: asyncio.Future[CursorResult[Any]] | None = None

    async def execute(self, statement: Executable, parameters: Parameters | None = None, /) -> CursorResult[Any]:
        """Execute a Core statement; rows are buffered."""
        self._running = asyncio.ensure_future(self._connection.execute(statement, parameters))
        return await asyncio.shield(self._running)

    async def settle(self) -> None:
        """Wait for a statement whose caller was cancelled."""
        if self._running is not None and not self._running.done():
            await asyncio.wait([self._running])


class _Batch:
    """The transactions that will be committed together."""

    def __init__(self) -> None:
        self.members = 0
        self.committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def settle(self, error: BaseException | None) -> None:
        if error is None:
            self.committed.set_result(None)
        else:
            self.committed.set_exception(error)
            self.committed.exception()  # a batch without members has nobody to tell


class Database:
    """Transactions and reads. Made by `open_database`."""

    def __init__(self, path: Path, writer: AsyncEngine, readers: AsyncEngine, held: AsyncConnection) -> None:
        self.path = path
        self._writer = writer
        self._readers = readers
        self._held = held
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._batch: _Batch | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A read-then-write transaction, alone on the database; left in peace it is durable when this returns.

        An exception in the body undoes that body only. Raises `StorageError` where the disk is full or failing;
        then nothing of the batch was acknowledged to anybody.
        """
        await self._take_turn()
        try:
            batch = await self._open_batch()
            async with self._savepoint(batch) as transaction:
                yield transaction
        finally:
            await asyncio.shield(self._leave())
        await asyncio.shield(batch.committed)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection that sees one committed state of the database throughout, and cannot write."""
        async with self._readers.connect() as connection:
            yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self._held.close()
        await self._writer.dispose()
        await self._readers.dispose()

    async def _take_turn(self) -> None:
        self._waiting += 1
        try:
            await self._turn.acquire()
        except asyncio.CancelledError:
            self._waiting -= 1
            if self._batch is not None and not self._waiting and not self._turn.locked():
                # The batch was left open for us alone.
                async with self._turn:
                    await self._commit()
            raise
        self._waiting -= 1

    async def _leave(self) -> None:
        try:
            if self._batch is not None and (not self._waiting or self._batch.members >= BATCH):
                await self._commit()
        finally:
            self._turn.release()

    async def _open_batch(self) -> _Batch:
        if self._batch is None:
            try:
                await asyncio.shield(asyncio.ensure_future(self._held.begin()))
            except SQLAlchemyError as error:
                raise _storage_error(error) from error
            self._batch = _Batch()
        return self._batch

    @asynccontextmanager
    async def _savepoint(self, batch: _Batch) -> AsyncIterator[Transaction]:
        transaction = Transaction(self._held)
        nested = await self._held.begin_nested()
        try:
            yield transaction
        except BaseException as error:
            await asyncio.shield(self._undo(transaction, nested))
            if isinstance(error, DatabaseError) and _is_of_the_disk(error):
                raise _storage_error(error) from error
            raise
        await asyncio.shield(asyncio.ensure_future(nested.commit()))
        batch.members += 1

    async def _undo(self, transaction: Transaction, nested: Any) -> None:
        await transaction.settle()
        try:
            await nested.rollback()
        except SQLAlchemyError as error:  # a full disk may have rolled back the whole batch
            await self._abandon(_storage_error(error))

    async def _commit(self) -> None:
        batch, self._batch = self._batch, None
        assert batch is not None
        try:
            await self._held.commit()
        except SQLAlchemyError as error:
            self._batch = batch
            await self._abandon(_storage_error(error))
        else:
            batch.settle(None)

    async def _abandon(self, error: StorageError) -> None:
        batch, self._batch = self._batch, None
        _log.error("a commit failed: %s", error)
        try:
            await self._held.rollback()
        except SQLAlchemyError:
            await self._held.invalidate()
        if batch is not None:
            batch.settle(error)


@asynccontextmanager
async def open_database(folder: Path) -> AsyncIterator[Database]:
    """Open the database in `folder` (made if missing, for its owner's eyes only), brought up to date.

    Raises `StorageError`: the folder cannot be written, another copy of the bot uses it, the database is damaged or
    from a newer version.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(f"INKLING_DATA={folder}: the folder cannot be made ({error.strerror}).") from error
    with FolderLock(folder):
        path = folder / FILE
        writer, readers = _engine(path, writes=True), _engine(path, writes=False)
        try:
            await bring_up_to_date(writer, path)
            held = await writer.connect()
        except SQLAlchemyError as error:
            await writer.dispose()
            raise _storage_error(error, path) from error
        except BaseException:
            await writer.dispose()
            raise
        database = Database(path, writer, readers, held)
        try:
            yield database
        finally:
            await asyncio.shield(database.close())


def _engine(path: Path, *, writes: bool) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        connect_args={"isolation_level": None, "timeout": 10.0},
        pool_size=1 if writes else 4,
        max_overflow=0 if writes else 4,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS if writes else (*_PRAGMAS, "query_only=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000")


def _is_of_the_disk(error: DatabaseError) -> bool:
    return isinstance(error.orig, sqlite3.OperationalError | sqlite3.DatabaseError) and not isinstance(
        error.orig, sqlite3.IntegrityError | sqlite3.ProgrammingError
    )


def _storage_error(error: SQLAlchemyError, path: Path | None = None) -> StorageError:
    reason = str(getattr(error, "orig", None) or error)
    where = f"{path}: " if path is not None else ""
    if "disk is full" in reason:
        return StorageError(f"{where}the disk is full; nothing was saved. Make room, then try again.")
    if "not a database" in reason or "malformed" in reason:
        return StorageError(f"{where}the database is damaged. Restore a backup: `inkling restore FILE`.")
    if "readonly" in reason or "unable to open" in reason:
        return StorageError(f"{where}the database cannot be written; check the folder's permissions.")
    return StorageError(f"{where}the database failed: {reason}.")

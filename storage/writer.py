"""The one writer: transactions take turns on a held connection and are committed in groups.

    a caller         ──enters──▶ the queue ──turn──▶ statements … ──end──▶ waits for the COMMIT ──▶ goes on
    the writer task  BEGIN IMMEDIATE · [SAVEPOINT · body] · [SAVEPOINT · body] · … · COMMIT · wakes all callers

Only the writer task touches the connection. So the cancellation of one caller harms no other: a statement that was
begun is finished, and then that caller's savepoint is undone. Callers that arrive meanwhile join the batch; one that
is alone is committed at once. Callers go on only after the COMMIT: what is acknowledged is on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiosqlite
from sqlalchemy import CursorResult, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StorageError
from storage.dialect import raise_told, storage_error

_log = logging.getLogger(__name__)

BATCH = 64
"""How many transactions share one commit at most."""
_CLOSE_S = 5.0
"""Seconds that what is under way has to end when the writer closes."""
HELD_S = 60.0
"""So long the writer waits for another program that holds the database, as a backup or a viewer of databases does.
Whoever wrote meanwhile is told after that time that nothing was saved."""
TRY_S = 1.0
"""How long SQLite waits at a time; between two tries it is seen whether the writer is to close."""

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Connection(Protocol):
    """What repositories need of a connection, whether it writes or reads. Rows are buffered.

    `execute` raises `StorageError` where the disk or the file is at fault.
    """

    async def execute(self, statement: Executable, parameters: Parameters | None = None, /) -> CursorResult[Any]: ...


@dataclass(frozen=True, slots=True)
class _Call:
    """A statement to be executed for a caller."""

    statement: Executable
    parameters: Parameters | None
    answer: asyncio.Future[CursorResult[Any]]


@dataclass(frozen=True, slots=True)
class _End:
    """The body is over; its work is kept, or undone."""

    keep: bool


class Transaction:
    """One caller's turn on the writer: the `Connection` of its body."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self.turn: asyncio.Future[None] = loop.create_future()
        self.committed: asyncio.Future[None] = loop.create_future()
        self.inbox: asyncio.Queue[_Call | _End] = asyncio.Queue()
        self._over: Exception | None = None

    async def execute(self, statement: Executable, parameters: Parameters | None = None, /) -> CursorResult[Any]:
        """Execute a Core statement."""
        if self._over is not None:
            raise self._over
        answer: asyncio.Future[CursorResult[Any]] = asyncio.get_running_loop().create_future()
        self.inbox.put_nowait(_Call(statement, parameters, answer))
        return await answer

    @property
    def over(self) -> bool:
        """Whether the body has ended, though the writer task may not know it yet."""
        return self._over is not None

    def end(self, *, keep: bool) -> None:
        """Give the turn back."""
        self._over = RuntimeError("this transaction is over")
        self.inbox.put_nowait(_End(keep))

    def fail(self, reason: StorageError) -> None:
        """Fail the caller, wherever it waits: its work is not committed."""
        self._over = error = StorageError(*reason.args)  # one for each caller, who adds a traceback
        while not self.inbox.empty():
            waiting = self.inbox.get_nowait()
            if isinstance(waiting, _Call) and not waiting.answer.done():
                waiting.answer.set_exception(error)
        for future in (self.turn, self.committed):
            if not future.done():
                future.set_exception(error)
                future.exception()  # nobody may be waiting any more


class _Lost(Exception):
    """SQLite gave up the whole batch, as it may where the disk is full."""

    def __init__(self, error: StorageError) -> None:
        super().__init__(str(error))
        self.error = error


class Writer:
    """Owns the held connection (in autocommit mode: BEGIN and COMMIT are said here) from `start` to `close`."""

    def __init__(self, held: AsyncConnection, driver: aiosqlite.Connection, path: Path) -> None:
        self._held = held
        self._driver = driver
        self._path = path
        self._waiting: deque[Transaction] = deque()
        self._arrived = asyncio.Event()
        self._running: Transaction | None = None
        self._batch: list[Transaction] = []
        self._closing = False
        self._task = asyncio.create_task(self._serve(), name="storage-writer")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Wait for a turn, run the body, wait for the commit. See `Database.transaction`."""
        running = self._running
        if running is not None and not running.over and running.task is asyncio.current_task():
            raise RuntimeError("transactions do not nest: pass the connection on instead")
        if self._closing or self._task.done():
            raise self._closed()
        transaction = Transaction()
        self._waiting.append(transaction)
        self._arrived.set()
        try:
            await transaction.turn
            yield transaction
        except BaseException:
            transaction.end(keep=False)
            raise
        transaction.end(keep=True)
        await asyncio.shield(transaction.committed)

    async def close(self) -> None:
        """Commit what is under way and stop; a body that does not end within a few seconds is undone."""
        self._closing = True
        self._arrived.set()
        await asyncio.wait([self._task], timeout=_CLOSE_S)
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _serve(self) -> None:
        try:
            while self._waiting or not self._closing:
                await self._arrived.wait()
                self._arrived.clear()
                while self._waiting:
                    await self._commit_some()
        except Exception:
            _log.exception("the writer stopped")
        finally:
            self._fail(self._closed(), waiting=True)

    async def _commit_some(self) -> None:
        """Run the bodies that wait, BATCH at most, and commit them together."""
        try:
            await self._begin()
            while self._waiting and len(self._batch) < BATCH:
                self._running = self._waiting.popleft()
                if await self._run(self._running, first=not self._batch):
                    self._batch.append(self._running)
                self._running = None
            await self._command("COMMIT" if self._batch else "ROLLBACK")
        except _Lost as lost:
            began = self._driver.in_transaction or self._batch or self._running is not None
            _log.error("transactions were not saved: %s", lost.error)
            await self._roll_back()
            # Where not even a beginning was possible, those who wait would meet the same fault in turn.
            self._fail(lost.error, waiting=not began)
        else:
            for transaction in self._batch:
                if not transaction.committed.done():
                    transaction.committed.set_result(None)
            self._batch.clear()

    def _fail(self, error: StorageError, *, waiting: bool) -> None:
        """Fail all callers in the batch, because nothing was committed, and on request those who wait."""
        for transaction in (*self._batch, *([self._running] if self._running else [])):
            transaction.fail(error)
        self._batch.clear()
        self._running = None
        while waiting and self._waiting:
            self._waiting.popleft().fail(error)

    async def _run(self, transaction: Transaction, *, first: bool) -> bool:
        """Give a caller its turn and execute its statements until it ends; tell whether its work is kept."""
        if not first and not transaction.turn.cancelled():
            await self._command("SAVEPOINT body")
        if transaction.turn.cancelled():  # it may have been, too, while the savepoint was made
            return False
        transaction.turn.set_result(None)
        while isinstance(asked := await transaction.inbox.get(), _Call):
            await self._execute(asked)
        if asked.keep:
            return True
        if first:
            await self._command("ROLLBACK")
            await self._begin()
        else:
            await self._command("ROLLBACK TO body")
        return False

    async def _execute(self, call: _Call) -> None:
        if call.answer.cancelled():
            return
        try:
            result = await self._held.execute(call.statement, call.parameters)
        except Exception as error:
            told = storage_error(error, self._path) if isinstance(error, DBAPIError) else None
            if not call.answer.done():
                call.answer.set_exception(told or error)
            if not self._driver.in_transaction:
                raise _Lost(told or StorageError(f"{self._path}: the transaction was lost ({error}).")) from error
        else:
            if not call.answer.done():
                call.answer.set_result(result)

    async def _begin(self) -> None:
        """Take the database for this batch, as soon as no other program holds it."""
        loop = asyncio.get_running_loop()
        ends, told = loop.time() + HELD_S, False
        while True:
            try:
                await self._command("BEGIN IMMEDIATE")
            except _Lost as lost:
                held = getattr(lost.__cause__, "sqlite_errorname", "").startswith("SQLITE_BUSY")
                if not held or self._closing or loop.time() > ends:
                    raise
                if not told:
                    _log.warning("another program holds %s: what is written waits for it", self._path)
                told = True
            else:
                return

    async def _command(self, command: str) -> None:
        """Execute a transaction command, past SQLAlchemy: one hop to the driver's thread instead of three."""
        try:
            await self._driver.execute(command)
        except sqlite3.Error as error:
            told = storage_error(error, self._path) or StorageError(f"{self._path}: {command} failed ({error}).")
            raise _Lost(told) from error

    async def _roll_back(self) -> None:
        if self._driver.in_transaction:
            with contextlib.suppress(_Lost):
                await self._command("ROLLBACK")

    def _closed(self) -> StorageError:
        return StorageError(f"{self._path}: the database is closed.")


class Reading:
    """A read connection that reports faults as the writer does."""

    def __init__(self, connection: AsyncConnection, path: Path) -> None:
        self._connection = connection
        self._path = path

    async def execute(self, statement: Executable, parameters: Parameters | None = None, /) -> CursorResult[Any]:
        """Execute a Core statement that changes nothing."""
        try:
            return await self._connection.execute(statement, parameters)
        except DBAPIError as error:
            raise_told(error, self._path)

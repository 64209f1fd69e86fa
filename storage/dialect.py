"""What is SQLite's own, in one place: which version is needed, how its connections are set, the INSERT that knows
ON CONFLICT, and what SQLite reports, in sentences that tell the host what to do. Its column types, which migrations
rely on, are in `columns.py`.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import NoReturn

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from bot.errors import StorageError

__all__ = ["OLDEST", "READER_PRAGMAS", "WRITER_PRAGMAS", "insert", "raise_told", "storage_error"]

OLDEST = (3, 37, 0)
"""The oldest version that has STRICT tables."""

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON", "checkpoint_fullfsync=ON", "foreign_keys=ON")
"""Of every connection. With `synchronous=NORMAL` the write-ahead log is not flushed at a commit, and a power cut may
take acknowledged transactions with it; group commit shares the price of the flush. `fullfsync` says the same to
macOS."""
READER_PRAGMAS = (*_PRAGMAS, "query_only=ON")
"""Of the connections that read."""
WRITER_PRAGMAS = (*_PRAGMAS, "secure_delete=ON", f"journal_size_limit={64 << 20}")
"""Of the one connection that writes: `secure_delete` overwrites what somebody had deleted."""

# Of what the program did wrong: left as they are, so that a defect looks like one.
_PROGRAM = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.NotSupportedError, sqlite3.InterfaceError)

_FULL = "the disk is full; nothing was saved. Make room, then try again."
"""What the host is told where the disk has no room left."""
_ROOM = 64 << 10
"""With fewer free bytes than this SQLite cannot even make the index of its log, and calls that an I/O error."""
_SENTENCES = (
    ("SQLITE_FULL", _FULL),
    ("SQLITE_NOTADB", "this is not a database, or it is damaged. Restore a backup: `inkling restore FILE`."),
    ("SQLITE_CORRUPT", "the database is damaged. Restore a backup: `inkling restore FILE`."),
    ("SQLITE_READONLY", "the database cannot be written. Check the permissions of the folder and its files."),
    ("SQLITE_CANTOPEN", "the database cannot be opened. Check the permissions of the folder and its files."),
    ("SQLITE_BUSY", "another program holds the database. Close it, then try again."),
    ("SQLITE_IOERR", "the disk fails. Check it and its connection, and keep the last backup safe."),
)
"""What the host is told, by the beginning of SQLite's name for the error."""


def storage_error(error: DBAPIError | sqlite3.Error, path: Path) -> StorageError | None:
    """Return what to tell the host about `error`, or None where it is a defect of the program."""
    found = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(found, "sqlite_errorname", None)
    for prefix, sentence in _SENTENCES:
        if name is not None and name.startswith(prefix):
            if prefix == "SQLITE_IOERR" and _is_full(path.parent):
                sentence = _FULL
            return StorageError(f"{path}: {sentence}")
    if not isinstance(found, sqlite3.DatabaseError) or isinstance(found, _PROGRAM) or name in (None, "SQLITE_ERROR"):
        return None
    return StorageError(f"{path}: the database failed ({name}: {found}).")


def raise_told(error: DBAPIError | sqlite3.Error, path: Path) -> NoReturn:
    """Raise what `storage_error` says, or `error` itself."""
    told = storage_error(error, path)
    if told is None:
        raise error
    raise told from error


def _is_full(folder: Path) -> bool:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _ROOM

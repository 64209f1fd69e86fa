"""Copying a whole database while it is in use: the copy is complete, checked and on disk before it has its name."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bot.errors import StorageError
from storage.dialect import storage_error

Pages = Callable[[int, int], None]
"""pages(done, total): how a copy gets on."""

_PAGES_A_STEP = 256
"""Pages of the database that are copied between two reports of how the copy gets on."""


def copy_database(source: Path, target: Path, pages: Pages | None = None) -> None:
    """Copy the database `source` to the file `target`, replacing what is there only when the copy is whole.

    The copy is of one committed state, whoever writes meanwhile, and is one file: its log is folded in. Raises
    `StorageError`.
    """
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".inkling-copy-") as scratch:
            partial = Path(scratch) / "partial.db"
            partial.touch(mode=0o600)
            _copy(source, partial, pages)
            check_whole(partial)
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            partial.replace(target)
        flush_folder(target.parent)
    except sqlite3.Error as error:
        told = storage_error(error, target)
        raise told or StorageError(f"{target}: the copy could not be made ({error}).") from error
    except OSError as error:
        raise StorageError(f"{target}: the copy could not be written ({error.strerror}).") from error


def check_whole(path: Path) -> None:
    """Raise `StorageError` where the file is not a database, or is damaged."""
    try:
        with closing(open_read_only(path)) as connection:
            verdicts = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        raise StorageError(f"{path}: this is not a whole database ({error}).") from error
    if verdicts != ["ok"] or dangling:
        reason = "; ".join(verdicts) if verdicts != ["ok"] else f"{len(dangling)} broken links"
        raise StorageError(f"{path}: the database is damaged ({reason}).")


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a database that must exist; nothing in it can be changed."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10.0)


def flush_folder(folder: Path) -> None:
    """Make names durable: a folder is flushed like a file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: Path, target: Path, pages: Pages | None) -> None:
    with closing(open_read_only(source)) as original, closing(sqlite3.connect(target)) as copy:
        # The read transaction holds one state; without it every write of others would start the copy over.
        original.isolation_level = None
        original.execute("BEGIN")
        original.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        original.backup(
            copy,
            pages=_PAGES_A_STEP,
            progress=None if pages is None else lambda _status, left, total: pages(total - left, total),
        )
        copy.execute("PRAGMA journal_mode=DELETE")

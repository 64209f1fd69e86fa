"""Backups: taken while the bot runs, verified when made, verified again before they are restored."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bot.errors import StorageError
from storage.database import FILE
from storage.lock import FolderLock
from storage.schema import refuse_newer

Pages = Callable[[int, int], None]
"""pages(done, total)"""

_PAGES_A_STEP = 256


def backup(folder: Path, target: Path, pages: Pages | None = None) -> Path:
    """Copy the database in `folder` to the file `target` (never over an existing one) and verify the copy.

    SQLite's online backup: the bot may go on writing meanwhile. Raises `StorageError`.
    """
    source_path = folder / FILE
    if not source_path.exists():
        raise StorageError(f"{source_path}: there is no database to back up.")
    if target.exists():
        raise StorageError(f"{target} exists already; choose another name.")
    _copy_whole(source_path, target, pages)
    return target


def restore(source: Path, folder: Path) -> Path | None:
    """Put the backup `source` into `folder`; return where the database that was there lies now, if any.

    Refuses while a bot runs on the folder, and a backup that is damaged or from a newer version.
    """
    if not source.exists():
        raise StorageError(f"{source}: there is no such backup.")
    verify(source)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FolderLock(folder):
        path = folder / FILE
        fresh = path.with_suffix(".restored")
        fresh.unlink(missing_ok=True)
        _copy_whole(source, fresh, None)
        aside = _move_aside(path) if path.exists() else None
        fresh.replace(path)
        _flush_folder(folder)
    return aside


def verify(path: Path) -> None:
    """Raise `StorageError` where the database at `path` is damaged, not Inkling's, or from a newer version."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise StorageError(f"{path}: not an Inkling database ({error}).") from error
    if verdict != "ok" or dangling:
        raise StorageError(f"{path}: the database is damaged ({verdict}).")
    refuse_newer(row[0] if row else None, path)


def _copy_whole(source: Path, target: Path, pages: Pages | None) -> None:
    """Copy through a file beside `target`, verify it, flush it, and only then give it the name."""
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".inkling-") as scratch:
            partial = Path(scratch) / target.name
            with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(partial)) as copy:
                original.backup(
                    copy,
                    pages=_PAGES_A_STEP,
                    progress=lambda _status, left, total: pages(total - left, total) if pages else None,
                )
                copy.execute("PRAGMA journal_mode=DELETE")
            verify(partial)
            partial.chmod(0o600)
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
            partial.replace(target)
        _flush_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"{target}: the copy could not be written ({error}).") from error


def _move_aside(path: Path) -> Path:
    """Move a database out of the way under the first free name, with its write-ahead log if there is one."""
    number = 1
    while (aside := path.with_name(f"{path.stem}-replaced-{number}.db")).exists():
        number += 1
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def _flush_folder(folder: Path) -> None:
    """Make renames durable: on POSIX a folder is flushed like a file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

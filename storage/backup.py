"""Backups: taken while the bot runs, verified when made, verified again before they are restored."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.errors import StorageError
from storage.database import FILE, make_folder
from storage.database_copy import Pages, check_whole, copy_database, flush_folder, open_read_only
from storage.lock import FolderLock
from storage.migrating import refuse_newer

_log = logging.getLogger(__name__)


def backup(folder: Path, target: Path, pages: Pages | None = None) -> Path:
    """Copy the database in `folder` to the file `target` (never over an existing one), verify it, return its path.

    The bot may go on writing meanwhile: the copy is of one committed state. Where `target` is a folder, the file in it
    is named `inkling.db`. Raises `StorageError`.
    """
    source = folder / FILE
    if not source.exists():
        raise StorageError(f"{source}: there is no database to back up.")
    if target.is_dir():
        target /= FILE
    if target.exists():
        raise StorageError(f"{target} exists already. Choose another name.")
    if not target.parent.is_dir():
        raise StorageError(f"{target.parent}: there is no such folder.")
    copy_database(source, target, pages)
    return target


def restore(source: Path, folder: Path) -> Path | None:
    """Replace the database in `folder` by the backup `source`; return the former one's new path, None without one.

    At every moment there is a whole database in `folder`, the old one or the new. Raises `StorageError` where a bot
    runs on the folder, or the backup is damaged, none of Inkling's, or from a newer version.
    """
    verify(source)
    make_folder(folder)
    with FolderLock(folder):
        path = folder / FILE
        fresh = folder / f"{FILE}.restoring"
        copy_database(source, fresh)
        try:
            aside = _keep_aside(path) if path.exists() else None
            fresh.replace(path)
            flush_folder(folder)
        except OSError as error:
            raise StorageError(f"{path}: the backup could not be put in place ({error.strerror}).") from error
        finally:
            fresh.unlink(missing_ok=True)
    return aside


def verify(path: Path) -> None:
    """Raise `StorageError` where `path` is no whole database of Inkling's, or one from a newer version."""
    if not path.is_file():
        raise StorageError(f"{path}: there is no such backup.")
    check_whole(path)
    try:
        with closing(open_read_only(path)) as connection:
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise StorageError(f"{path}: this is a database of another program ({error}).") from error
    if revision is None:
        raise StorageError(f"{path}: this is an empty database.")
    refuse_newer(revision[0], path)


def _keep_aside(path: Path) -> Path:
    """Rename the database to the first free name beside its own."""
    number = 1
    while (aside := path.with_name(f"{path.stem}-replaced-{number}{path.suffix}")).exists():
        number += 1
    _fold_log_in(path)
    try:
        os.link(path, aside)
    except OSError:  # a file system without hard links
        shutil.copy2(path, aside)
    # A log that could not be folded in is kept, too: the new database must not meet it.
    for suffix in ("-wal", "-shm"):
        log = path.with_name(path.name + suffix)
        if log.exists():
            log.rename(aside.with_name(aside.name + suffix))
    flush_folder(path.parent)
    return aside


def _fold_log_in(path: Path) -> None:
    """Write the log into the database, so that it is one file; a damaged one is left as it is, for whoever may
    still save something from it."""
    try:
        check_whole(path)
        with closing(sqlite3.connect(path, timeout=10.0)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except (StorageError, sqlite3.Error) as error:
        _log.warning("%s is kept aside as it is: %s", path, error)

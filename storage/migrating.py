"""Bringing a database up to date: Alembic migrations from the package, on the writer's own connection.

All of it is one transaction: a migration that fails leaves the database as it was. Foreign keys are off meanwhile,
because SQLite changes a table by making it anew, and dropping the old one would take the rows that hang on it
along; they are checked before the commit instead.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import aiosqlite
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StorageError
from storage.database_copy import copy_database

_log = logging.getLogger(__name__)


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, with no file behind it; `env.py` takes the connection from it."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "storage:migrations")
    return config


def newest() -> str:
    """Return the revision that this version of the program needs."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    assert head is not None, "there is at least one migration"
    return head


def refuse_newer(revision: str | None, path: Path) -> None:
    """Raise `StorageError` where `revision` is unknown: the database is from a newer version of the program."""
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if revision is not None and revision not in known:
        raise StorageError(
            f"{path}: the database is from a newer version of Inkling (revision {revision}). Update Inkling, "
            "or restore a backup made with this version."
        )


async def bring_up_to_date(connection: AsyncConnection, driver: aiosqlite.Connection, path: Path) -> None:
    """Check the database and migrate it to the newest revision, with a copy of an older one beside it first.

    `connection` is in autocommit mode, `driver` is what lies under it. Raises `StorageError` where the database is
    damaged, from a newer version, or no database of Inkling's.
    """
    (verdict,) = (await connection.execute(text("PRAGMA quick_check(1)"))).scalars()
    if verdict != "ok":
        raise StorageError(f"{path}: the database is damaged. Restore a backup: `inkling restore FILE`.")
    revision = await connection.run_sync(_revision)
    refuse_newer(revision, path)
    if revision == newest():
        return
    if revision is not None:
        aside = path.with_name(f"{path.stem}-before-migration-from-{revision}.db")
        _log.info("migrating %s from revision %s to %s; a copy is kept as %s", path, revision, newest(), aside.name)
        await asyncio.to_thread(copy_database, path, aside)
    elif (await connection.execute(text("SELECT count(*) FROM sqlite_schema"))).scalar_one():
        raise StorageError(f"{path}: this is a database of another program. Choose another folder.")
    await _migrate(connection, driver, path)


async def _migrate(connection: AsyncConnection, driver: aiosqlite.Connection, path: Path) -> None:
    await driver.execute("PRAGMA foreign_keys=OFF")
    await driver.execute("BEGIN IMMEDIATE")
    try:
        await connection.run_sync(_upgrade)
        dangling = await driver.execute_fetchall("PRAGMA foreign_key_check")
        if list(dangling):
            raise StorageError(f"{path}: the migration to {newest()} would break links; nothing was changed.")
        await driver.execute("COMMIT")
    finally:
        if driver.in_transaction:
            await driver.execute("ROLLBACK")
        await driver.execute("PRAGMA foreign_keys=ON")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    # In SQLAlchemy's eyes a transaction is open already, so that Alembic neither begins nor commits one.
    assert connection.in_transaction()
    command.upgrade(configuration(connection), "head")

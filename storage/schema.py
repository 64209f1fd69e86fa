"""Bringing a database up to date: Alembic migrations from the package, run on the writer's own connection."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import StorageError
from storage.tables import METADATA


def scripts() -> ScriptDirectory:
    """Return the migrations that this version of the program has."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return ScriptDirectory.from_config(config)


def newest() -> str:
    """Return the revision that this version of the program needs."""
    head = scripts().get_current_head()
    assert head is not None, "there is at least one migration"
    return head


def refuse_newer(revision: str | None, path: Path) -> None:
    """Raise `StorageError` where `revision` is unknown: the database is from a newer version of the program."""
    if revision is not None and revision not in {script.revision for script in scripts().walk_revisions()}:
        raise StorageError(
            f"{path}: the database is from a newer version of Inkling (revision {revision}). Update Inkling, "
            "or restore a backup made with this version."
        )


async def bring_up_to_date(writer: AsyncEngine, path: Path) -> None:
    """Migrate to the newest revision in one transaction, with a copy of an older database beside it first."""
    async with writer.connect() as connection:
        revision = await connection.run_sync(_revision)
        await connection.rollback()
        refuse_newer(revision, path)
        if revision == newest():
            return
        if revision is not None:
            _copy_aside(path, revision)
        async with connection.begin():
            await connection.run_sync(_upgrade)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    script = scripts()

    def upgrade(revision: str | tuple[str, ...], _context: MigrationContext) -> list[object]:
        return list(script._upgrade_revs("head", revision))  # type: ignore[arg-type]  # as alembic.command does

    environment = EnvironmentContext(Config(), script, fn=upgrade)  # type: ignore[arg-type]  # likewise
    environment.configure(connection=connection, target_metadata=METADATA, transactional_ddl=False)
    environment.run_migrations()


def _copy_aside(path: Path, revision: str) -> None:
    target = path.with_name(f"{path.stem}-before-migration-{revision}.db")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)

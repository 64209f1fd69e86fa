"""Migrations: they agree with the tables, say why, and never leave half of themselves behind."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from bot.errors import StorageError
from bot.rules.stories import StoryRules
from storage import migrating
from storage.database import FILE, Database, open_database
from storage.migrating import configuration, newest
from storage.people import People
from storage.stories import Stories
from storage.tables import METADATA
from tests.support.clocks import epoch
from tests.support.stored_generations import STORED, keep

NEXT = '''"""A test's own.

Why: to see it happen.
"""
import sqlalchemy as sa
from alembic import op

revision = "test"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
{body}
'''

Install = Callable[[str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """install(body): from now on the program has one migration more."""
    head = newest()

    def put(body: str) -> None:
        scripts = tmp_path / "migrations"
        shutil.copytree(Path(migrating.__file__).with_name("migrations"), scripts)
        (scripts / "versions" / "test.py").write_text(NEXT.format(newest=head, body=body), encoding="utf-8")

        def changed(connection: Connection | None = None) -> Config:
            config = configuration(connection)
            config.set_main_option("script_location", str(scripts))
            return config

        monkeypatch.setattr(migrating, "configuration", changed)

    return put


async def make(folder: Path) -> Path:
    async with open_database(folder, epoch) as database, database.transaction() as connection:
        await People(connection).mark_seen(7, now_ms=1)
    return folder / FILE


def rows(path: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


async def test_migrations_and_tables_agree(database: Database) -> None:
    engine = create_engine(f"sqlite:///{database.path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


async def test_migrations_make_what_the_tables_would(database: Database) -> None:
    """Autogenerate does not see STRICT, AUTOINCREMENT or what a foreign key does on deletion: the SQL shows it."""
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    query = "SELECT name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'alembic%' AND sql IS NOT NULL ORDER BY name"
    with engine.connect() as connection:
        wanted = [(name, squeeze(sql)) for name, sql in connection.exec_driver_sql(query)]
    engine.dispose()
    assert [(name, squeeze(sql)) for name, sql in rows(database.path, query)] == wanted


def squeeze(sql: str) -> list[str]:
    """Its lines in any order: a table made anew has its name in quotes, and new columns last."""
    lines = (line.strip().rstrip(",") for line in sql.replace('"', "").splitlines())
    return sorted(line for line in lines if line)


def test_migrations_each_say_why() -> None:
    versions = list(ScriptDirectory.from_config(configuration()).walk_revisions())
    assert versions
    for version in versions:
        assert "Why: " in (version.module.__doc__ or "")


async def test_migrations_keep_what_can_be_redone(tmp_path: Path) -> None:
    """To 0003: canon's way on was noted on the passages, and is on the story now. Forks begin anew."""
    path = tmp_path / FILE
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        command.upgrade(configuration(connection), "0002")
        for tree, stories in ((1, 1), (2, 2), (3, 1)):
            connection.exec_driver_sql("INSERT INTO trees (id, created_ms) VALUES (?, 0)", (tree,))
            for number in range(1, 5):
                identity = 10 * tree + number
                parent, child = (identity - 1 if number > 1 else None), (identity + 1 if number < 4 else None)
                connection.exec_driver_sql(
                    "INSERT INTO passages (id, tree_id, parent_id, depth, canon_child_id, text, origin, spans,"
                    " created_ms) VALUES (?, ?, ?, ?, ?, 'text', 'human', '[]', 0)",
                    (identity, tree, parent, number, child),
                )
            for number in range(stories):
                connection.exec_driver_sql(
                    "INSERT INTO stories (id, tree_id, server_id, channel_id, title, premise, rules, state, head_id,"
                    " created_ms, changed_ms) VALUES (?, ?, 1, 1, 'title', '', '{}', 'open', ?, 0, 0)",
                    (10 * tree + number, tree, 10 * tree + 2),
                )
        connection.exec_driver_sql("UPDATE stories SET head_id = NULL WHERE tree_id = 3")  # all was taken back
        connection.commit()
    engine.dispose()
    async with open_database(tmp_path, epoch):
        pass
    assert rows(path, "SELECT id, head_id, redo_id FROM stories ORDER BY id") == [
        (10, 12, 14),
        (20, 22, None),
        (21, 22, None),
        (30, None, 34),
    ]
    assert rows(path, "SELECT id, parent_id, depth FROM passages WHERE tree_id = 1") == [
        (11, None, 1),
        (12, 11, 2),
        (13, 12, 3),
        (14, 13, 4),
    ]


async def test_stories_of_before_leave_their_language_to_their_text(tmp_path: Path) -> None:
    """To 0004: what was chosen stays, and the language is empty."""
    engine = create_engine(f"sqlite:///{tmp_path / FILE}")
    with engine.connect() as connection:
        command.upgrade(configuration(connection), "0003")
        connection.exec_driver_sql("INSERT INTO trees (id, created_ms) VALUES (1, 0)")
        connection.exec_driver_sql(
            "INSERT INTO stories (id, tree_id, server_id, channel_id, title, premise, rules, state, created_ms,"
            " changed_ms) VALUES (1, 1, 1, 1, 'title', '', ?, 'open', 0, 0)",
            (json.dumps({"ai": False, "quorum": 3, "licence": "cc0-1.0"}),),
        )
        connection.commit()
    engine.dispose()
    async with open_database(tmp_path, epoch) as database, database.reading() as connection:
        story = await Stories(connection).get(1)
    assert story is not None
    assert story.rules == StoryRules(ai=False, quorum=3, licence="cc0-1.0", language="")
    ((kept,),) = rows(tmp_path / FILE, "SELECT rules FROM stories")
    assert json.loads(kept)["language"] == ""


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004", "0005", "0006"])
async def test_migration_takes_a_twist_and_confidences_out_of_the_receipt_and_the_score(
    tmp_path: Path, revision: str
) -> None:
    """To 0007: from each version before, all else stays."""
    keep(tmp_path, revision=revision)
    async with open_database(tmp_path, epoch):
        pass
    stored = dicts(tmp_path / FILE, "SELECT * FROM suggestions ORDER BY generation_id, position")
    for entry in STORED["entries"]:
        number, kind = entry["generation"]["id"], entry["generation"]["kind"]
        theirs = [row for row in stored if row["generation_id"] == number]
        for before, after in zip(entry["suggestions"], theirs, strict=True):
            receipt = json.loads(before["receipt"])
            sure = kind in ("infill", "bridge") and "source" not in receipt
            assert (after["score"], after["confidence"]) == (
                (0.0, before["score"]) if sure else (before["score"], None)
            )
            words, done = receipt.pop("words", None), receipt.pop("done", False)
            assert json.loads(after["receipt"]) == receipt
            if kind != "twist":
                assert after["payload"] is None
            else:
                assert json.loads(after["payload"]) == {"kind": "twist", "words": words, "done": done}


def dicts(path: Path, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


async def test_new_migration_is_applied_once_after_a_copy(tmp_path: Path, install: Install) -> None:
    path = await make(tmp_path / "data")
    before = newest()
    install('    op.add_column("people", sa.Column("pen_name", sa.Text))')
    async with open_database(path.parent, epoch):
        pass
    assert rows(path, "SELECT person_id, pen_name FROM people") == [(7, None)]
    aside = path.with_name(f"inkling-before-migration-from-{before}.db")
    assert rows(aside, "SELECT * FROM people") == [(7, 1, 1)]
    assert rows(aside, "SELECT * FROM alembic_version") == [(before,)]
    aside.unlink()
    async with open_database(path.parent, epoch):
        pass
    assert not aside.exists()


async def test_migration_that_fails_changes_nothing(tmp_path: Path, install: Install) -> None:
    path = await make(tmp_path / "data")
    before = rows(path, "SELECT * FROM sqlite_schema"), rows(path, "SELECT * FROM alembic_version")
    body = (
        '    op.add_column("people", sa.Column("pen_name", sa.Text))\n    op.execute("DELETE FROM people")\n    1 / 0'
    )
    install(body)
    with pytest.raises(ZeroDivisionError):
        async with open_database(path.parent, epoch):
            pass
    assert (rows(path, "SELECT * FROM sqlite_schema"), rows(path, "SELECT * FROM alembic_version")) == before
    assert rows(path, "SELECT * FROM people") == [(7, 1, 1)]


async def test_making_a_table_anew_keeps_what_hangs_on_it(tmp_path: Path, install: Install) -> None:
    path = await make(tmp_path / "data")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO generations VALUES (1,'continue',1,1,1,7,'text',NULL,3,48,NULL,0,0,'',1,0)")
        connection.execute("INSERT INTO suggestions VALUES (1,0,'a','[]',0.0,'{}',NULL,NULL,0)")
    install('    with op.batch_alter_table("generations") as batch:\n        batch.alter_column("text", nullable=True)')
    async with open_database(path.parent, epoch):
        pass
    assert rows(path, "SELECT text FROM suggestions") == [("a",)]


async def test_migration_that_breaks_links_is_refused(tmp_path: Path, install: Install) -> None:
    path = await make(tmp_path / "data")
    install("""    op.execute("INSERT INTO suggestions VALUES (99, 0, 'a', '[]', 0.0, '{}', NULL, NULL, 0)")""")
    with pytest.raises(StorageError, match="would break links; nothing was changed"):
        async with open_database(path.parent, epoch):
            pass
    assert rows(path, "SELECT * FROM suggestions") == []


async def test_migration_tells_the_log(tmp_path: Path, install: Install, caplog: pytest.LogCaptureFixture) -> None:
    path = await make(tmp_path / "data")
    install('    op.add_column("people", sa.Column("pen_name", sa.Text))')
    with caplog.at_level(logging.INFO, logger="storage"):
        async with open_database(path.parent, epoch):
            pass
    assert "to test; a copy is kept as inkling-before-migration-from-" in caplog.text

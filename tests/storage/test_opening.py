"""Opening a database: what is made, who is refused, and in which words."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from bot.errors import PlatformError, StorageError
from storage.database import FILE, Database, open_database
from storage.people import People
from storage.tables import PEOPLE
from tests.storage.test_crash import child_in
from tests.support.clocks import epoch
from tests.support.databases import furnish
from tests.support.patience import PATIENCE_S

ROOT = Path(__file__).parents[2]


async def open_and_close(folder: Path) -> None:
    async with open_database(folder, epoch):
        pass


async def test_open_database_makes_files_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    async with open_database(folder, epoch) as database:
        async with database.transaction() as connection:
            await People(connection).mark_seen(7, now_ms=1)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert files == dict.fromkeys([FILE, f"{FILE}-wal", f"{FILE}-shm", "inkling.lock"], 0o600)


@pytest.mark.parametrize("name", ["with space", "50%", "what?#&", "数据", "%(here)s", "file:x"])
async def test_data_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    async with open_database(tmp_path / name, epoch) as database, database.transaction() as connection:
        await People(connection).mark_seen(7, now_ms=1)
    assert (tmp_path / name / FILE).stat().st_size > 0


async def pragmas(database: Database, *, writes: bool) -> dict[str, object]:
    async with database.transaction() if writes else database.reading() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete", "query_only")
        return {name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one() for name in names}


async def test_open_database_sets_connections_up_for_durability(database: Database) -> None:
    shared = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    writer, reader = await pragmas(database, writes=True), await pragmas(database, writes=False)
    assert writer == shared | {"secure_delete": 1, "query_only": 0, "busy_timeout": 1000}
    assert reader == shared | {"secure_delete": reader["secure_delete"], "query_only": 1, "busy_timeout": 10_000}


async def test_tables_are_all_strict(database: Database) -> None:
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'"))
        strict = {row.name: row.strict for row in rows if not row.name.startswith("sqlite_")}
    assert strict.pop("alembic_version") == 0  # Alembic's own
    assert len(strict) >= 4
    assert set(strict.values()) == {1}


# ---- refused


async def test_open_database_refuses_a_second_copy_of_the_program(tmp_path: Path) -> None:
    async with open_database(tmp_path, epoch):
        with pytest.raises(StorageError, match=f"another Inkling uses this folder \\(process {os.getpid()}\\)"):
            await open_and_close(tmp_path)
        code = "import asyncio, sys; from pathlib import Path; from tests.storage.test_opening import open_and_close\n"
        code += "asyncio.run(open_and_close(Path(sys.argv[1])))"
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, str(tmp_path), cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        _, said = await other.communicate()
        assert other.returncode == 1
        assert b"another Inkling uses this folder" in said
    await open_and_close(tmp_path)


async def test_open_database_after_a_killed_copy(tmp_path: Path) -> None:
    with child_in(tmp_path) as child:
        with pytest.raises(StorageError, match=f"process {child.pid}"):
            await open_and_close(tmp_path)
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=PATIENCE_S)
    await open_and_close(tmp_path)


async def test_open_database_refuses_a_newer_one_and_leaves_it(tmp_path: Path) -> None:
    await open_and_close(tmp_path)
    path = tmp_path / FILE
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"newer version of Inkling \(revision 9999\)\. Update Inkling"):
        await open_and_close(tmp_path)
    assert path.read_bytes() == before


async def test_open_database_refuses_another_programs_and_leaves_it(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StorageError, match="database of another program"):
        await open_and_close(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("recipes",)]


async def fill(folder: Path) -> Path:
    async with open_database(folder, epoch) as database, database.transaction() as connection:
        rows = [{"person_id": number, "first_seen_ms": 1, "last_seen_ms": 1} for number in range(5000)]
        await connection.execute(insert(PEOPLE), rows)
    return folder / FILE


def overwrite_with_noise(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(40_000))


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)


def damage_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 4096)
        file.write(random.Random(2).randbytes(4096))


@pytest.mark.parametrize("damage", [overwrite_with_noise, cut_in_half, damage_a_page])
async def test_damaged_file_is_refused_with_what_to_do(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    path = await fill(tmp_path)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"damaged.*inkling restore"):
        await open_and_close(tmp_path)
    assert path.read_bytes() == before


async def test_open_database_where_the_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(StorageError, match="the folder cannot be made"):
        await open_and_close(tmp_path / "data")
    with pytest.raises(StorageError, match="the folder cannot be made"):
        await open_and_close(tmp_path / "data" / "deeper")


async def test_folder_where_the_file_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StorageError, match="the database cannot be written"):
        await open_and_close(tmp_path)


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """Unlike `tmp_path`, which lies in a folder that only its owner may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize("existing", [False, True], ids=["new", "existing"])
def test_folder_that_cannot_be_written(open_to_all: Path, existing: bool) -> None:
    """In a child without a superuser's rights, as those may write anywhere."""
    folder = open_to_all / "data"
    folder.mkdir()
    if existing:
        asyncio.run(fill(folder))
        for path in folder.iterdir():
            path.chmod(0o444)
    folder.chmod(0o555)
    code = (
        "import asyncio, os, sys; from pathlib import Path; from tests.storage.test_opening import open_and_close\n"
        "os.geteuid() or os.setuid(65534)\n"
        "asyncio.run(open_and_close(Path(sys.argv[1])))"
    )
    child = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert child.returncode == 1, child.stderr
    assert "StorageError: INKLING_DATA=" in child.stderr, child.stderr
    assert "the folder cannot be written (Permission denied)" in child.stderr


# ---- open to others


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "verb"),
    [
        (0o777, 0o600, "change"),
        (0o1777, 0o600, "change"),
        (0o770, 0o600, "change"),
        (0o755, 0o644, "read"),
        (0o755, 0o600, None),
        (0o710, 0o604, None),
        (0o700, 0o666, None),
    ],
)
async def test_data_folder_that_others_can_use_is_warned_of_once(
    tmp_path: Path, folder_mode: int, file_mode: int, verb: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "my data"
    furnish(folder)
    (folder / FILE).chmod(file_mode)
    folder.chmod(folder_mode)
    await open_and_close(folder)
    warnings = [record.getMessage() for record in caplog.records if record.name == "storage.folder_permissions"]
    if verb is None:
        assert warnings == []
        return
    (warning,) = warnings
    assert f"can {verb} what people wrote" in warning
    mend = warning.partition("Close it: ")[2]
    assert mend.startswith("chmod ")
    pasted = await asyncio.create_subprocess_shell(mend)
    assert await pasted.wait() == 0
    caplog.clear()
    await open_and_close(folder)
    assert not caplog.records


async def test_file_system_without_permissions_is_not_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As on FAT: whatever is made there is everybody's. The creation mask stands in for the file system."""
    folder = tmp_path / "data"
    furnish(folder)
    folder.chmod(0o777)

    def everybodys(**options: Any) -> Any:
        file = made(**options)
        os.fchmod(file.fileno(), 0o777)
        return file

    made = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", everybodys)
    await open_and_close(folder)
    assert not caplog.records


async def test_open_database_names_an_old_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(PlatformError, match=r"needs 3\.37\.0 or newer"):
        await open_and_close(tmp_path / "data")
    assert not (tmp_path / "data").exists()

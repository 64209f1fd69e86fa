"""Backups and restores: whole, checked, and never at the cost of what is there."""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StorageError
from storage import backup as backup_module
from storage.backup import backup, restore, verify
from storage.database import FILE, open_database
from storage.people import People
from tests.storage.tally import FILL, add, prepare, total, total_on_disk
from tests.support.clocks import epoch
from tests.support.patience import until, wait_until


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def lived_in(folder: Path, votes: int) -> Path:
    async with open_database(folder, epoch) as database:
        await prepare(database)
        await add(database, votes)
    return folder / FILE


async def test_backup_and_restore(tmp_path: Path) -> None:
    await lived_in(tmp_path / "old", 5)
    saved = backup(tmp_path / "old", tmp_path / "saved.db")
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert names(tmp_path) == ["old", "saved.db"], "one file, nothing beside it"
    assert restore(saved, tmp_path / "new") is None
    assert names(tmp_path / "new") == [FILE, "inkling.lock"]
    async with open_database(tmp_path / "new", epoch) as database:
        assert await total(database) == 5
        await add(database)
        assert await total(database) == 6


async def test_backup_while_the_bot_writes_is_of_one_moment(tmp_path: Path) -> None:
    """People and votes are raised in turn; a copy of two moments would show them far apart."""
    reports: list[tuple[int, int]] = []

    def slowly(done: int, pages: int) -> None:
        reports.append((done, pages))
        seen = written
        wait_until(lambda: written > seen)  # in the thread of the copy: the bot writes meanwhile

    written = 0

    async def write() -> None:
        nonlocal written
        for count in itertools.count():
            async with database.transaction() as connection:
                await People(connection).mark_seen(count, now_ms=count)
            await add(database)
            written += 1

    async with open_database(tmp_path / "data", epoch) as database:
        await prepare(database)
        async with database.transaction() as connection:
            for _ in range(40):  # several steps of the copy
                await connection.execute(FILL, {"body": "x" * 100_000})
        writer = asyncio.create_task(write())
        await until(lambda: written)
        before = await total(database)
        saved = await asyncio.to_thread(backup, tmp_path / "data", tmp_path / "saved.db", slowly)
        after = await total(database)
        writer.cancel()
        await asyncio.wait([writer])
    kept = total_on_disk(saved)
    assert before <= kept < after, "there was something to see"
    with closing(sqlite3.connect(saved)) as copy:
        (people,) = copy.execute("SELECT count(*) FROM people").fetchone()
    assert people - kept in (0, 1)
    assert len(reports) > 2
    assert reports[-1][0] == reports[-1][1]
    assert reports == sorted(reports), "it never starts over"


async def test_backup_has_what_is_not_flushed_to_the_file_yet(tmp_path: Path) -> None:
    async with open_database(tmp_path / "data", epoch) as database:
        await prepare(database)
        await add(database, 3)
        assert (tmp_path / "data" / f"{FILE}-wal").stat().st_size > 0
        saved = await asyncio.to_thread(backup, tmp_path / "data", tmp_path / "saved.db")
    assert total_on_disk(saved) == 3


async def test_restoring_keeps_the_old_database_aside(tmp_path: Path) -> None:
    await lived_in(tmp_path / "data", 1)
    saved = backup(tmp_path / "data", tmp_path / "saved.db")
    for number, votes in ((1, 10), (2, 20)):
        async with open_database(tmp_path / "data", epoch) as database:
            await add(database, votes)
        aside = restore(saved, tmp_path / "data")
        assert aside == tmp_path / "data" / f"inkling-replaced-{number}.db"
        assert total_on_disk(aside) == 1 + votes
        assert total_on_disk(tmp_path / "data" / FILE) == 1


async def test_restoring_over_a_killed_bot_keeps_its_log_aside_and_apart(tmp_path: Path) -> None:
    """The log of the old database must not be played onto the new one."""
    saved = backup((await lived_in(tmp_path / "old", 1)).parent, tmp_path / "saved.db")
    async with open_database(tmp_path / "busy", epoch) as database:
        await prepare(database)
        await add(database, 99)
        copy = tmp_path / "data"
        copy.mkdir()
        for name in (FILE, f"{FILE}-wal"):  # as they lie there when the process is killed
            (copy / name).write_bytes((tmp_path / "busy" / name).read_bytes())
    aside = restore(saved, copy)
    assert aside is not None
    assert total_on_disk(aside) == 99
    assert total_on_disk(copy / FILE) == 1


async def test_damaged_database_can_be_replaced_and_its_log_stays_apart(tmp_path: Path) -> None:
    saved = backup((await lived_in(tmp_path / "old", 1)).parent, tmp_path / "saved.db")
    path = await lived_in(tmp_path / "data", 1)
    async with open_database(tmp_path / "data", epoch) as database:
        await add(database, 98)  # in the log alone
        log = path.with_name(f"{FILE}-wal").read_bytes()
    path.write_bytes(b"\x07" * path.stat().st_size)
    path.with_name(f"{FILE}-wal").write_bytes(log)
    aside = restore(saved, tmp_path / "data")
    assert aside is not None
    assert set(aside.read_bytes()) == {7}
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == log
    async with open_database(tmp_path / "data", epoch) as database:
        assert await total(database) == 1


@pytest.mark.parametrize("step", ["os.link", "Path.replace", "flush_folder"])
async def test_restore_that_breaks_off_leaves_a_whole_database(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lived_in(tmp_path / "data", 1)
    saved = backup(tmp_path / "data", tmp_path / "saved.db")
    async with open_database(tmp_path / "data", epoch) as database:
        await add(database)

    class Killed(BaseException):
        pass

    def die(*_arguments: object) -> None:
        raise Killed

    real = Path.replace

    def die_at_the_last(self: Path, target: Path) -> Path:
        if self.name.endswith(".restoring"):
            raise Killed
        return real(self, target)

    with monkeypatch.context() as patch:
        match step:
            case "os.link":
                patch.setattr(os, "link", die)
            case "Path.replace":
                patch.setattr(Path, "replace", die_at_the_last)
            case _:
                patch.setattr(backup_module, "flush_folder", die)
        with pytest.raises(Killed):
            restore(saved, tmp_path / "data")
    async with open_database(tmp_path / "data", epoch) as database:
        assert await total(database) == 2


# ---- refused


async def test_backup_is_never_over_an_existing_file_or_of_nothing(tmp_path: Path) -> None:
    await lived_in(tmp_path / "data", 1)
    target = tmp_path / "precious.txt"
    target.write_text("keep me")
    with pytest.raises(StorageError, match="exists already"):
        backup(tmp_path / "data", target)
    assert target.read_text() == "keep me"
    with pytest.raises(StorageError, match="no database to back up"):
        backup(tmp_path / "nowhere", tmp_path / "saved.db")
    with pytest.raises(StorageError, match="no such folder"):
        backup(tmp_path / "data", tmp_path / "missing" / "saved.db")
    assert names(tmp_path) == ["data", "precious.txt"]


async def test_backup_into_a_folder_has_a_name(tmp_path: Path) -> None:
    await lived_in(tmp_path / "data", 1)
    (tmp_path / "backups").mkdir()
    assert backup(tmp_path / "data", tmp_path / "backups") == tmp_path / "backups" / FILE


async def test_backup_of_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = await lived_in(tmp_path / "data", 1)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\x00" * 8192)
    with pytest.raises(StorageError, match="damaged"):
        backup(tmp_path / "data", tmp_path / "saved.db")
    assert names(tmp_path) == ["data"], "not even a part of it"


async def test_restore_is_refused_while_a_bot_runs(tmp_path: Path) -> None:
    await lived_in(tmp_path / "old", 1)
    saved = backup(tmp_path / "old", tmp_path / "saved.db")
    async with open_database(tmp_path / "data", epoch) as database:
        await prepare(database)
        with pytest.raises(StorageError, match="another Inkling uses this folder"):
            await asyncio.to_thread(restore, saved, tmp_path / "data")
        assert await total(database) == 0


async def test_restore_refuses_what_is_no_backup_and_the_database_stays(tmp_path: Path) -> None:
    await lived_in(tmp_path / "data", 1)
    newer = backup(tmp_path / "data", tmp_path / "newer.db")
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    noise = tmp_path / "noise.db"
    noise.write_bytes(b"not a database " * 1000)
    (tmp_path / "empty.db").touch()
    refusals = {
        newer: "newer version of Inkling",
        other: "another program",
        noise: "not a whole database",
        tmp_path / "empty.db": "another program",
        tmp_path / "missing.db": "no such backup",
        tmp_path: "no such backup",
    }
    for source, reason in refusals.items():
        with pytest.raises(StorageError, match=reason):
            restore(source, tmp_path / "data")
        with pytest.raises(StorageError, match=reason):
            verify(source)
    assert total_on_disk(tmp_path / "data" / FILE) == 1
    assert names(tmp_path / "data") == [FILE, "inkling.lock"]


def test_backup_on_a_full_disk_leaves_no_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(lived_in(tmp_path / "data", 1))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="could not be written \\(No space left on device\\)"):
        backup(tmp_path / "data", tmp_path / "saved.db")
    assert names(tmp_path) == ["data"]

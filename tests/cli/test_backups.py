"""`inkling backup` and `restore`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.rules.servers import ServerSettings
from storage.database import open_database
from tests.cli.conftest import Inkling
from tests.support.clocks import epoch


def remember(data: Path, count: int) -> None:
    async def write() -> None:
        async with open_database(data, epoch) as database, database.transaction() as tx:
            await tx.servers.save(ServerSettings(server_id=1, count=count), now_ms=1)

    asyncio.run(write())


def recall(data: Path) -> int:
    async def read() -> int:
        async with open_database(data, epoch) as database, database.reading() as tx:
            return (await tx.servers.get(1)).count

    return asyncio.run(read())


def test_restore_brings_back_a_backup(inkling: Inkling, tmp_path: Path) -> None:
    remember(tmp_path / "data", count=2)
    copy = tmp_path / "copy.db"
    assert inkling("backup", str(copy))[:2] == (0, "")
    remember(tmp_path / "data", count=5)
    code, out, err = inkling("restore", str(copy))
    assert (code, out) == (0, "")
    assert "is kept as" in err
    assert recall(tmp_path / "data") == 2


def test_backup_never_overwrites_and_needs_a_database(inkling: Inkling, tmp_path: Path) -> None:
    code, _, err = inkling("backup", str(tmp_path / "copy.db"))
    assert code == 1
    assert "no database" in err
    remember(tmp_path / "data", count=2)
    (tmp_path / "copy.db").write_text("mine")
    code, _, err = inkling("backup", str(tmp_path / "copy.db"))
    assert code == 1
    assert err.startswith("inkling: ")
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_restore_refuses_what_is_no_backup_and_loses_nothing(inkling: Inkling, tmp_path: Path) -> None:
    remember(tmp_path / "data", count=4)
    (tmp_path / "novel.txt").write_text("It was a dark and stormy night.")
    code, _, err = inkling("restore", str(tmp_path / "novel.txt"))
    assert code == 1
    assert err.count("\n") == 1
    assert recall(tmp_path / "data") == 4


def test_restoring_is_refused_while_the_bot_runs(inkling: Inkling, tmp_path: Path) -> None:
    remember(tmp_path / "data", count=4)
    assert inkling("backup", str(tmp_path / "copy.db"))[0] == 0

    async def while_open() -> None:
        async with open_database(tmp_path / "data", epoch):
            code, _, err = await asyncio.to_thread(inkling, "restore", str(tmp_path / "copy.db"))
            assert code == 1
            assert err.startswith("inkling: ")

    asyncio.run(while_open())

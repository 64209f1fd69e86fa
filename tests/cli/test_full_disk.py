"""What the command line says where the disk is full."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cli.conftest import Inkling
from tests.storage.test_opening import open_and_close
from tests.support.databases import furnish
from tests.support.disks import FULL, fill, small_disk


def test_program_says_in_one_line_that_the_disk_is_full(
    inkling: Inkling, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gh1JkL.never-used-by-this-test")
    with small_disk(tmp_path / "disk", 2 << 20) as disk:
        data = furnish(disk / "data")
        asyncio.run(open_and_close(data))
        fill(disk)
        monkeypatch.setenv("INKLING_DATA", str(data))
        code, out, err = inkling("run")
    assert (code, out) == (1, "")
    assert err == f"inkling: {data / 'inkling.db'}: {FULL}\n"


def test_full_disk_is_told_in_one_line(inkling: Inkling, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        fill(disk)
        code, out, err = inkling("backup", str(disk / "copy.db"))
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert err.startswith("inkling: ")

"""A start on a full disk, wherever the room ends: a sentence for the host, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import StorageError
from tests.storage.test_opening import ROOT, open_and_close
from tests.support.disks import FULL, small_disk

LIMITED = """
import asyncio, resource, sys, tempfile
from pathlib import Path
from bot.errors import StorageError
from tests.storage.test_opening import open_and_close

top = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
for limit in map(int, sys.argv[2:]):
    with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, top))
        try:
            asyncio.run(open_and_close(Path(folder)))
        except StorageError as error:
            print("told", error)
        else:
            print("opened")
"""
"""Opens a new database again and again, no file of which may be larger than a number of bytes."""


def test_file_that_may_not_grow_is_told(tmp_path: Path) -> None:
    """Needs no superuser: a limit on the size of files fails each kind of write in turn."""
    limits = ["0", "1", "4096", "8192", "40000", "100000", str(1 << 30)]
    child = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path), *limits], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stderr
    told = child.stdout.splitlines()
    assert len(told) == len(limits)
    assert told[-1] == "opened"
    assert all(line.startswith("told ") for line in told[:-1])


@pytest.mark.parametrize("size", [4096, 20480, 53248, 200_000])
async def test_database_that_is_new_on_a_disk_too_small_for_it(tmp_path: Path, size: int) -> None:
    with small_disk(tmp_path / "disk", size) as disk:
        with pytest.raises(StorageError) as told:
            await open_and_close(disk / "data")
        assert str(told.value) == f"{disk / 'data' / 'inkling.db'}: {FULL}"

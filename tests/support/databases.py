"""Databases with nothing in them. Each migration takes time, so they are all run once and the file is copied."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from storage.database import FILE, open_database
from tests.support.clocks import epoch
from tests.support.thread_runner import run_in_thread


def furnish(folder: Path) -> Path:
    """Put a new database into `folder`, which is made where it is missing, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / FILE).write_bytes(_new())
    (folder / FILE).chmod(0o600)
    return folder


@cache
def _new() -> bytes:
    return run_in_thread(_migrated())


async def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(Path(folder), epoch):
            pass
        return (Path(folder) / FILE).read_bytes()

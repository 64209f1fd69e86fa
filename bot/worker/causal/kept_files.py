"""What is made of weights once, and kept: folders that are there whole or not at all. It needs no torch."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import WeightsError

_SCRATCH = "making-"
"""How the names of folders begin in which something is being made."""
_ABANDONED_S = 3600.0
"""Seconds after its last change at which such a folder is taken for what a killed process left."""
_FORMAT = "1"
"""Part of the cache's keys: raise it when what is written there changes."""


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """Give a scratch folder beside `folder` that takes its place when everything in it is written."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _forget_abandoned(folder.parent)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=_SCRATCH) as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            yield made
            shutil.rmtree(folder, ignore_errors=True)
            made.replace(folder)
    except (OSError, ValueError, KeyError, RuntimeError) as error:  # RuntimeError: weights of another shape
        raise WeightsError(f"{folder.name} could not be made in {folder.parent}: {_line(error)}") from error


def _forget_abandoned(parent: Path) -> None:
    """Remove what a process left behind that was killed while it made something."""
    for path in parent.glob(f"{_SCRATCH}*"):
        if time.time() - path.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(path, ignore_errors=True)


def cache_key(gguf: Path) -> str:
    """Return a name for what is made of this very file."""
    stat = gguf.stat()
    mark = f"{_FORMAT}|{gguf.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    return f"{gguf.stem}-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

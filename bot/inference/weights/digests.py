"""The SHA-256 of a file, with progress while it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

Progress = Callable[[str, int, int], None]
"""progress(label, bytes_done, bytes_total): the total is 0 where it is unknown."""


def silent(label: str, done: int, total: int) -> None:
    """Tell a progress to nobody."""


def file_sha256(path: Path, progress: Progress | None = None) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    total, done = path.stat().st_size, 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            done += len(block)
            if progress is not None:
                progress(f"checking {path.name}", done, total)
    return digest.hexdigest()

"""Digests of files, with progress while they are read; and small files that nobody ever finds half written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

Progress = Callable[[str, int, int], None]
"""progress(label, bytes_done, bytes_total): the total is 0 where it is unknown."""
BLOCK = 1 << 20
"""Bytes that are read at once."""


def silent(label: str, done: int, total: int) -> None:
    """Tell a progress to nobody."""


class Digest(Protocol):
    """What hashlib makes."""

    def update(self, block: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def file_sha256(path: Path, progress: Progress = silent) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    return hexdigest(path, hashlib.sha256(), f"checking {path.name}", progress)


def hexdigest(path: Path, digest: Digest, label: str, progress: Progress) -> str:
    """Return, in hexadecimal, what a digest that was begun makes of a file."""
    total, done = path.stat().st_size, 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            done += len(block)
            progress(label, done, total)
    return digest.hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, and rename it. Its folder is made where it is missing. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.new")
    scratch.write_bytes(content)
    scratch.replace(path)

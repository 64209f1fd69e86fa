"""Counts how often loading the large model was begun and not ended: so a process that dies of it is found out.

A machine with too little memory kills the process, which can then tell nobody; without a count the next one would die
of the same, and nobody would be answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import WeightsError

MOST = 3
"""So many in a row are chance, or somebody who stopped the program."""
FILE = "loading-large"
"""The name of the file in which attempts are counted."""


@contextmanager
def attempt(data: Path) -> Iterator[None]:
    """Count while the large model is loaded. Raises `WeightsError` where that has killed the process too often."""
    path = data / "models" / FILE
    before = _count(path)
    with suppress(OSError):  # on a full disk nothing is counted
        path.write_text(str(before + 1), encoding="ascii")
    try:
        if before >= MOST:
            raise WeightsError(f"the worker died {before} times while it loaded it: is there enough memory?")
        yield
    finally:
        path.unlink(missing_ok=True)


def _count(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0

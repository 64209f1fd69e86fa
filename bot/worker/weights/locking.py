"""One process at a time brings a model into a folder; the others wait for it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import WeightsError

FILE = "fetching.lock"
"""The lock file in the folder of the models. The lock is the kernel's: a file that was left behind locks nobody out."""
LOOK_S = 0.5
"""How often those who wait look whether the folder is free, in seconds."""


@contextmanager
def alone_in(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold `folder` against other processes, and other threads, that fetch into it.

    While another has it, `waiting` is called again and again; what it raises ends the wait. Raises `WeightsError` where
    the folder cannot be written or locked.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise WeightsError(f"{folder} cannot be written ({error.strerror}): models are fetched into it.") from error
    try:
        while not _lock(descriptor, folder):
            waiting()
            time.sleep(LOOK_S)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise WeightsError(f"Files in {folder} cannot be locked ({error.strerror}): choose a local folder.") from error
    return True

"""One lock file keeps a second copy of the bot off the same data folder."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from bot.errors import StorageError

FILE = "inkling.lock"
"""The name of the lock file."""


class FolderLock:
    """Holds the folder until it is left or the process ends, however it ends. Raises `StorageError` if taken.

    The lock is the kernel's, not the file: a file that a killed process left behind locks nobody out.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._descriptor = -1

    def __enter__(self) -> FolderLock:
        folder = self._path.parent
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(f"INKLING_DATA={folder}: the folder cannot be written ({error.strerror}).") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._descriptor, 32).decode(errors="replace").strip()
            os.close(self._descriptor)
            if not isinstance(error, BlockingIOError):
                raise StorageError(
                    f"INKLING_DATA={folder}: files cannot be locked here ({error.strerror}). Choose a local folder."
                ) from error
            raise StorageError(
                f"INKLING_DATA={folder}: another Inkling uses this folder"
                f"{f' (process {holder})' if holder else ''}. Stop it, or choose another folder."
            ) from error
        with suppress(OSError):  # a full disk: the number only helps people, the lock holds without it
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

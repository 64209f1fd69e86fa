"""A process that fetches something: what it writes lies in a folder of its own, where its bytes can be counted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

PREFIX = "bringing-"
"""How the folders of such processes begin, by which those that a killed program left behind are found."""
NICE = ("nice", "-n", "10")
"""It gives way to whoever waits for a suggestion meanwhile."""


class FetchProcess:
    """Python at work in a process of its own, until it ends or `stop` ends it.

    `arguments(own)` gives its command line after the interpreter; `own` is where it should write. Its temporary files
    lie there, too, so that they are counted and go with it.
    """

    def __init__(self, folder: Path, arguments: Callable[[Path], Sequence[str]]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        self._told = tempfile.TemporaryFile()  # a pipe that nobody reads fills up  # noqa: SIM115 - closed by stop
        command = [*NICE, "env", f"TMPDIR={self.folder}", sys.executable, *arguments(self.folder)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._told
        )
        self._most = 0

    def is_running(self) -> bool:
        """Tell whether it is still at work."""
        return self._process.poll() is None

    def succeeded(self) -> bool:
        """Tell whether it has ended well."""
        return self._process.poll() == 0

    def came(self) -> int:
        """Return the most bytes that its files have had together."""
        self._most = max(self._most, bytes_beneath(self.folder))
        return self._most

    def reason(self) -> str:
        """Return the line in which it told why it failed."""
        self._told.seek(0)
        lines = [line.strip() for line in self._told.read().decode(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")]
        return (errors or lines or ["no reason given"])[-1]

    def stop(self) -> None:
        """End it where it is still at work, and delete what it wrote."""
        if self.is_running():
            self._process.kill()
        self._process.wait()
        self._told.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def clear_away(folder: Path) -> None:
    """Delete what processes of a program that was killed left in `folder`."""
    for left in folder.glob(f"{PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)


def bytes_beneath(folder: Path) -> int:
    """Return the size of all files in a folder together, in bytes."""
    total = 0
    for place, _, names in os.walk(folder):  # unlike rglob it passes over folders that are deleted meanwhile
        for name in names:
            try:
                total += (Path(place) / name).stat().st_size
            except OSError:  # renamed or deleted meanwhile
                continue
    return total

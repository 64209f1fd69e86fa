"""The terminal: results on standard output, everything else on standard error."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from bot.worker.weights.progress_text import ProgressText

BAR = 24
"""Characters of a progress bar."""
REDRAW_S = 0.1
"""Seconds between two drawings of it."""


class Terminal:
    """Where a command writes. `progress` draws one line in place on a terminal, and nothing into a file."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._live = self._err.isatty()
        self._drawn = ""
        self._drawn_at = 0.0
        self._noted: set[str] = set()
        self._progress_text = ProgressText()

    def say(self, line: str = "") -> None:
        """Write a line of the result, at once."""
        self.wipe()
        self._out.write(f"{line}\n")
        self._out.flush()

    def note(self, line: str) -> None:
        """Write a line for the person at the terminal."""
        self.wipe()
        self._err.write(f"{line}\n")
        self._err.flush()

    def agrees(self, question: str) -> bool:
        """Ask for a yes where a person sits at the terminal; where none does, there is nobody to ask, and it is one."""
        if not (self._live and sys.stdin.isatty()):
            return True
        self.wipe()
        self._err.write(f"{question} [y/N] ")
        self._err.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    def progress(self, label: str, done: int, total: int) -> None:
        """Show how far something is, in bytes, with rate and time left; `total` 0 where it is unknown. Without a
        terminal: once a label."""
        if not self._live:
            if label not in self._noted:
                self._noted.add(label)
                self.note(f"{label} …")
            return
        line = self._progress_text.told(label, done, total)
        share = f"{100 * done // total:3d}% {'━' * (BAR * done // total):{BAR}} " if total else ""
        self.status(f"{share}{line}", hurry=bool(total) and done >= total)

    def status(self, line: str, *, hurry: bool = False) -> None:
        """Replace the line in place; on a terminal only, and not more often than an eye can follow."""
        now = time.monotonic()
        line = line[: shutil.get_terminal_size().columns - 1]  # a line that wraps cannot be replaced
        if self._live and line != self._drawn and (hurry or now - self._drawn_at >= REDRAW_S):
            self._err.write(f"\r\x1b[2K{line}")
            self._err.flush()
            self._drawn, self._drawn_at = line, now

    def wipe(self) -> None:
        """Take the line that is drawn in place away."""
        if self._drawn:
            self._err.write("\r\x1b[2K")
            self._err.flush()
            self._drawn = ""

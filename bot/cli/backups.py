"""`inkling backup` and `inkling restore`."""

from __future__ import annotations

from pathlib import Path

from bot.cli.terminal import Terminal
from bot.settings import Settings
from storage import backup


def make_backup(settings: Settings, target: Path, terminal: Terminal) -> int:
    """Copy the database to `target`, while a bot may be running. Raises `StorageError`."""
    made = backup.backup(
        settings.data,
        target.expanduser(),
        lambda done, total: terminal.status(f"copying {done} of {total} pages", hurry=done == total),
    )
    terminal.note(f"The backup is whole: {made} ({made.stat().st_size / 1e6:.1f} MB).")
    return 0


def restore_backup(settings: Settings, source: Path, terminal: Terminal) -> int:
    """Put the backup in the place of the database. Raises `StorageError`."""
    aside = backup.restore(source.expanduser(), settings.data)
    terminal.note(f"Restored from {source}.")
    if aside is not None:
        terminal.note(f"The database that was there is kept as {aside}.")
    return 0

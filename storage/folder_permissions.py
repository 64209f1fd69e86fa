"""Whether other accounts of this machine can read or replace the database: checked when it is opened."""

from __future__ import annotations

import logging
import os
import shlex
import stat
import tempfile
from pathlib import Path

_log = logging.getLogger(__name__)

_WRITE = stat.S_IWGRP | stat.S_IWOTH
"""Lets others put files into a folder, or replace those in it."""
_REACH = ((stat.S_IXGRP, stat.S_IRGRP | stat.S_IWGRP), (stat.S_IXOTH, stat.S_IROTH | stat.S_IWOTH))
"""For the group and for others: the permission to enter the folder, and those to read or write a file in it."""


def warn_of_others(folder: Path, files: list[Path]) -> None:
    """Log one warning, with the command that mends it, where other accounts can read the `files` in `folder` or
    replace them. Silent on a file system that keeps no permissions: there is nothing to mend there."""
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
        modes = [stat.S_IMODE(path.stat().st_mode) for path in files if path.exists()]
    except OSError:
        return
    readable = any(mode & enter and file & use for file in modes for enter, use in _REACH)
    if (mode & _WRITE or readable) and _keeps_permissions(folder):
        _log.warning(
            "INKLING_DATA=%s: other accounts of this machine can %s what people wrote (its mode is %04o). Close it: "
            "chmod 700 %s",
            folder,
            "change" if mode & _WRITE else "read",
            mode,
            shlex.quote(str(folder.resolve())),
        )


def _keeps_permissions(folder: Path) -> bool:
    """Tell whether the file system stores permissions; True where no file can be made to find out."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:  # made with mode 0600, and gone when it is closed
            return not stat.S_IMODE(os.fstat(probe.fileno()).st_mode) & 0o077
    except OSError:
        return True

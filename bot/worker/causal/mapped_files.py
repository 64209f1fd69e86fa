"""Files that are mapped into this process: what was read of one may be given back to the system.

OpenVINO maps the file of the weights, and lays most of them out anew for the processor; the pages that it read for that
would count as this process's memory for as long as it lives, 1.6 GB of the large model.
"""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from pathlib import Path

_log = logging.getLogger(__name__)

_MAPS = Path("/proc/self/maps")
"""Where Linux lists the address ranges of this process, with the file that is mapped to each."""
_DONT_NEED = 4
"""MADV_DONTNEED: the pages are read from the file again when they are looked at."""


def give_back(path: Path) -> int:
    """Let go of the pages that were read of a file which is mapped for reading alone; return how many bytes are mapped
    so, 0 where the system is not Linux."""
    if sys.platform != "linux":
        return 0
    wanted, size = os.path.realpath(path), 0
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        lines = _MAPS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return 0
    for line in lines:
        where, rights, *_, name = line.split(maxsplit=5)
        if name != wanted or "w" in rights:  # what was written to would be lost
            continue
        begin, end = (int(part, 16) for part in where.split("-"))
        if libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _DONT_NEED) == 0:
            size += end - begin
        else:
            _log.debug("the pages of %s are kept: %s", path.name, os.strerror(ctypes.get_errno()))
    return size

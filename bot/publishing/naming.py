"""What a published file is called."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 100
"""Bytes of a name without its ending: file systems hold 255, and people put folders and copies around it."""
_UNSAFE = re.compile(r"""[^\w\s.,!()+'’&@-]|[\s_]+""")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def file_name(title: str, ending: str) -> str:
    """Return a name for a file about `title` that Windows, macOS, Linux and phones take, `ending` without its dot.

    Letters of every script stay. Never empty, hidden, reserved, or longer than `MAX_NAME` bytes and its ending.
    """
    name = _UNSAFE.sub(" ", unicodedata.normalize("NFC", title))
    name = " ".join(name.split()).strip(" .-")
    while len(name.encode()) > MAX_NAME:
        name = name[:-1].rstrip(" .-")
    if not any(map(str.isalnum, name)) or _RESERVED.fullmatch(name):
        name = f"story {name}".strip()
    return f"{name}.{ending}"

"""What a published file is called."""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate, takewhile

from bot.rules.text.characters import nfc
from bot.rules.text.segments import clusters

MAX_NAME = 100
"""Bytes of a name without its ending: file systems hold 255, and people put folders and copies around it."""
_SAFE = frozenset(".,!()+'’&@-")
"""What stays besides letters, digits and the marks on them."""
_EDGES = " .-"
"""What a name neither begins nor ends with."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices, with or without an ending."""


def file_name(title: str, ending: str) -> str:
    """Return a name for a file about `title` that Windows, macOS, Linux and phones take, `ending` without its dot.

    Letters of every script stay, with their marks and joiners; what is too long ends between two of what people call
    characters. Never empty, hidden, reserved, or longer than `MAX_NAME` bytes and its ending.
    """
    characters = [each if _stays(each) else " " for each in clusters(nfc(title[:MAX_NAME]))]
    name = " ".join("".join(characters).split()).strip(_EDGES)
    sized = zip(parts := clusters(name), accumulate(len(part.encode()) for part in parts), strict=True)
    name = "".join(part for part, _ in takewhile(lambda pair: pair[1] <= MAX_NAME, sized)).rstrip(_EDGES)
    if not any(map(str.isalnum, name)) or _RESERVED.fullmatch(name):
        name = f"story {name}".strip()
    return f"{name}.{ending}"


def _stays(character: str) -> bool:
    """Tell whether a cluster may stand in a name: a letter or digit with what belongs to it, or a harmless mark."""
    return character in _SAFE or (character[0].isalnum() and all(map(_belongs, character)))


def _belongs(char: str) -> bool:
    return char.isalnum() or char in "\u200c\u200d" or unicodedata.category(char).startswith("M")

"""Text that people keep in files: it is read as UTF-8, and what is something else is named."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),  # begins like the mark of UTF-16
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
"""Byte order marks, and the encoding of a file that begins with one."""


class NotUtf8(ValueError):
    """The bytes are no UTF-8; the message says in a few words what they are: "it is in UTF-16"."""


def decode(content: bytes) -> str:
    """Return the text of `content`, without a byte order mark. Raises `NotUtf8`."""
    if (encoding := wide_encoding(content)) is not None:
        raise NotUtf8(f"it is in {encoding}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8("it is not in UTF-8") from error


def wide_encoding(head: bytes) -> str | None:
    """Return the encoding of a file that begins with `head`, where it has more than one byte for each letter: by its
    mark, or by a zero beside the first letter. None: it may be UTF-8."""
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if marked is not None or len(head) < 2 or (head[0] == 0) == (head[1] == 0):
        return marked
    return "UTF-32" if head[2:4] == b"\0\0" else "UTF-16"

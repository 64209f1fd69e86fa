"""Asterisks of a roleplay: what is done stands between them, what is said outside."""

from __future__ import annotations

import re

from bot.writing.text_form import STARRED

_SPAN = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*[\"“][^*\n]*)(?<=[^\s*])\*(?![\w*])")
"""A text between two asterisks that has a quotation mark in it."""
_SAID = re.compile(r"\s*(\"[^\"*\n]*\"|“[^”*\n]*”)\s*")
"""A quotation, with the white space around it."""
_STAR = re.compile(r"((?<!\S)\*(?=\S))|((?<=\S)\*(?=\s|$))|\*")
"""An asterisk: in group 1 one that can only open, in group 2 one that can only close, in neither any other."""


def close_asterisks(text: str, before: str) -> str:
    """Return `text` with the asterisk closed that is open at its end, or without the one that would close nothing."""
    if (before.rpartition("\n")[2] + text).rpartition("\n")[2].count("*") % 2 == 0:
        return text
    bare = text.rstrip()
    return bare[:-1].rstrip() if bare.endswith("*") else f"{bare}*"


def restore_asterisks(text: str, before: str) -> str:
    """Return `text` with what is said taken out of the asterisks around it, unless `before` has such, too:
    `*She turns. "Sit."*` becomes `*She turns.* "Sit."`"""
    if any('"' in span or "“" in span for span in STARRED.findall(before)):
        return text
    return _SPAN.sub(_parted, text)


def _parted(span: re.Match[str]) -> str:
    """Return what was between two asterisks, with those around what is done alone."""
    parts = _SAID.split(span[1])
    if len(parts) == 1:
        return span[0]
    told = (part.strip() for part in parts)
    return " ".join(
        part if number % 2 else f"*{part}*" for number, part in enumerate(told) if any(map(str.isalnum, part))
    )


def odd_line_at(text: str, before: str) -> int:
    """Return where a line of `text` begins that has an asterisk without its other one, or -1."""
    opened = before.rpartition("\n")[2]
    at = 0
    for line in text.split("\n"):
        if _is_odd(opened + line):
            return at
        at, opened = at + len(line) + 1, ""
    return -1


def _is_odd(line: str) -> bool:
    """Tell whether an asterisk of a line opens what is open, closes what is not, or stays open."""
    is_open = False
    for match in _STAR.finditer(line):
        if (match[1] and is_open) or (match[2] and not is_open):
            return True
        is_open = not is_open
    return is_open

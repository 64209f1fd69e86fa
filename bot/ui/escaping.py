"""Make text that people or models wrote safe to show: it never pings, never formats, never leaves its card.

Discord's own rules: a backslash before ASCII punctuation takes away its meaning (simple-markdown's `escape`
rule, https://support.discord.com/hc/articles/210298617). Pings are prevented by `AllowedMentions.none()`; what is
done here keeps mentions from even looking like one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_LINE_SIGN = re.compile(
    r"(?P<lead>[^\S\n]*)(?:\#{1,3}(?=\s) | -(?=\#\s|\s) | [+>] | (?P<digits>\d{1,10})[.)](?=\s))", re.VERBOSE
)
"""What Discord reads as a heading, a list or a quote where a line begins."""
_SIGNS = re.compile(
    rf"""^{_LINE_SIGN.pattern} | [\\*_~|`<@\[\]] | :(?=(?:[^\W_]|[+-])+:) | (?<=[A-Za-z]):(?=//)""",
    re.MULTILINE | re.VERBOSE,
)
"""What Discord would read: a heading, list or quote where a line begins (the `lead` is the white space before it; of a
numbered item the sign stands behind the `digits`); marks and mentions anywhere; short codes of emoji; schemes. They
are found in one pass, which reads no white space on behalf of another line."""
_DIRECTION_CONTROLS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
"""Invisible characters that change the direction of the text around them."""
_LINE_SEPARATORS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
"""Every line end that is not a line feed alone."""
_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]"
)
"""Control characters but for tabs and line ends, surrogates, and characters for private use."""
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")
"""The blocks in which all letters stand that are written from right to left; not all of their characters are."""
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
"""Characters around a text whose direction must not spread to its neighbours."""


def tidy(text: str) -> str:
    """Return `text` without control characters and direction overrides; every line end becomes a newline.

    Joiners stay: emoji and several scripts need them.
    """
    return _UNSHOWN.sub("", _DIRECTION_CONTROLS.sub("", _LINE_SEPARATORS.sub("\n", text)))


def escape(text: str) -> str:
    """Return `text` as Discord shows it literally: no Markdown, mention, emoji, timestamp, link, heading or list.

    Text that holds right-to-left letters is wrapped in a direction isolate, so that it cannot turn what stands
    around it.
    """
    text = tidy(text)
    parts, at = [], 0
    for place in escapes(text):
        parts.append(text[at:place])
        at = place
    escaped = "\\".join([*parts, text[at:]])
    if next(right_to_left(text), None) is not None:
        escaped = _ISOLATE + escaped + _END_ISOLATE
    return escaped


def escapes(text: str) -> list[int]:
    """Return the offsets in `text`, which is tidy already, before which `escape` puts a backslash, in order."""
    # Only a sign at the beginning of a line has groups.
    return [_sign_place(match) if match.lastgroup else match.start() for match in _SIGNS.finditer(text)]


def right_to_left(text: str) -> Iterator[int]:
    """Give the offsets of the letters in `text` that are written from right to left."""
    for match in _RIGHT_TO_LEFT.finditer(text):
        if unicodedata.bidirectional(match[0]) in ("R", "AL"):
            yield match.start()


def begins_line(text: str, place: int) -> bool:
    """Tell whether `escape` puts one more backslash into what begins at `place` in `text`, which is tidy already, for a
    sign that has no meaning within its line."""
    match = _LINE_SIGN.match(text, place)
    return match is not None and place > 0 and text[place - 1] != "\n"


def _sign_place(match: re.Match[str]) -> int:
    return match.end("lead") if match["digits"] is None else match.end("digits")


def bold(text: str) -> str:
    """Return `text`, escaped, in bold; nothing where it holds only white space."""
    inner = " ".join(text.split())
    return f"**{escape(inner)}**" if inner else ""


def quote(text: str) -> str:
    """Return `text`, escaped, as a block quote; a new line in it stays inside."""
    return "\n".join(f"> {line}" for line in escape(text).split("\n"))


def size(text: str) -> int:
    """Return the length of `text` as Discord's clients count it at most: in UTF-16 units."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2

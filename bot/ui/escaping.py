"""Make text that people or models wrote safe to show: it never pings, never formats, never leaves its card.

Discord's own rules: a backslash before ASCII punctuation takes away its meaning (simple-markdown's `escape`
rule, https://support.discord.com/hc/articles/210298617). Pings are prevented by `AllowedMentions.none()`; what is
done here keeps mentions from even looking like one.
"""

from __future__ import annotations

import re
import unicodedata

_ANYWHERE = re.compile(r"[\\*_~|`<@\[\]]")
_LINE_START = re.compile(r"(?m)^(\s*)(?:(#{1,3}(?=\s)|-(?=#\s|\s)|[+>])|(\d{1,10})([.)])(?=\s))")
_SHORTCODE = re.compile(r":(?=[\w+-]+:)")
_SCHEME = re.compile(r"(?<=[A-Za-z]):(?=//)")
_DIRECTION_CONTROLS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_LINE_SEPARATORS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


def tidy(text: str) -> str:
    """Return `text` without control characters and direction overrides; every line end becomes a newline.

    Joiners stay: emoji and several scripts need them.
    """
    text = _DIRECTION_CONTROLS.sub("", _LINE_SEPARATORS.sub("\n", text))
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Co"))


def escape(text: str) -> str:
    """Return `text` as Discord shows it literally: no Markdown, mention, emoji, timestamp, link, heading or list.

    Text that holds right-to-left letters is wrapped in a direction isolate, so that it cannot turn what stands
    around it.
    """
    text = tidy(text)
    escaped = _ANYWHERE.sub(lambda match: "\\" + match[0], text)
    escaped = _LINE_START.sub(_escape_line_start, escaped)
    escaped = _SCHEME.sub(r"\\:", _SHORTCODE.sub(r"\\:", escaped))
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        escaped = _ISOLATE + escaped + _END_ISOLATE
    return escaped


def _escape_line_start(match: re.Match[str]) -> str:
    if match[2]:
        return f"{match[1]}\\{match[2]}"
    return f"{match[1]}{match[3]}\\{match[4]}"


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

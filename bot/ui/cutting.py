"""Cut texts to what a card can hold: at a sentence if possible, else at a word, else between characters.

Limits are counted after escaping (`bot.ui.escaping.size` of the escaped text); texts come and go unescaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.ui.escaping import escape, size, tidy

ELLIPSIS = "…"
_SENTENCE = re.compile(r".*?(?:[.!?…]+[\"'”’)\]»]*(?=\s|$)|[。！？]+[”’」』）]*|\n+|$)\s*", re.DOTALL)
_WORD = re.compile(r"\S+\s*|\s+")
_MARKS = "[\u0300-\u036f\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*"
_CLUSTER = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|.{_MARKS}(?:\u200d.{_MARKS})*", re.DOTALL)
_MIN_SHARE = 0.5


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`, the white space after each kept; joined they are `text` again."""
    return [match[0] for match in _SENTENCE.finditer(text) if match[0]]


def shown_size(text: str) -> int:
    """Return how much of a card's 4,000 characters `text` takes, escaped."""
    return size(escape(text))


def head(text: str, limit: int) -> str:
    """Return the beginning of `text` that fits in `limit`, with an ellipsis where something was cut off."""
    text = tidy(text).strip()
    if shown_size(text) <= limit:
        return text
    kept = _fill(text, limit - len(ELLIPSIS) - 1)
    return f"{kept.rstrip()} {ELLIPSIS}" if kept.rstrip()[-1:] in ".!?\"'”’" else f"{kept.rstrip()}{ELLIPSIS}"


def tail(text: str, limit: int) -> str:
    """Return the end of `text` that fits in `limit`, with an ellipsis where something was cut off before it."""
    text = tidy(text).strip()
    if shown_size(text) <= limit:
        return text
    kept = _fill(text, limit - len(ELLIPSIS) - 1, backwards=True)
    return f"{ELLIPSIS} {kept.lstrip()}"


def pages(text: str, limit: int) -> list[str]:
    """Return `text` in pieces that each fit in `limit`; joined by what was between them nothing is lost."""
    rest, parts = tidy(text).strip(), []
    while shown_size(rest) > limit:
        part = _fill(rest, limit)
        parts.append(part.rstrip())
        rest = rest[len(part) :].lstrip()
    return [*parts, rest] if rest or not parts else parts


def share(sizes: Sequence[int], room: int) -> list[int]:
    """Divide `room` among texts of the given `sizes`: the short ones get what they need, the long ones the rest
    in equal parts."""
    shares = [0] * len(sizes)
    open_ = sorted(range(len(sizes)), key=lambda index: sizes[index])
    for done, index in enumerate(open_):
        part = room // (len(open_) - done)
        shares[index] = min(sizes[index], part)
        room -= shares[index]
    return shares


def _fill(text: str, limit: int, *, backwards: bool = False) -> str:
    """Return the longest beginning (or end) of `text` within `limit`: whole sentences where they make up at
    least half of it, else whole words, else characters. At least one character, whatever the limit."""
    for units in (sentences(text), _WORD.findall(text)):
        kept = _take(units, limit, backwards)
        if shown_size(kept) >= limit * _MIN_SHARE:
            return kept
    return _take(_CLUSTER.findall(text), limit, backwards) or (text[-1:] if backwards else text[:1])


def _take(units: Sequence[str], limit: int, backwards: bool) -> str:
    def joined(count: int) -> str:
        return "".join(units[len(units) - count :] if backwards else units[:count])

    low, high = 0, len(units)
    while low < high:
        middle = (low + high + 1) // 2
        if shown_size(joined(middle)) <= limit:
            low = middle
        else:
            high = middle - 1
    return joined(low)

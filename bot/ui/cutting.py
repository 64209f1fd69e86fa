"""Cut texts to what a card can hold: at a sentence if possible, else at a word, else between characters.

Limits are counted after escaping (`bot.ui.escaping.size` of the escaped text); texts come and go unescaped.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from bot.ui.escaping import begins_line, escape, escapes, right_to_left, size, tidy

ELLIPSIS = "…"
_SENTENCE_END = re.compile(
    r"(?:(?<![.!?…])[.!?…]++[\"'”’)\]»]*+(?=\s|$) | [。！？]++[”’」』）]*+ | \n++)\s*+", re.VERBOSE
)
"""The end of a sentence with the white space behind it. What was once read as a run of signs is never read again."""
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\S+\s*|\s+")
_MARKS = "[\u0300-\u036f\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*"
_CLUSTER = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|.{_MARKS}(?:\u200d.{_MARKS})*", re.DOTALL)
_MIN_SHARE = 0.5


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`, the white space after each kept; joined they are `text` again."""
    return [text[start:end] for start, end in pairwise([0, *_ends(_SENTENCE_END, text)])]


def shown_size(text: str) -> int:
    """Return how much of a card's 4,000 characters `text` takes, escaped."""
    return size(escape(text))


def head(text: str, limit: int) -> str:
    """Return the beginning of `text` that fits in `limit`, with an ellipsis where something was cut off."""
    text = tidy(text).strip()
    if shown_size(text) <= limit:
        return text
    kept = text[: _Measured(text).end(0, limit - len(ELLIPSIS) - 1)]
    return f"{kept.rstrip()} {ELLIPSIS}" if kept.rstrip()[-1:] in ".!?\"'”’" else f"{kept.rstrip()}{ELLIPSIS}"


def tail(text: str, limit: int) -> str:
    """Return the end of `text` that fits in `limit`, with an ellipsis where something was cut off before it."""
    text = tidy(text).strip()
    if shown_size(text) <= limit:
        return text
    kept = text[_Measured(text).start(limit - len(ELLIPSIS) - 1) :]
    return f"{ELLIPSIS} {kept.lstrip()}"


def pages(text: str, limit: int) -> list[str]:
    """Return `text` in pieces that each fit in `limit`; joined by what was between them nothing is lost."""
    text = tidy(text).strip()
    if shown_size(text) <= limit:
        return [text]
    measured, parts, at = _Measured(text), [], 0
    while measured.size(at, len(text)) > limit:
        end = measured.end(at, limit)
        parts.append(text[at:end].rstrip())
        at = end if (space := _SPACE.match(text, end)) is None else space.end()
    return [*parts, text[at:]] if at < len(text) else parts


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


class _Measured:
    """A tidy text with the sizes of all its parts, escaped. It is escaped once, however often it is cut; a part may be
    taken for a little larger than it is, where a sign at its end has lost what gave it a meaning."""

    def __init__(self, text: str) -> None:
        self._text = text
        costs = [1 if char < "\U00010000" else 2 for char in text]
        for place in escapes(text):
            costs[place] += 1
        self._until = [0, *accumulate(costs)]
        self._right_to_left = right_to_left(text)
        self._ends: dict[re.Pattern[str], list[int]] = {}

    def size(self, start: int, end: int) -> int:
        """Return how much of a card the part takes, escaped."""
        turned = bisect_left(self._right_to_left, end) - bisect_left(self._right_to_left, start) > 0
        return self._until[end] - self._until[start] + 2 * turned + begins_line(self._text, start)

    def end(self, start: int, limit: int) -> int:
        """Return where the longest part from `start` ends that fits in `limit`: behind whole sentences where they make
        up at least half of it, else whole words, else characters. At least one character, whatever the limit."""
        found = start
        for ends in self._all_ends():
            first = bisect_right(ends, start)
            last = bisect_right(ends, limit, first, key=lambda end: self.size(start, end))
            found = ends[last - 1] if last > first else start
            if self.size(start, found) >= limit * _MIN_SHARE:
                return found
        return max(found, start + 1)

    def start(self, limit: int) -> int:
        """Return where the longest part begins that fits and ends with the text; see `end`."""
        found = whole = len(self._text)
        for ends in self._all_ends():
            starts = [*ends[-2::-1], 0]
            fitting = bisect_right(starts, limit, key=lambda start: self.size(start, whole))
            found = starts[fitting - 1] if fitting else whole
            if self.size(found, whole) >= limit * _MIN_SHARE:
                return found
        return min(found, whole - 1)

    def _all_ends(self) -> Iterator[Sequence[int]]:
        """Give the places where the text may be cut, its end among them, the best first; each is looked for once."""
        for pattern in (_SENTENCE_END, _WORD, _CLUSTER):
            if pattern not in self._ends:
                self._ends[pattern] = _ends(pattern, self._text)
            yield self._ends[pattern]


def _ends(pattern: re.Pattern[str], text: str) -> list[int]:
    ends = [match.end() for match in pattern.finditer(text)]
    return ends if not text or ends[-1:] == [len(text)] else [*ends, len(text)]

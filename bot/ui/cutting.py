"""Cut texts to what a card can hold: at a sentence if possible, else where a line may end, else between characters
as people count them.

A text is cut together with what it is shown as: the functions take it as it was written and a `render` that escapes
and decorates it, measure what `render` makes of each piece, and return that. Nothing has to be added afterwards, and
nothing that is returned is longer than was asked for (in UTF-16 units).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from bot.rules.text.characters import is_blank
from bot.rules.text.segments import clusters, line_parts
from bot.ui.escaping import begins_line, escape, escapes, right_to_left, size, tidy

Render = Callable[[str], str]
"""What is shown of a piece of text: `escape`, `quote`, or more, with a number before it and a signature behind. It is
never shorter than the text."""
ELLIPSIS = "…"
"""Stands where something was cut off."""
WHOLE = 1 << 20
"""A limit that no text reaches."""
_ENDS = (".", "!", "?", '"', "'", "”", "’")
"""Behind these the ellipsis stands apart."""
_SENTENCE_END = re.compile(
    r"(?:(?<![.!?…])[.!?…]++[\"'”’)\]»]*+(?=\s|$) | [。！？]++[”’」』）]*+ | \n++)\s*+", re.VERBOSE
)
"""The end of a sentence with the white space behind it. What was once read as a run of signs is never read again."""
_SPACE = re.compile(r"\s+")
"""The white space between two pages, which neither of them shows."""
_MIN_SHARE = 0.5
"""The share of the room that a part has to fill; where whole sentences fill less, it is cut within one."""


def sentences(text: str) -> list[str]:
    """Return the sentences of `text`, the white space after each kept; joined they are `text` again."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return [text[start:end] for start, end in pairwise([0, *ends, len(text)]) if start < end]


def shown_size(text: str) -> int:
    """Return how much of a card's 4,000 characters `text` takes, escaped."""
    return size(escape(text))


def shown_head(text: str, limit: int, render: Render = escape) -> str:
    """Return the beginning of `text`, rendered, that fits in `limit`, with an ellipsis where something was cut off."""
    text = tidy(text).strip()
    if size(whole := render(text)) <= limit:
        return whole
    measured = _Measured(text) if render is escape else _Rendered(text[: limit + 1], render)

    def cut(room: int) -> str:
        kept = text[: measured.end(0, room)].rstrip()
        return render(f"{kept} {ELLIPSIS}" if kept[-1:] in _ENDS else f"{kept}{ELLIPSIS}")

    return _within(limit, cut)


def shown_tail(text: str, limit: int, render: Render = escape) -> str:
    """Return the end of `text`, rendered, that fits in `limit`, with an ellipsis where something was cut off before."""
    text = tidy(text).strip()
    if size(whole := render(text)) <= limit:
        return whole
    near = text if render is escape else text[-limit - 1 :]
    measured = _Measured(near) if render is escape else _Rendered(near, render)
    return _within(limit, lambda room: render(f"{ELLIPSIS} {near[measured.start(room) :].lstrip()}"))


def label(text: str, limit: int) -> str:
    """Return `text` on one line in at most `limit` characters, unescaped, as menus, placeholders and names show it:
    with an ellipsis where something was cut off, and never with nothing to see, which Discord would refuse."""
    text = " ".join(tidy(text).split())
    if is_blank(text):
        return ELLIPSIS
    if size(text) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    return (_first(clusters(text[: limit + 1]), room) or _first(text, room)).rstrip() + ELLIPSIS


def shown_pages(text: str, limit: int) -> list[str]:
    """Return `text` in pieces, escaped, that each fit in `limit`, at least one; between them only white space is
    lost."""
    text = tidy(text).strip()
    if shown_size(text) <= limit:
        return [escape(text)]
    measured, parts, at = _Measured(text), [], 0
    while measured.size(at, len(text)) > limit:
        end = measured.end(at, limit)
        parts.append(text[at:end].rstrip())
        at = end if (space := _SPACE.match(text, end)) is None else space.end()
    return [escape(part) for part in ([*parts, text[at:]] if at < len(text) else parts)]


def _first(parts: Iterable[str], room: int) -> str:
    """Return the first of `parts` together, as many as fit."""
    kept = []
    for part in parts:
        room -= size(part)
        if room < 0:
            break
        kept.append(part)
    return "".join(kept)


def _within(limit: int, cut: Callable[[int], str]) -> str:
    """Return what `cut` makes with the most room with which it stays within `limit`, its ellipsis included; with the
    least room where nothing does."""
    room = limit - len(ELLIPSIS) - 1
    while size(shown := cut(room)) > limit and room > 0:
        room -= size(shown) - limit
    return shown


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
        self._right_to_left = list(right_to_left(text))
        self._ends: dict[Callable[[str], list[str]], list[int]] = {}

    def size(self, start: int, end: int) -> int:
        """Return how much of a card the part takes, escaped."""
        turned = bisect_left(self._right_to_left, end) - bisect_left(self._right_to_left, start) > 0
        return self._until[end] - self._until[start] + 2 * turned + begins_line(self._text, start)

    def end(self, start: int, limit: int) -> int:
        """Return where the longest part from `start` ends that fits in `limit`: behind whole sentences where they make
        up at least half of it, else where a line may end, else behind a whole character, and inside of one that is too
        long for any card. At least one code point, whatever the limit."""
        found = start
        for ends in self._all_ends():
            found = self._last(ends, start, limit)
            if self.size(start, found) >= limit * _MIN_SHARE:
                return found
        return found if found > start else max(self._last(range(len(self._text) + 1), start, limit), start + 1)

    def start(self, limit: int) -> int:
        """Return where the longest part begins that fits and ends with the text; see `end`."""
        found = whole = len(self._text)
        for ends in self._all_ends():
            found = self._first([*ends[-2::-1], 0], limit)
            if self.size(found, whole) >= limit * _MIN_SHARE:
                return found
        return found if found < whole else min(self._first(range(whole - 1, -1, -1), limit), whole - 1)

    def _last(self, ends: Sequence[int], start: int, limit: int) -> int:
        """Return the last of `ends` with which the part from `start` fits; `start` where there is none."""
        first = bisect_right(ends, start)
        last = bisect_right(ends, limit, first, key=lambda end: self.size(start, end))
        return ends[last - 1] if last > first else start

    def _first(self, starts: Sequence[int], limit: int) -> int:
        """Return the first place of the text, `starts` counting down, from which its end fits; its end where there is
        none."""
        whole = len(self._text)
        fitting = bisect_right(starts, limit, key=lambda start: self.size(start, whole))
        return starts[fitting - 1] if fitting else whole

    def _all_ends(self) -> Iterator[Sequence[int]]:
        """Give the places where the text may be cut, its end among them, the best first; each is looked for once."""
        for parted in (sentences, line_parts, clusters):
            if parted not in self._ends:
                self._ends[parted] = list(accumulate(map(len, parted(self._text))))
            yield self._ends[parted]


class _Rendered(_Measured):
    """A text with the sizes of its parts as something else shows them."""

    def __init__(self, text: str, render: Render) -> None:
        super().__init__(text)
        self._render = render

    def size(self, start: int, end: int) -> int:
        return size(self._render(self._text[start:end]))

"""Blanks that somebody put into words of a story: where those words stand.

Nothing that a person wrote becomes a pattern: the words between the blanks are looked for one after the other, so that
a passage is read a few times at most, whatever was asked.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from bot.rules.characters import normalise
from bot.rules.stories import Passage
from bot.rules.words import token_spans
from bot.writing.blanks import Template, has_blanks, parse

_SPACE = re.compile(r"\s+")
_ESCAPED = re.compile(r"\\([^\w\s]|_)")
"""A sign as `bot.ui.escaping` writes it into a message, from which Discord copies it with its backslash."""


def blanked(asked: str, passages: Sequence[Passage]) -> tuple[Passage, str] | None:
    """Find the passage that `asked`, a text with blanks, comes from, the newest first, and return it with its whole
    text in which the blanks stand; None where it stands in none of them.

    Any white space is as good as another, and what was copied from a message may have the backslashes with which it is
    shown there. A blank stands for something, as little of the passage as the words around it allow; one at either end,
    with nothing to bound it, for so many words as it says, else for one. It takes time in proportion to the passages:
    with many of them call it in a thread.
    """
    asked = asked.strip()
    found = _found(asked, passages)
    if found is None and (copied := _ESCAPED.sub(r"\1", asked)) != asked and has_blanks(copied):
        return _found(copied, passages)
    return found


def _found(asked: str, passages: Sequence[Passage]) -> tuple[Passage, str] | None:
    sought = _Sought(parse(asked))
    for passage in reversed(passages):
        text = normalise(passage.text)  # it may be older than the door for all text
        found = sought.find(text)
        if found is not None:
            start, end = found
            return passage, text[:start] + asked + text[end:]
    return None


class _Sought:
    """The words around the blanks of a template, as they are looked for: with single spaces."""

    def __init__(self, template: Template) -> None:
        literals = [_SPACE.sub(" ", literal) for literal in template.literals]
        literals[0], literals[-1] = literals[0].lstrip(), literals[-1].rstrip()
        # How many words a blank stands for that nothing bounds on one side.
        self._before = (template.blanks[0].words or 1) if not literals[0] else 0
        self._behind = (template.blanks[-1].words or 1) if not literals[-1] else 0
        self._literals = literals[bool(self._before) : len(literals) - bool(self._behind)]

    def find(self, text: str) -> tuple[int, int] | None:
        """Return the [start, end) offsets in `text` of what the blanks were put into."""
        place = _Place(_SPACE.sub(" ", text), self._before, self._behind)
        found = place.search(self._literals)
        return None if found is None else _unspaced(text, *found)


class _Place:
    """A text in which literals are looked for. `before` and `behind` are how many words have to stand at their ends."""

    def __init__(self, text: str, before: int, behind: int) -> None:
        self._text = text
        self._before, self._behind = before, behind
        tokens = token_spans(text) if before or behind else []
        self._words = [(start, end) for start, end in tokens if text[start].isalnum()]

    def search(self, literals: Sequence[str]) -> tuple[int, int] | None:
        """Return where the first stretch ends that has the literals in order, with something between each two, and
        where the last begins that ends there.

        Each literal is taken where it stands first behind the one before it: if what follows is not found from there,
        it is not found from farther on. Then the way back, so that the blanks stand for as little as possible.
        """
        at, places = 0, []
        for number in range(len(literals)):
            place = self._next(literals, number, at)
            if place is None:
                return None
            places.append(place)
            at = place + len(literals[number]) + 1
        for number in range(len(literals) - 2, -1, -1):
            last = places[number + 1] - 1 - len(literals[number])
            places[number] = self._last(literals, number, places[number], last)
        return self._start(places[0]), self._end(places[-1] + len(literals[-1]))

    def _next(self, literals: Sequence[str], number: int, at: int) -> int | None:
        while (place := self._text.find(literals[number], at)) >= 0:
            if self._fits(literals, number, place):
                return place
            at = place + 1
        return None

    def _last(self, literals: Sequence[str], number: int, first: int, last: int) -> int:
        """Return where a literal stands last between two offsets, at the first of which it does."""
        while (place := self._text.rfind(literals[number], first, last + len(literals[number]))) > first:
            if self._fits(literals, number, place):
                return place
            last = place - 1
        return first

    def _fits(self, literals: Sequence[str], number: int, place: int) -> bool:
        """Tell whether what a blank beside a literal stands for may begin, or end, where the literal stands."""
        end = place + len(literals[number])
        if number == 0 and self._before and not self._has_words_before(place):
            return False
        if number < len(literals) - 1:
            return end < len(self._text) and self._text[end] != " "
        return not self._behind or self._has_words_behind(end)

    def _has_words_before(self, place: int) -> bool:
        number = self._word_at(place - 1)
        return number is not None and number + 1 >= self._before

    def _has_words_behind(self, end: int) -> bool:
        number = self._word_at(end)
        return number is not None and len(self._words) - number >= self._behind

    def _word_at(self, place: int) -> int | None:
        number = bisect_right(self._words, place, key=lambda span: span[0]) - 1
        return number if number >= 0 and place < self._words[number][1] else None

    def _start(self, place: int) -> int:
        number = self._word_at(place - 1) if self._before else None
        return place if number is None else self._words[number + 1 - self._before][0]

    def _end(self, place: int) -> int:
        number = self._word_at(place) if self._behind else None
        return place if number is None else self._words[number + self._behind - 1][1]


def _unspaced(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the offsets in `text` of those in the same with single spaces."""
    lost, places = 0, [start, end]
    for match in _SPACE.finditer(text):
        place, more = match.start() - lost, len(match[0]) - 1
        places = [at + more if place < spaced else at for at, spaced in zip(places, (start, end), strict=True)]
        lost += more
    return places[0], places[1]

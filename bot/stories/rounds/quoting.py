"""Finds the words of a story into which somebody put blanks.

Nothing that a person wrote becomes a pattern: the words between the blanks are looked for one after the other, so that
a passage is read a few times at most, whatever was asked.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from bot.rules.stories import Passage
from bot.rules.text.characters import normalise
from bot.rules.text.words import token_spans
from bot.writing.blanks import Template, has_blanks, parse

_SPACE = re.compile(r"\s+")
"""White space, which may differ between a passage and what was quoted from it."""
_ESCAPED = re.compile(r"\\([^\w\s]|_)")
"""A sign as `bot.ui.escaping` writes it into a message, from which Discord copies it with its backslash."""
_QUOTE = re.compile("['\"‘’“”]")
"""A quotation mark, straight or curly."""
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")
"""Curly quotes made straight: phones write other quotes than keyboards."""


def blanked(asked: str, passages: Sequence[Passage]) -> tuple[Passage, str] | None:
    """Find the passage that `asked`, a text with blanks, comes from, the newest first, and return it with its whole
    text in which the blanks stand; None where it stands in none of them.

    Any white space matches any other, curly quotes match straight ones (the passage keeps its own), and
    what was copied from a message may have the backslashes with which it is shown there. A blank stands for something,
    as little of the passage as the words around it allow; one at either end, with nothing to bound it, for so many
    words as it says, else for one. It takes time in proportion to the passages: with many of them call it in a thread.
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
            return passage, text[: found.start] + found.quoted(asked) + text[found.end :]
    return None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What blanks were put into: its [start, end) offsets in a text, and the quotes in the words around the blanks."""

    start: int
    end: int
    quotes: Sequence[str]

    def quoted(self, asked: str) -> str:
        """Return what was asked with the quotes of the text."""
        quotes = iter(self.quotes)
        return _QUOTE.sub(lambda match: next(quotes, match[0]), asked)


class _Sought:
    """The words around the blanks of a template, as they are looked for: with single spaces and straight quotes."""

    def __init__(self, template: Template) -> None:
        literals = [_SPACE.sub(" ", literal).translate(_STRAIGHT) for literal in template.literals]
        literals[0], literals[-1] = literals[0].lstrip(), literals[-1].rstrip()
        # How many words a blank stands for that nothing bounds on one side.
        self._before = (template.blanks[0].words or 1) if not literals[0] else 0
        self._behind = (template.blanks[-1].words or 1) if not literals[-1] else 0
        self._literals = literals[bool(self._before) : len(literals) - bool(self._behind)]

    def find(self, text: str) -> _Stretch | None:
        """Return where in `text` the blanks were put in; None where that is nowhere."""
        spaced = _SPACE.sub(" ", text)
        place = _Place(spaced.translate(_STRAIGHT), self._before, self._behind)
        places = place.search(self._literals)
        if not places:
            return None
        ends = [at + len(literal) for at, literal in zip(places, self._literals, strict=True)]
        quotes = [quote for part in zip(places, ends, strict=True) for quote in _QUOTE.findall(spaced[slice(*part)])]
        return _Stretch(*_unspaced(text, place.start(places[0]), place.end(ends[-1])), quotes)


class _Place:
    """A text in which literals are looked for. `before` and `behind` are how many words have to stand at their ends."""

    def __init__(self, text: str, before: int, behind: int) -> None:
        self._text = text
        self._before, self._behind = before, behind
        tokens = token_spans(text) if before or behind else []
        self._words = [(start, end) for start, end in tokens if text[start].isalnum()]

    def search(self, literals: Sequence[str]) -> list[int]:
        """Return where the literals stand in the first stretch that has them in order, with something between each two,
        the first ones as late as the last allows; nothing where there is none.

        Each literal is taken where it stands first behind the one before it: if what follows is not found from there,
        it is not found from farther on. Then the way back, so that the blanks stand for as little as possible.
        """
        at, places = 0, []
        for number in range(len(literals)):
            place = self._next(literals, number, at)
            if place is None:
                return []
            places.append(place)
            at = place + len(literals[number]) + 1
        for number in range(len(literals) - 2, -1, -1):
            last = places[number + 1] - 1 - len(literals[number])
            places[number] = self._last(literals, number, places[number], last)
        return places

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

    def start(self, place: int) -> int:
        """Return where the words begin that have to stand before a literal, or where it begins."""
        number = self._word_at(place - 1) if self._before else None
        return place if number is None else self._words[number + 1 - self._before][0]

    def end(self, place: int) -> int:
        """Return where the words end that have to stand behind a literal, or where it ends."""
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

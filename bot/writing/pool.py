"""The pool of an infill: what both models propose for one blank, tidied, joined and without what cannot stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from bot.inference.engine import Continuation, Fill, Gap
from bot.inference.masked.capitals import begins_sentence
from bot.inference.words import has_han, split_words

FREE_WORDS = 4
"""Longest fill, in words, of a blank without a hint, unless a sample runs into the right text by itself."""
_LONGEST = 12
_OPENING_QUOTES = re.compile(r"^[\s\"'“”‘’«»(\[*_—–-]+")
_CLOSING_MARKS = re.compile(r"[^\w)\]’']+$")
_PAIRED = (("(", ")"), ("[", "]"), ("“", "”"), ("«", "»"))
_LETTERS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(slots=True)
class Candidate:
    """A fill that may be shown. `masked` is its rank among the masked model's fills of its number of pieces
    (0 is best), None where that model did not propose it; `drawn` is how many causal samples began with it."""

    text: str
    masked: int | None = None
    pieces: int = 0
    drawn: int = 0
    cased: bool = field(default=False)
    """The text comes from a model that knows case."""

    @property
    def words(self) -> int:
        return len(split_words(self.text))


class Pool:
    """Candidates for one gap, joined where they differ only in case. `words` is the hint."""

    def __init__(self, gap: Gap, words: int | None, allows: Callable[[str], bool]) -> None:
        self.gap = gap
        self._words = words
        self._allows = allows
        self._begins = begins_sentence(gap.left)
        self._found: dict[str, Candidate] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add_fills(self, fills: Iterable[Fill]) -> None:
        """Take the masked model's proposals."""
        ranks: dict[int, int] = {}
        for fill in sorted(fills, key=lambda fill: -fill.score):
            candidate = self._admit(fill.text, cased=False)
            if candidate is None:
                continue
            rank = ranks.get(fill.masks, 0)
            ranks[fill.masks] = rank + 1
            if candidate.masked is None or rank < candidate.masked:
                candidate.masked, candidate.pieces = rank, fill.masks

    def add_continuations(self, rows: Iterable[Continuation]) -> None:
        """Take the beginnings of the causal model's samples, each cut in the ways that may fit."""
        for row in rows:
            for text in beginnings(row.text, self.gap, self._words, whole=row.finish in {"stop", "end"}):
                candidate = self._admit(text, cased=True)
                if candidate is not None:
                    candidate.drawn += 1

    def _admit(self, text: str, *, cased: bool) -> Candidate | None:
        if not self.admits(text):
            return None
        if self._begins:
            text = text[0].upper() + text[1:]
        candidate = self._found.setdefault(text.casefold(), Candidate(text))
        if cased and not candidate.cased:
            candidate.text, candidate.cased = text, True
        return candidate

    def admits(self, text: str) -> bool:
        """Tell whether a fill may be shown: words of the asked number, no echoes, nothing open, nothing demeaning."""
        words = split_words(text)
        if not words or not all(any(char.isalnum() for char in word) for word in words):
            return False
        if self._words is not None and len(words) != self._words:
            return False
        return not is_echo(text, self.gap) and _balanced(text) and self._allows(text)

    def best(self, limit: int) -> list[Candidate]:
        """The most promising `limit` candidates before any is scored: from each source in turn, by its rank."""

        far = 1000.0

        def promise(candidate: Candidate) -> float:
            by_mask = by_draw = far
            if candidate.masked is not None:
                by_mask = candidate.masked / 4 if candidate.pieces == 1 else candidate.masked + 4
            if candidate.drawn:
                by_draw = 6 / candidate.drawn + 3 * (candidate.words - 1)
            return min(by_mask, by_draw)

        return sorted(self._found.values(), key=promise)[:limit]


def beginnings(text: str, gap: Gap, hint: int | None, *, whole: bool) -> list[str]:
    """Cut a continuation of the left text into fills.

    With a hint, its first words; without, its first 1 to 4, and all up to where it meets the right text by itself.
    A sample that starts with a mark, or that is glued to the left text (or not) where the blank is not (or is),
    gives none; nor does a last word that may be unfinished (`whole` false).
    """
    line = text.split("\n", 1)[0] if text.strip() and not text.startswith("\n") else ""
    if not line or not joins(gap.left, line):
        return []
    line = line.strip() if whole or line != text else line.lstrip()
    spans = _spans(line)
    if not (whole or line[-1:].isspace() or len(line) < len(text.strip())):
        spans = spans[:-1]
    sizes = [hint] if hint is not None else [*range(1, FREE_WORDS + 1), _meeting(line, spans, gap.right)]
    cuts = dict.fromkeys(line[: spans[size - 1][1]] for size in sizes if size and size <= len(spans))
    return [fill for cut in cuts if (fill := _CLOSING_MARKS.sub("", cut)) and not _OPENING_QUOTES.match(fill)]


def joins(left: str, continuation: str) -> bool:
    """Tell whether a continuation of the left text, its last spaces taken off, has a space where the text has one."""
    last = left[-1:]
    if not last or last == "\n" or has_han(last) or has_han(continuation[0]):
        return True
    return continuation[0].isspace() == last.isspace()


def _spans(line: str) -> list[tuple[int, int]]:
    """[start, end) of the words of `line`."""
    spans: list[tuple[int, int]] = []
    at = 0
    for word in split_words(line):
        start = line.index(word, at)
        at = start + len(word)
        spans.append((start, at))
    return spans[: _LONGEST + 1]


def _meeting(line: str, spans: list[tuple[int, int]], right: str) -> int:
    """How many words of `line` stand before it says what the right text begins with; 0 where it never does."""
    following = split_words(right)[:1]
    if not following:
        return 0
    glued = not right[0].isspace()
    mark = following[0][0]
    for number, (start, end) in enumerate(spans[:_LONGEST], start=1):
        word = line[start:end]
        if glued and not mark.isalnum() and word.endswith(mark):
            return number
        if not glued and word == following[0] and number > 1:
            return number - 1
    return 0


def is_echo(text: str, gap: Gap) -> bool:
    """Tell whether a fill repeats a word of its own, or the word before or behind the blank."""
    own = [word.casefold() for word in _LETTERS.findall(text)]
    if not own or any(a == b for a, b in pairwise(own)):
        return True
    if has_han(text):
        # Chinese doubles characters (慢慢, 天天): only a whole fill that is said again is an echo.
        return gap.left.endswith(text) or gap.right.startswith(text)
    before, behind = _LETTERS.findall(gap.left[-60:]), _LETTERS.findall(gap.right[:60])
    left_open = bool(gap.left) and gap.left[-1].isalnum()
    if before and not left_open and before[-1].casefold() == own[0]:
        return True
    right_open = bool(gap.right) and gap.right[0].isalnum()
    return bool(behind) and not right_open and behind[0].casefold() == own[-1]


def _balanced(text: str) -> bool:
    return text.count('"') % 2 == 0 and all(text.count(a) == text.count(b) for a, b in _PAIRED)

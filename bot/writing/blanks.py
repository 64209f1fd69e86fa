"""Blanks in a text: three or more underscores or `[MASK]`, with a number behind it for that many words.

`___` alone is a blank of unknown length; `___3` (or `[MASK]3`) is three words. Underscores that Discord would read
as bold italics around words (`___so___`) stay what they are, and underscores escaped against that are blanks
all the same, as are the full-width ones of Chinese keyboards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import BadInput
from bot.inference.engine import Gap
from bot.inference.words import BLANK, has_han
from bot.rules.characters import has_word
from bot.rules.generations import Generation
from bot.rules.twists import twist_of

MAX_BLANKS = 8
MAX_WORDS = 8

_RUN = re.compile(r"(?P<line>(?:\\?[_＿]){3,})|(?P<mask>\\?\[MASK\\?\])", re.IGNORECASE)
_HINT = re.compile(r"(\d+)(?!\w)")
_OPENS = re.compile(r"(?<![\w\\])$")
_BEFORE_CLOSING = re.compile(r"[\w.!?…,;:]$")
_MARKS = re.compile(
    r"\\([^\w\s]|_)|\*{1,3}(?=\S)|(?<=\S)\*{1,3}|~~|\|\||`|(?<!\w)_{1,3}(?=\w)|(?<=[\w.!?,])_{1,3}(?!\w)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """One blank; `words` is how many words the writer wants there, None where that is open."""

    words: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of the finished text; `filled` where it is a fill, so that it can be shown in bold."""

    text: str
    filled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text with blanks: `literals` has one more element than `blanks`, and stands around them."""

    literals: tuple[str, ...]
    blanks: tuple[Blank, ...]

    def segments(self, fills: Sequence[str]) -> tuple[Segment, ...]:
        """The finished text in order, for showing the fills in place; empty stretches are left out."""
        parts = [Segment(text=self.literals[0], filled=False)]
        for fill, literal in zip(fills, self.literals[1:], strict=True):
            parts += [Segment(text=fill, filled=True), Segment(text=literal, filled=False)]
        return tuple(part for part in parts if part.text)

    def fill(self, fills: Sequence[str]) -> str:
        """The finished text. Raises ValueError unless there is one fill a blank."""
        return "".join(segment.text for segment in self.segments(fills))

    def gap(self, number: int, fills: Sequence[str | None]) -> Gap:
        """What stands around blank `number` for the models: Markdown left out, known fills in their places, and
        `[MASK]` for the blanks that are still open."""
        known = [BLANK if fill is None else fill for fill in fills]
        left = "".join(part for pair in zip(self.literals, known[:number], strict=False) for part in pair)
        right = "".join(
            part for pair in zip(known[number + 1 :], self.literals[number + 2 :], strict=True) for part in pair
        )
        return Gap(left=unmarked(left + self.literals[number]), right=unmarked(self.literals[number + 1] + right))


def unmarked(text: str) -> str:
    """Return `text` without Discord's marks for bold, italics, strikethrough, spoilers and code."""
    return _MARKS.sub(lambda match: match[1] or "", text)


def has_blanks(text: str) -> bool:
    """Tell whether there is a blank in `text`, well formed or not."""
    return bool(_runs(text))


def literals_of(generation: Generation) -> tuple[str, ...]:
    """Return what stands around the fills of a generation's suggestions; nothing where they have none."""
    if generation.kind == "twist":
        return twist_of(generation).pieces
    filled = generation.kind != "continue" and any(suggestion.fills for suggestion in generation.suggestions)
    return parse(generation.text).literals if filled else ()


def parse(text: str) -> Template:
    """Find the blanks of `text`.

    Raises `BadInput` with a key: `blank_none`; `blank_many` (found, limit); `blank_only` where nothing but blanks
    is there; `blank_hint` (given, low, high) for a number of words out of range.
    """
    literals: list[str] = []
    blanks: list[Blank] = []
    at = 0
    for start, end in _runs(text):
        hint = _HINT.match(text, end)
        literals.append(text[at:start])
        blanks.append(Blank(words=_words(hint[1]) if hint else None))
        at = hint.end() if hint else end
    literals.append(text[at:])
    # Two blanks side by side (`[MASK][MASK]`) are two words, and words stand apart except in Chinese.
    literals[1:-1] = [between or ("" if has_han(text) else " ") for between in literals[1:-1]]
    if not blanks:
        raise BadInput("blank_none")
    if len(blanks) > MAX_BLANKS:
        raise BadInput("blank_many", found=len(blanks), limit=MAX_BLANKS)
    if not any(map(has_word, literals)):
        raise BadInput("blank_only")
    return Template(literals=tuple(literals), blanks=tuple(blanks))


def _words(digits: str) -> int:
    # A number of hundreds of digits is cut before it is read: it is out of range either way.
    number = int(digits[:6])
    if not 1 <= number <= MAX_WORDS:
        raise BadInput("blank_hint", given=number, low=1, high=MAX_WORDS)
    return number


def _runs(text: str) -> list[tuple[int, int]]:
    """The [start, end) offsets of the blanks, without the pairs of runs that are bold italics."""
    found = list(_RUN.finditer(text))
    marks: set[int] = set()
    number = 0
    while number < len(found):
        closing = _closing(text, found, number)
        if closing is not None:
            marks |= {number, closing}
            number = closing
        number += 1
    return [match.span() for number, match in enumerate(found) if number not in marks]


def _closing(text: str, found: Sequence[re.Match[str]], number: int) -> int | None:
    """Which run closes the bold italics that run `number` opens; None where it opens none."""
    opening = found[number]
    if opening[0] != "___" or not _OPENS.search(text[: opening.start()]):
        return None
    if not text[opening.end() : opening.end() + 1].isalpha():
        return None
    for other in range(number + 1, len(found)):
        match = found[other]
        between = text[opening.end() : match.start()]
        if "\n\n" in between:
            return None
        following = text[match.end() : match.end() + 1]
        if match[0] == "___" and _BEFORE_CLOSING.search(between) and not (following.isalnum()):
            return other
    return None

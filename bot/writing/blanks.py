"""Blanks in a text: three or more underscores or `[MASK]`, with a number behind it for that many words.

`___` alone is a blank of unknown length; `___3` (or `[MASK]3`) is three words. Underscores that Discord would read
as bold italics around words (`___so___`) stay what they are, and underscores escaped against that are blanks
all the same, as are the full-width ones of Chinese keyboards.

Nothing within an address (from `scheme://` or `www.` up to white space) or the name of a server's emoji
(`<:___:123>`) is a blank, nor are underscores between the letters and digits of one identifier (`snake___case`). So a
blank at a word has a space or a mark on its other side (`light___ keeper`); within a word it is written `[MASK]`
(`un[MASK]able`). Scripts that are written without spaces have no identifiers (`老人___了灯`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import BadInput
from bot.inference.protocol import Gap
from bot.rules.generations import Generation, Suggestion
from bot.rules.text.characters import has_word
from bot.rules.text.matching import in_word
from bot.rules.text.words import BLANK, has_han

MAX_BLANKS = 8
"""Blanks of a text."""
MAX_WORDS = 8
"""Words that a blank may ask for."""

_RUN = re.compile(r"(?P<line>(?:\\?[_＿]){3,})|(?P<mask>\\?\[MASK\\?\])", re.IGNORECASE)
"""Three or more underscores, or `[MASK]`; each may be escaped with backslashes."""
_HINT = re.compile(r"(\d+)(?!\w)")
"""The number of words behind a blank."""
_ADDRESS = re.compile(
    r"(?:(?<=[a-z0-9])://|(?<![a-z0-9])www\.)[^\s<>。，、！？；：「」『』《》（）“”]* | <a?:\w{2,32}:\d{1,20}>",
    re.IGNORECASE | re.VERBOSE,
)
"""The part of an address in which underscores can stand, up to white space or a mark of a Chinese text; and an emoji of
a server, as Discord writes it."""
_BEFORE_CLOSING = ".!?…,;:_"
"""Marks, besides letters and digits, behind which bold italics end."""
_MARKS = re.compile(
    r"\\([^\w\s]|_)|\*{1,3}(?=\S)|(?<=\S)\*{1,3}|~~|\|\||`|(?<!\w)_{1,3}(?=\w)|(?<=[\w.!?,])_{1,3}(?!\w)"
)
"""Discord's marks for formatting; group 1 is a character that a backslash escapes, which stays."""


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
        `BLANK` for the blanks that are still open."""
        known = [BLANK if fill is None else fill for fill in fills]
        literals = [literal.replace(BLANK, "") for literal in self.literals]
        left = "".join(part for pair in zip(literals, known[:number], strict=False) for part in pair)
        right = "".join(part for pair in zip(known[number + 1 :], literals[number + 2 :], strict=True) for part in pair)
        return Gap(left=unmarked(left + literals[number]), right=unmarked(literals[number + 1] + right))


def unmarked(text: str) -> str:
    """Return `text` without Discord's marks for bold, italics, strikethrough, spoilers and code."""
    return _MARKS.sub(lambda match: match[1] or "", text)


def has_blanks(text: str) -> bool:
    """Tell whether there is a blank in `text`, well formed or not."""
    return bool(_runs(text))


def literals_of(generation: Generation) -> tuple[str, ...]:
    """Return what stands around the fills of the suggestions for a text with blanks; nothing where they have none."""
    filled = next((suggestion for suggestion in generation.suggestions if suggestion.fills), None)
    if filled is None:
        return ()
    try:
        literals = parse(generation.text).literals
    except BadInput:
        literals = ()
    # What was asked while other texts counted as blanks is read from what was made of it.
    return literals if len(literals) == len(filled.fills) + 1 else _around(filled)


def _around(suggestion: Suggestion) -> tuple[str, ...]:
    """Return what stands around the fills in the text of a suggestion."""
    literals, at = [], 0
    for fill in suggestion.fills:
        start = max(at, suggestion.text.find(fill, at))
        literals.append(suggestion.text[at:start])
        at = start + len(fill)
    return (*literals, suggestion.text[at:])


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
    apart = "" if has_han(text) else " "
    literals[1:-1] = [between or apart for between in literals[1:-1]]
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
    """The [start, end) offsets of the blanks, without those within addresses and identifiers and the pairs of runs that
    are bold italics."""
    addresses = [match.span() for match in _ADDRESS.finditer(text)]
    found = [match for match in _RUN.finditer(text) if not _in_name(text, match) and not _is_within(match, addresses)]
    marks = _italics(text, found)
    return [match.span() for number, match in enumerate(found) if number not in marks]


def _in_name(text: str, run: re.Match[str]) -> bool:
    """Tell whether a run of underscores stands between letters or digits of one identifier."""
    if run["line"] is None or "＿" in run[0] or _HINT.match(text, run.end()):
        return False
    return in_word(text[max(0, run.start() - 1) : run.start()]) and in_word(text[run.end() : run.end() + 1])


def _is_within(run: re.Match[str], spans: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a run stands in one of the spans, which are in order and apart."""
    place = bisect_right(spans, run.start(), key=lambda span: span[0]) - 1
    return place >= 0 and run.start() < spans[place][1]


def _italics(text: str, found: Sequence[re.Match[str]]) -> frozenset[int]:
    """The numbers of the runs that begin or end bold italics: one that may begin them does where, before an empty line,
    there is one that may end them. What stands in between may still be a blank."""
    closings = _next_closings(text, found)
    marks: set[int] = set()
    number, empty = 0, -1
    while number < len(found):
        run, closing = found[number], closings[number + 1]
        if empty < run.end():
            empty = text.find("\n\n", run.end())
            empty = len(text) if empty < 0 else empty
        if closing is not None and _may_open(text, run) and found[closing].start() < empty + 2:
            marks |= {number, closing}
            number = closing
        number += 1
    return frozenset(marks)


def _next_closings(text: str, found: Sequence[re.Match[str]]) -> list[int | None]:
    """For each run, and for none behind the last, the number of the first from there on that may end bold italics."""
    closings: list[int | None] = [None]
    for number in range(len(found) - 1, -1, -1):
        closings.append(number if _may_close(text, found[number]) else closings[-1])
    return closings[::-1]


def _may_open(text: str, run: re.Match[str]) -> bool:
    before, following = text[max(0, run.start() - 1) : run.start()], text[run.end() : run.end() + 1]
    return run[0] == "___" and not (before.isalnum() or before in ("_", "\\")) and following.isalpha()


def _may_close(text: str, run: re.Match[str]) -> bool:
    before, following = text[max(0, run.start() - 1) : run.start()], text[run.end() : run.end() + 1]
    return run[0] == "___" and (before.isalnum() or before in _BEFORE_CLOSING) and not following.isalnum()

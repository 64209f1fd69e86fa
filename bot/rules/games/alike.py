"""Texts of people and of a machine made alike in form, so that a guess is about the writing.

The same quotes, dashes, ellipses and spaces, a capital at the beginning, cut behind the last whole sentence. Of many
machine's texts those are taken whose length and surface are nearest to the people's.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence

from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import split_words

_DOUBLE = str.maketrans(dict.fromkeys("“”„«»″‟", '"') | dict.fromkeys("‘’‚‛′`´", "'"))
"""Quotes as a typewriter has them. Chinese corner brackets become them, too (`_CORNERS`)."""
_CORNERS = str.maketrans({"「": '"', "」": '"', "『": '"', "』": '"'})
"""Corner brackets."""
_DASHES = re.compile(r"(?:(?<=\S)|(?<=\s))\s?(?:—+|–+|--+|(?<=\s)-(?=\s))\s?")
"""A dash between words, however it is written."""
_DOTS = re.compile(r"\.{3,}|…+|。{2,}")
"""An ellipsis."""
_WIDE = str.maketrans({"，": ",", "！": "!", "？": "?", "；": ";", "：": ":"})
"""Marks that are written wide or narrow; in Chinese they stay wide (`_has_wide`)."""
_EMPHASIS = re.compile(r"[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}")
"""Asterisks and underlines of Markdown."""


def alike(text: str) -> str:
    """Return a text in the common form: one paragraph, without what only shows who typed it."""
    text = text.translate(_DOUBLE).translate(_CORNERS)
    text = _EMPHASIS.sub("", text)
    text = _DOTS.sub("…", text)
    if not any(char in text for char in "。，"):
        text = text.translate(_WIDE)
    text = _DASHES.sub(" — ", text)
    text = " ".join(text.split())
    ends = sentence_ends(text)
    text = text[: ends[-1]] if ends else text
    return text[:1].upper() + text[1:]


def surface(text: str) -> tuple[float, ...]:
    """Return what can be seen of a text without reading it, each of about the same weight: its length in words (log
    scale would hide little differences: in tens), commas, quotes, other marks, sentences, and letters a word."""
    words = max(1, len(split_words(text)))
    marks = sum(text.count(mark) for mark in "!?…—;:")
    return (
        words / 10,
        10 * sum(text.count(mark) for mark in ",，、") / words,
        10 * text.count('"') / words,
        10 * marks / words,
        len(sentence_ends(text)) / 2,
        len(text) / words / 2,
    )


def nearest(candidates: Sequence[str], humans: Sequence[str], count: int) -> list[int]:
    """Return which of the machine's texts are nearest in surface to the medians of the people's, by place, the nearest
    first; `count` at most. Both are in the common form."""
    measured = [surface(text) for text in humans]
    if not measured:
        return list(range(min(count, len(candidates))))
    middle = [statistics.median(column) for column in zip(*measured, strict=True)]

    def distance(place: int) -> float:
        return math.dist(surface(candidates[place]), middle)

    return sorted(range(len(candidates)), key=distance)[:count]

"""Gaps: words taken out of a passage for others to guess at, each with a shape and words that would fit as well."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.rules.text.characters import is_blank
from bot.rules.text.content_words import is_kin
from bot.rules.text.words import has_han, split_words

Shape = Literal["", "ing", "ed", "ly", "s", "name", "two"]
"""What is told of a word: how it ends, that it is a name, or in Chinese that it has two characters."""
MOST_LETTERS = 30
"""Characters of a word that fills a gap."""
_ENDINGS: tuple[tuple[Shape, re.Pattern[str]], ...] = (
    ("ing", re.compile(r"\w{2}ing$")),
    ("ed", re.compile(r"\w{2}ed$")),
    ("ly", re.compile(r"\w{2}ly$")),
    ("s", re.compile(r"\w{2}[^su]s$")),
)
"""Endings that are told, the first that fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A gap: the [start, end) places in the passage where its word stands, more than one for a name that returns; the
    `word`; its shape; `hints`, up to three words that fit there too; `guess`, the model's own word for it, empty
    where it has none."""

    places: tuple[tuple[int, int], ...]
    word: str
    shape: Shape
    hints: tuple[str, ...] = ()
    guess: str = ""


def shape_of(word: str, *, name: bool = False) -> Shape:
    """Return what is told of a word."""
    if name:
        return "name"
    if has_han(word):
        return "two"
    return next((shape for shape, ending in _ENDINGS if ending.search(word.casefold())), "")


def filled(passage: str, gaps: Sequence[Gap], words: Sequence[str]) -> str:
    """Return the passage with words in its gaps, with a capital where the word there has one."""
    return "".join(part for part, _ in parts_of(passage, gaps, words))


def parts_of(passage: str, gaps: Sequence[Gap], words: Sequence[str]) -> list[tuple[str, int | None]]:
    """Return the passage in parts: the text between gaps (None), and the word of each gap with its number. A passage
    that was withdrawn is empty: then only the words are left."""
    spots = sorted((start, end, number) for number, gap in enumerate(gaps) for start, end in gap.places)
    parts: list[tuple[str, int | None]] = []
    at = 0
    for start, end, number in spots:
        parts.append((passage[at:start], None))
        word = words[number]
        parts.append((word[:1].upper() + word[1:] if passage[start : start + 1].isupper() else word, number))
        at = end
    return [*parts, (passage[at:], None)]


def one_word(text: str) -> str | None:
    """Return a text as the one word that fills a gap, None where it is none, or more than one."""
    text = " ".join(text.split())
    if is_blank(text) or len(text) > MOST_LETTERS or not any(char.isalnum() for char in text):
        return None
    return text if " " not in text and (has_han(text) or len(split_words(text)) == 1) else None


def likeness(word: str, gap: Gap) -> Literal["same", "kin", "other"]:
    """Return how near a word is to the one that stood in the gap: the same, a form of it, or another."""
    if word.casefold() == gap.word.casefold():
        return "same"
    return "kin" if is_kin(word, gap.word) else "other"

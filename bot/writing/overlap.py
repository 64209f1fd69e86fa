"""How original a text is: the runs of words that it shares with given texts.

Words are compared case-folded and without punctuation; each Han character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from bot.rules.text.characters import is_blank, nfkc
from bot.rules.text.words import split_words

_UNSAID = re.compile("[\ufe00-\ufe0f\u200c\u200d]")
"""What only tells how a sign is drawn."""
COUNTED_RUN = 5
"""Shared runs shorter than this many words are everybody's: they do not count as borrowed."""


def compared_words(text: str) -> list[str]:
    """Return the words of `text` as they are compared; a word without a letter or digit is none."""
    words = []
    for word in split_words(_UNSAID.sub("", nfkc(text)).replace("—", " ").replace("--", " ")):
        bare = "".join(char for char in word.casefold() if char.isalnum() or unicodedata.category(char).startswith("M"))
        if any(map(str.isalnum, bare)):
            words.append(bare)
    return words


def said(text: str) -> str:
    """Return what a text has in common with others that say the same: its words as they are compared; of a text without
    a word its signs. Empty only for a text with nothing to see."""
    words = compared_words(text)
    if words:
        return " ".join(words)
    return "" if is_blank(text) else "".join(_UNSAID.sub("", nfkc(text)).split()) or text


class Source(Protocol):
    """Something a text can have words from."""

    def runs(self, words: Sequence[str]) -> list[int]:
        """Return for each position of `words` the length of the longest run that ends there and is known."""
        ...


class TextSource:
    """A text, indexed as a suffix automaton over its words: built in one pass, asked in one pass."""

    def __init__(self, text: str) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._link = [-1]
        self._length = [0]
        last = 0
        for word in compared_words(text):
            last = self._extend(last, word)

    def _extend(self, last: int, word: str) -> int:
        """Add `word` behind the state `last` (Blumer et al. 1985) and return the new state."""
        state = self._state({}, 0, self._length[last] + 1)
        node = last
        while node >= 0 and word not in self._next[node]:
            self._next[node][word] = state
            node = self._link[node]
        if node < 0:
            return state
        target = self._next[node][word]
        if self._length[target] != self._length[node] + 1:
            clone = self._state(dict(self._next[target]), self._link[target], self._length[node] + 1)
            self._link[target] = clone
            while node >= 0 and self._next[node].get(word) == target:
                self._next[node][word] = clone
                node = self._link[node]
            target = clone
        self._link[state] = target
        return state

    def _state(self, following: dict[str, int], link: int, length: int) -> int:
        self._next.append(following)
        self._link.append(link)
        self._length.append(length)
        return len(self._next) - 1

    def runs(self, words: Sequence[str]) -> list[int]:
        found = []
        node = length = 0
        for word in words:
            while node and word not in self._next[node]:
                node = self._link[node]
                length = self._length[node]
            if word in self._next[node]:
                node = self._next[node][word]
                length += 1
            found.append(length)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What a text shares: the longest shared run in words, and which share (0..1) of its words stands in
    shared runs of `COUNTED_RUN` words or more."""

    longest_run: int
    shared: float


def overlap(text: str, sources: Sequence[Source]) -> Overlap:
    """Measure what `text` shares with `sources`. A text without words shares nothing."""
    words = compared_words(text)
    begun = [0] * (len(words) + 1)
    longest = 0
    for source in sources:
        for end, length in enumerate(source.runs(words), start=1):
            longest = max(longest, length)
            if length >= COUNTED_RUN:
                begun[end - length] += 1
                begun[end] -= 1
    # How many shared runs hold each word, from where they begin and end.
    borrowed = sum(runs > 0 for runs in accumulate(begun))
    return Overlap(longest_run=longest, shared=borrowed / len(words) if words else 0.0)

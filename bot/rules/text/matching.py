"""Whether a phrase stands in a text: as words of its own, whatever their case.

A word of an alphabet counts only where it is whole. Chinese, Japanese, Thai and their like are written without spaces,
Korean with endings on its words: there a phrase counts anywhere. A star at its beginning or end (`spider*`) lets
a phrase go on there, as in Discord's own word filters.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from bot.rules.text.characters import nfc, nfkd, normalise
from bot.rules.text.words import UNSPACED

# With the marks of kana, Bopomofo and Hangul.
_UNSPACED = re.compile(f"[{UNSPACED}\u3099\u309a\u3100-\u312f\uac00-\ud7a3]")
_EDGE = "\x00"
"""The mark at the edge of a word: a character that no folded text has."""
_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
"""The accents of a Latin letter, in decomposed text without case."""


@dataclass(frozen=True)
class Folded:
    """A text made ready to look in: `plain` without case, and `bare` without the accents of Latin letters, too."""

    plain: str
    bare: str

    @cached_property
    def marked(self) -> frozenset[str]:
        """Both forms, with the edges of words marked."""
        return frozenset(_marked(text) for text in {self.plain, self.bare})


class Phrase:
    """A phrase made ready to be looked for. Written without accents it is found with them, too; one of nothing but
    stars and white space is found nowhere."""

    def __init__(self, phrase: str) -> None:
        plain = fold(phrase).plain
        marked = _marked(plain.strip("* "))
        # A star lets a word go on: then its edge is not asked for.
        start = marked.startswith(_EDGE) and plain.startswith("*")
        end = marked.endswith(_EDGE) and plain.endswith("*")
        self._sought = marked[start : len(marked) - end]

    def stands_in(self, text: Folded) -> bool:
        """Tell whether the phrase stands in `text`."""
        return bool(self._sought) and any(self._sought in marked for marked in text.marked)


def fold(text: str) -> Folded:
    """Return `text` without case, width, invisible characters and runs of white space."""
    decomposed = nfkd(normalise(text).replace("’", "'").casefold()).casefold()
    seen = "".join(char for char in decomposed if unicodedata.category(char) != "Cf")
    spaced = " ".join(seen.split())
    return Folded(nfc(spaced), nfc(_ACCENTS.sub("", spaced)))


def stands_in(phrase: str, text: Folded) -> bool:
    """Tell whether `phrase` stands in `text`; see `Phrase`."""
    return Phrase(phrase).stands_in(text)


def _marked(text: str) -> str:
    """Return a text with a mark at each edge of a word: a word of an alphabet is found with its marks, so that no part
    of a longer one is taken for it, and however often it stands in others, the text is read once."""
    inside = [False, *map(in_word, text), False]
    edges = [place for place, (before, behind) in enumerate(pairwise(inside)) if before != behind]
    return _EDGE.join(text[start:end] for start, end in pairwise([0, *edges, len(text)]))


def in_word(char: str) -> bool:
    """Tell whether a character is part of a word of a script that divides words by spaces; an empty text is not."""
    return bool(char) and (char.isalnum() or unicodedata.category(char).startswith("M")) and not _UNSPACED.match(char)

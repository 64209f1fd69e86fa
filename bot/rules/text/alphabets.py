"""Letters of which alphabets may stand together: a byte-level model now and then puts a scrap of one into another."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
"""A word: letters and digits, with single apostrophes or hyphens between them."""
_UNSPACED = "CJK"
"""What Unicode calls Chinese characters: words of other alphabets stand right beside them."""
_TOGETHER = dict.fromkeys(("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "BOPOMOFO"), _UNSPACED)
"""What is written within one word with them."""
_EVERYWHERE = "LATIN"
"""The alphabet of which words stand in texts of all others."""


@lru_cache(maxsize=4096)
def alphabet(char: str) -> str:
    """Return the name of the alphabet of a letter, by Unicode's name for it; empty for a digit and what is no letter or
    number. A raised letter and a number that is no plain digit have names of their own, which belong to none."""
    if not char.isalnum() or char.isdecimal():
        return ""
    first = unicodedata.name(char, "?").split(" ", 1)[0]
    return _TOGETHER.get(first, first)


def alphabets(text: str) -> set[str]:
    """Return the alphabets that `text` has letters of."""
    return {name for char in text if (name := alphabet(char))}


class Alphabets:
    """The alphabets of the text on both sides of a blank, looked at once."""

    def __init__(self, left: str, right: str) -> None:
        self._known = alphabets(left) | alphabets(right) | {_EVERYWHERE}
        self._before, self._behind = left[-1:], right[:1]

    def is_scrap(self, fill: str) -> bool:
        """Tell whether a fill mixes alphabets within a word, the letters that it touches included, or has one that
        neither side has."""
        if not alphabets(fill) <= self._known:
            return True
        whole, start = self._before + fill + self._behind, len(self._before)
        return any(
            len(alphabets(match[0]) - {_UNSPACED}) > 1
            for match in _TOKEN.finditer(whole)
            if match.end() > start and match.start() < start + len(fill)
        )

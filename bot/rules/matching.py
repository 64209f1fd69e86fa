"""Whether a phrase stands in a text: as words of its own, whatever their case.

A word of an alphabet counts only where it is whole. Chinese, Japanese, Thai and their like are written without spaces,
Korean with endings on its words: there a phrase counts anywhere. A star at its beginning or end (`spider*`) lets
a phrase go on there, as in Discord's own word filters.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.rules.characters import nfc, nfkd, normalise

# Thai to Burmese, Khmer; kana, Bopomofo; Han (as in `bot.rules.words`); Hangul.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uac00-\ud7a3\U00020000-\U0002fa1f]"
)
_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text made ready to look in: `plain` without case, and `bare` without the accents of Latin letters, too."""

    plain: str
    bare: str


def fold(text: str) -> Folded:
    """Return `text` without case, width, invisible characters and runs of white space."""
    decomposed = nfkd(normalise(text).replace("’", "'").casefold()).casefold()
    seen = "".join(char for char in decomposed if unicodedata.category(char) != "Cf")
    spaced = " ".join(seen.split())
    return Folded(nfc(spaced), nfc(_ACCENTS.sub("", spaced)))


def stands_in(phrase: str, text: Folded) -> bool:
    """Tell whether `phrase` stands in `text`. Written without accents it is found with them, too; one of nothing but
    stars and white space is found nowhere."""
    plain = fold(phrase).plain
    sought = plain.strip("* ")
    if not sought:
        return False
    loose = plain.startswith("*"), plain.endswith("*")
    return any(_found(sought, whole, loose) for whole in {text.plain, text.bare})


def _found(sought: str, text: str, loose: tuple[bool, bool]) -> bool:
    start = text.find(sought)
    while start >= 0:
        end = start + len(sought)
        before, behind = text[max(0, start - 1) : start + 1], text[end - 1 : end + 1]
        if (loose[0] or not _joined(before)) and (loose[1] or not _joined(behind)):
            return True
        start = text.find(sought, start + 1)
    return False


def _joined(pair: str) -> bool:
    """Tell whether two characters that stand together belong to one word."""
    return len(pair) == 2 and all(in_word(char) for char in pair)


def in_word(char: str) -> bool:
    """Tell whether a character is part of a word of a script that divides words by spaces; an empty text is not."""
    return bool(char) and (char.isalnum() or unicodedata.category(char).startswith("M")) and not _UNSPACED.match(char)

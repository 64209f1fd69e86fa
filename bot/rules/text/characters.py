"""The one form that all text has in this program, and whether there is anything to see or to say in it.

Text of people is normalised where it comes in: from Discord in `bot.ui.incoming_text`, from scripts in
`bot.writing.request`.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import Literal

from bot.rules.text.segments import cluster_starts

# Invisible characters that no script needs: soft hyphen, zero-width space, word joiner, invisible operators,
# deprecated format characters, byte-order mark, annotation anchors, musical format characters, noncharacters, and the
# places that Unicode keeps free for more of them.
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufdd0-\ufdef\ufff0-\ufffb\ufffe\uffff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff]"
)
# Embeddings, overrides and isolates: they can turn the text around them, on a card too.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BIDI_MARKS = re.compile("[\u061c\u200e\u200f]")
"""Marks of direction that are harmless: they stay in a text that has right-to-left letters."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
"""Control characters, but for tabs and what `_LINE_END` takes."""
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
"""Every line end that is not a line feed alone."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""A lone surrogate, half of a character: no valid UTF-8 has one."""
# Tag characters are good only in the flags of England, Scotland and Wales.
_TAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0020-\U000e007f]")
_JOINERS = re.compile("[\u200c\u200d]+")
"""Zero-width joiners and non-joiners in a row."""
_PHRASES = re.compile("([\ufdfa\ufdfb]+)")
"""Characters that are 18 and 8 others: a text of them would be far longer than what a person can send."""
_MARKS_IN_A_ROW = re.compile(r"(?:[^\w\x00-\u02ff]|[\uff9e\uff9f]){32,}")
"""Where there may be more marks upon one letter than any script has: they are no letters, but for two half-width
kana."""
# What looks like nothing though Unicode calls it a letter or a sign: fillers of Hangul, Braille's and Egyptian blanks.
_BLANK_LOOKING = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159\U00013441\U00013442")


def normalise(text: str) -> str:
    """Return `text` in NFC, with plain line ends and without control and invisible characters.

    Joiners stay where scripts and emoji need them, one at a time; bidirectional overrides go, the harmless marks stay
    in a text that has right-to-left letters; a lone surrogate becomes U+FFFD. Idempotent.
    """
    text = _SURROGATE.sub("\ufffd", text)
    text = _LINE_END.sub("\n", text)
    for unwanted in (_CONTROL, _INVISIBLE, _BIDI):
        text = unwanted.sub("", text)
    text = _TAGS.sub(lambda match: match[1] or "", text)
    if not any(char.isalpha() and unicodedata.bidirectional(char) in {"R", "AL"} for char in text):
        text = _BIDI_MARKS.sub("", text)
    return nfc(_with_needed_joiners(text))


def nfc(text: str) -> str:
    """Return `text` in Unicode's form NFC."""
    return unicodedata.normalize("NFC", _MARKS_IN_A_ROW.sub(lambda match: _ordered("NFD", match[0]), text))


def nfkc(text: str) -> str:
    """Return `text` in Unicode's form NFKC, but for the two characters that stand for whole phrases: they stay."""
    return _compatible("NFKC", text)


def nfkd(text: str) -> str:
    """Return `text` in Unicode's form NFKD, but for the two characters that stand for whole phrases: they stay."""
    return _compatible("NFKD", text)


def _compatible(form: Literal["NFKC", "NFKD"], text: str) -> str:
    text = _MARKS_IN_A_ROW.sub(lambda match: _ordered("NFKD", match[0]), text)
    parts = _PHRASES.split(text)
    parts[::2] = [unicodedata.normalize(form, part) for part in parts[::2]]
    return "".join(parts)


def _ordered(form: Literal["NFD", "NFKD"], marks: str) -> str:
    """Return decomposed marks in their canonical order. Python's own way to that takes quadratic time for many upon one
    letter; what is in order already costs it nothing."""
    parts = "".join(unicodedata.normalize(form, mark) for mark in marks)
    by_letter = itertools.groupby(parts, key=lambda char: unicodedata.combining(char) > 0)
    return "".join(
        "".join(sorted(group, key=unicodedata.combining) if combining else group) for combining, group in by_letter
    )


def _with_needed_joiners(text: str) -> str:
    """Return `text` with the joiners that stand between letters of a script that joins, or between two emoji that are
    one character with it."""
    if _JOINERS.search(text) is None:
        return text
    text = _JOINERS.sub(lambda match: match[0][0], text)
    starts = set(cluster_starts(text))

    def kept(match: re.Match[str]) -> str:
        before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
        inside = bool(after) and match.end() not in starts and not unicodedata.category(after).startswith("M")
        return match[0] if inside or (before and after and _joins(before) and _joins(after)) else ""

    return _JOINERS.sub(kept, text)


def _joins(char: str) -> bool:
    # Latin, Greek, Cyrillic and CJK letters never need a joiner; the scripts from Hebrew to Mongolian may.
    return unicodedata.category(char) in {"Mn", "Mc"} or ("\u0590" <= char <= "\u18af" and char.isalpha())


def is_blank(text: str) -> bool:
    """Tell whether `text` has nothing to see. Characters for private use look different on every machine: cards leave
    them out (`bot.ui.escaping.tidy`)."""
    unseen = {"Cc", "Cf", "Co", "Cs", "Zs", "Zl", "Zp", "Mn"}
    return all(char in _BLANK_LOOKING or unicodedata.category(char) in unseen for char in text)


def has_word(text: str) -> bool:
    """Tell whether `text` has a letter or a digit that can be seen."""
    return any(char.isalnum() and char not in _BLANK_LOOKING for char in text)


def caseless(text: str) -> str:
    """Return `text` as names and titles are compared: normalised, without case, each run of white space a space."""
    return nfc(" ".join(normalise(text).casefold().split()))

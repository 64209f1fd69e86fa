"""What a word is: wherever words are counted, compared or asked about, in rules and by both models.

Scripts with spaces: what stands between two of them, as people and their word processors count. Chinese and Japanese:
each Han character and each kana, and each mark beside them, as is counted there. Thai, Lao, Khmer and Burmese: the
words of ICU's dictionaries. Other scripts without spaces (`_NO_DICTIONARY`) have no dictionary in ICU: each of their
characters counts as a word, which is more than there are, but no page is one word.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence

from bot.rules.text.segments import cluster_starts, word_starts

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003347f"
"""Chinese characters, as the inside of a class of `re`."""
KANA = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d\U0001b000-\U0001b167"
)
"""Japanese syllables, their marks of length and repetition, and 々, 〆 and 〇, as the inside of a class of `re`."""
_DICTIONARY = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9fe\uaa60-\uaa7f"
"""Thai, Lao, Burmese, Khmer: ICU brings dictionaries."""
_NO_DICTIONARY = "\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\ua980-\ua9df\uaa00-\uaa5f\uaa80-\uaadf\U00011700-\U0001174f"
"""Tai Le, New Tai Lue, Tai Tham, Balinese, Javanese, Cham, Tai Viet, Ahom: written without spaces, too."""
UNSPACED = HAN + KANA + _DICTIONARY + _NO_DICTIONARY
"""All scripts in which words stand side by side, as the inside of a class of `re`."""

BLANK = "\ufdd0"
"""How a blank is written in a text for the models: a noncharacter, so that nothing that people write is one."""

_SINGLE = "\x00-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u203e\u3000-\u3029\u3030-\u303f\uff01-\uff3e\uff40-\uff65"
"""Letters and marks none of which joins with another into one character, as the inside of a class of `re`."""
_PLAIN = re.compile(f"[{_SINGLE}{HAN}{KANA}]*")
"""Texts of single characters, without marks, joined emoji or scripts that need a dictionary: nearly all of them."""
_EACH = re.compile(f"[{HAN}{KANA}]")
"""A Han character or a kana: a word by itself."""
_PLAIN_WORD = re.compile(rf"[{HAN}{KANA}]|[^\s{HAN}{KANA}]+")
"""A word of a text that `_PLAIN` matches, with the marks that are attached to it."""
_PLAIN_TOKEN = re.compile(rf"[{HAN}{KANA}]|[^\W{HAN}{KANA}]+(?:['’\-][^\W{HAN}{KANA}]+)*|[^\w\s]")
"""A word of such a text without what is attached to it, or a mark alone."""
_INNER = re.compile(f"[{_DICTIONARY}{_NO_DICTIONARY}]")
"""A character of the scripts without spaces besides Han and kana: one word may begin right behind another."""
_ALONE = re.compile(f"[{HAN}{KANA}{_NO_DICTIONARY}]")
"""A character that `_atoms` takes apart from what stands beside it."""
_UNSPACED = re.compile(f"[{UNSPACED}]")
"""A character of any script without spaces between words."""
_HAN_CHARACTER = re.compile(f"[{HAN}]")
"""A Chinese character."""
_WHOLE = re.compile(r"\S+")
"""A run of characters that are not white space."""
_OPENING = frozenset("([{“‘«‹¿¡")
"""Marks that belong to the word behind them."""
_TIES = frozenset("'’-")
"""Marks that make one of two words between which they stand."""
_LOOSE = re.compile(r"[.,:;·․‧]")
"""Marks that hold a word or a number together by Unicode's rules; to compare texts they stand alone."""

Offsets = tuple[int, int]


def word_spans(text: str) -> list[Offsets]:
    """Return the [start, end) offsets of the words, what is attached to them included: together they are all that is
    not white space. No word begins or ends inside of what people take for one character."""
    if _PLAIN.fullmatch(text):
        return [match.span() for match in _PLAIN_WORD.finditer(text)]
    spans: list[Offsets] = []
    before, worded = "", False
    for start, end in _atoms(text):
        atom = text[start:end]
        lettered, opens = any(map(str.isalnum, atom)), atom in _OPENING
        apart = not spans or spans[-1][1] != start or _EACH.match(before) or _EACH.match(atom)
        inner = _INNER.match(before) or _INNER.match(text, end if opens else start)
        if apart or (worded and inner and (lettered or (opens and text[end : end + 1].strip()))):
            spans.append((start, end))
            before, worded = atom, lettered
        else:
            spans[-1] = (spans[-1][0], end)
            before, worded = (atom, True) if lettered else (before, worded)
    return spans


def split_words(text: str) -> list[str]:
    """Return the words of `text`, punctuation attached as written."""
    return [text[start:end] for start, end in word_spans(text)]


def token_spans(text: str) -> list[Offsets]:
    """Return the [start, end) offsets of the words without what is attached to them, and of each mark alone: to
    compare texts, where a new comma does not make a new word. Together they are all that is not white space."""
    if _PLAIN.fullmatch(text):
        return [match.span() for match in _PLAIN_TOKEN.finditer(text)]
    spans: list[Offsets] = []
    for start, end in itertools.chain.from_iterable(_loosened(text, *atom) for atom in _atoms(text)):
        joined = _joined(text, spans, start)
        if joined:
            spans[-joined:] = [(spans[-joined][0], end)]
        else:
            spans.append((start, end))
    return spans


def stands_alone(char: str) -> bool:
    """Tell whether `char` is a word by itself, whatever stands around it: a Han character or a kana."""
    return _EACH.match(char) is not None


def has_han(text: str) -> bool:
    """Tell whether `text` has a Chinese character (or a Japanese or Korean one of the same block)."""
    return _HAN_CHARACTER.search(text) is not None


def _atoms(text: str) -> list[Offsets]:
    """Return the smallest pieces of which words are made: what Unicode's rules part, whole characters, the characters
    of some scripts each alone, and without white space."""
    starts = cluster_starts(text)
    breaks = set(starts).intersection(word_starts(text))
    for start, after in itertools.pairwise([*starts, len(text)]):
        if _ALONE.match(text, start):
            breaks |= {start, after}
    ends = sorted(breaks | {len(text)})
    return [match.span() for start, end in itertools.pairwise(ends) for match in _WHOLE.finditer(text, start, end)]


def _loosened(text: str, start: int, end: int) -> Iterator[Offsets]:
    """Give an atom in pieces, with the marks alone that hold it together."""
    for mark in _LOOSE.finditer(text, start, end):
        if start < mark.start() and mark.end() < end:
            yield start, mark.start()
            yield mark.span()
            start = mark.end()
    yield start, end


def _joined(text: str, spans: Sequence[Offsets], start: int) -> int:
    """Return how many of the last of `spans` make one token with what begins at `start`: a word and what goes on in
    it, or a word and a tie, or none."""
    if not spans or spans[-1][1] != start or not _goes_on(text[start]):
        return 0
    if _ends_in_word(text, spans[-1]):
        return 1
    tied = len(spans) > 1 and spans[-1] == (start - 1, start) and spans[-2][1] == start - 1
    return 2 if tied and text[start - 1] in _TIES and _ends_in_word(text, spans[-2]) else 0


def _ends_in_word(text: str, span: Offsets) -> bool:
    """Tell whether a word of a script with spaces ends with `span`, so that it could go on there."""
    return _goes_on(text[span[1] - 1]) and not _UNSPACED.match(text, span[0])


def _goes_on(char: str) -> bool:
    """Tell whether words of scripts with spaces go on with `char`."""
    if _UNSPACED.match(char):
        return False
    return char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")

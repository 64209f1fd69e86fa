"""Which words of a passage may be twisted: those that carry the picture, and that another word could replace.

Left alone are function words, names, words that a text says again and again, speech verbs with the clause that tells
who speaks, numbers, contractions and compounds. Where words are not divided by spaces (Chinese), pairs of characters
between function words stand for words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass

from bot.rules.text.content_words import LEAST_LETTERS, MOST_LETTERS, SPEECH, is_function_word, stem
from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import has_han

LONGEST_HAN_RUN = 4
"""Longer runs of Chinese characters are more words than could be told apart."""

_HAN_FUNCTION = (
    "的了着过是在和与及或也都就又还再才只很太最更不没无有我你您他她它们这那哪其此某每个位只些种之而且但却则若如果因为所以"
    "于从向往对把被将给让使到得地吗呢吧啊呀嘛说道问答想能会可要该应一二三两几多少什么怎谁何"
)
"""Chinese characters that are function words or verbs of speech: words are looked for between them."""
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
"""A word of letters, with apostrophes and hyphens inside."""
_TAG = re.compile(r"[.,!?…—][\"”’][ ]?([^.,;:!?…—\"“”\n]{1,60})")
"""The clause behind a quotation (group 1), which may tell who speaks."""


@dataclass(frozen=True, slots=True)
class SelectableWord:
    """A word that may be twisted: the [start, end) characters of the text that it stands in."""

    start: int
    end: int
    word: str


def selectable_words(text: str) -> list[SelectableWord]:
    """Return the words of `text` that may be twisted, in order. In Chinese they may overlap."""
    if has_han(text):
        return _han(text)
    words = list(_WORD.finditer(text))
    said = Counter(stem(match[0]) for match in words)
    silent = _tags(text)
    return [
        SelectableWord(match.start(), match.end(), match[0])
        for match in words
        if _carries(match[0]) and said[stem(match[0])] == 1 and match.start() not in silent
    ]


def _carries(word: str) -> bool:
    """Tell whether a word is an ordinary one that carries meaning, not a name: names have capitals."""
    return (
        LEAST_LETTERS <= len(word) <= MOST_LETTERS and word.isalpha() and word.islower() and not is_function_word(word)
    )


def _tags(text: str) -> frozenset[int]:
    """The places of the clauses behind speech that tell who speaks, and how."""
    found: set[int] = set()
    for match in _TAG.finditer(text):
        if any(word.casefold() in SPEECH for word in _WORD.findall(match[1])):
            found.update(range(match.start(1), match.end(1)))
    return frozenset(found)


def _han(text: str) -> list[SelectableWord]:
    """Pairs of characters in short runs between function words and marks."""
    found = []
    for match in re.finditer(r"[^\W\d_]+", text):
        for run in re.finditer(f"[^{_HAN_FUNCTION}]{{2,}}", match[0]):
            if len(run[0]) > LONGEST_HAN_RUN or not all(has_han(char) for char in run[0]):
                continue
            for at in range(match.start() + run.start(), match.start() + run.end() - 1):
                found.append(SelectableWord(at, at + 2, text[at : at + 2]))
    said = Counter(spot.word for spot in found)
    return [spot for spot in found if said[spot.word] == 1]


def spread(text: str, found: list[tuple[float, SelectableWord]], wanted: int, apart: int) -> list[SelectableWord]:
    """Return at most `wanted` of the spots, in order of place: those of the greatest value, but from all over the
    text, at most two in a sentence, `apart` characters at least between two."""
    ends = sentence_ends(text)
    part = max(1, len(text) // wanted)
    chosen: list[SelectableWord] = []
    seen: set[int] = set()
    in_sentence: Counter[int] = Counter()
    best = sorted(found, key=lambda pair: -pair[0])
    for again in (False, True):
        for _, spot in best:
            if len(chosen) >= wanted:
                break
            sentence = bisect_right(ends, spot.start)
            near = any(spot.start < other.end + apart and other.start < spot.end + apart for other in chosen)
            if in_sentence[sentence] < 2 and not near and (again or spot.start // part not in seen):
                chosen.append(spot)
                seen.add(spot.start // part)
                in_sentence[sentence] += 1
    return sorted(chosen, key=lambda spot: spot.start)

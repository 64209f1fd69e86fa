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

from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import has_han

LEAST_LETTERS = 3
"""Letters of the shortest word that is twisted."""
MOST_LETTERS = 24
"""Letters of the longest."""
LONGEST_HAN_RUN = 4
"""Longer runs of Chinese characters are more words than could be told apart."""

_FUNCTION = frozenset(
    """
    a about above across after again against ago ahead all almost alone along already also although always am amid
    among an and another any anybody anyone anything anyway anywhere apart are around as aside at away back be became
    because become becomes becoming been before began begin begins begun behind being below beneath beside besides
    between beyond both but by came can cannot certain come comes coming could course did do does doing done down
    during each either else enough even ever every everybody everyone everything everywhere except far few first for
    former forth forward from further gave get gets getting give given gives giving go goes going gone got had half has
    have having he hence her here hers herself him himself his how however i if in indeed inside instead into is it its
    itself just keep kept kind last latter least less let lets like little long lot made make makes making many may
    maybe me mere merely might mine more moreover most mostly mr mrs much must my myself near nearly neither never next
    no nobody none nor not nothing now nowhere of off often on once one ones only onto or other others otherwise ought
    our ours ourselves out outside over own past per perhaps please put quite rather really said same second seem
    seemed seems several shall she should since so some somebody someone something sometimes somewhere soon still such
    take taken takes taking than that the thee their theirs them themselves then there therefore these they thing
    things third this those thou though three through throughout thus thy till to together too took toward towards two
    under unless until unto up upon us used usual very was way ways we well went were what whatever when whenever where
    wherever whether which while who whoever whole whom whose why will with within without would yes yet you your yours
    yourself yourselves four five six seven eight nine ten hundred thousand time times moment moments
    minute minutes hour hours day days week weeks month months year years
    """.split()  # noqa: SIM905  # a list of a hundred quoted words would be no easier to read
)
"""Function words and other plain ones, which no rarer word replaces."""
_SPEECH = frozenset(
    """
    add added adds answer answered answers ask asked asks call called calls cried cries cry declared demanded exclaimed
    explained inquired insisted murmured murmurs muttered mutters observed remarked repeated replied replies reply said
    say saying says shout shouted shouts spoke speak speaks speaking tell telling tells thought told whisper whispered
    whispers yelled
    """.split()  # noqa: SIM905  # a list of a hundred quoted words would be no easier to read
)
"""Verbs of speech, which are not twisted and tell who speaks."""
_HAN_FUNCTION = (
    "的了着过是在和与及或也都就又还再才只很太最更不没无有我你您他她它们这那哪其此某每个位只些种之而且但却则若如果因为所以"
    "于从向往对把被将给让使到得地吗呢吧啊呀嘛说道问答想能会可要该应一二三两几多少什么怎谁何"
)
"""Chinese characters that are function words or verbs of speech: words are looked for between them."""
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
"""A word of letters, with apostrophes and hyphens inside."""
_TAG = re.compile(r"[.,!?…—][\"”’][ ]?([^.,;:!?…—\"“”\n]{1,60})")
"""The clause behind a quotation (group 1), which may tell who speaks."""
_SUFFIX = re.compile(r"(?:ies|ied|ing|ly|ed|es|er|est|s|d|y|e)$")
"""An ending of an inflected English word."""


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


def is_function_word(word: str) -> bool:
    """Tell whether a word holds sentences together, or says who speaks, and is best left plain."""
    return word.casefold() in _FUNCTION or word.casefold() in _SPEECH


def carries(word: str) -> bool:
    """Tell whether a word carries meaning, so that its return is noticed."""
    return len(word) >= LEAST_LETTERS and not is_function_word(word)


def _tags(text: str) -> frozenset[int]:
    """The places of the clauses behind speech that tell who speaks, and how."""
    found: set[int] = set()
    for match in _TAG.finditer(text):
        if any(word.casefold() in _SPEECH for word in _WORD.findall(match[1])):
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


def stem(word: str) -> str:
    """Return what the inflections of an English word share, roughly: for telling words apart, not for reading. What is
    nothing but endings, or longer than any word, is its own stem."""
    whole = word.casefold()
    if len(whole) > 2 * MOST_LETTERS:
        return whole
    bare = _SUFFIX.sub("", whole)
    while len(bare) > LEAST_LETTERS and _SUFFIX.search(bare) and bare[-1] != "s":
        bare = _SUFFIX.sub("", bare)
    return (bare[:-1] if len(bare) > LEAST_LETTERS and bare[-1] == bare[-2] else bare) or whole


def is_kin(word: str, other: str) -> bool:
    """Tell whether two words are forms of one: doors of door, ran of run, or one within the other."""
    one, two = sorted((word.casefold(), other.casefold()), key=len)
    if has_han(one) or has_han(two):
        return bool(set(one) & set(two))
    if two.startswith(one) or two.endswith(one) or stem(one) == stem(two):
        return True
    return one[:1] == two[:1] and len(two) - len(one) <= 1 and "" != _skeleton(one) == _skeleton(two)


def _skeleton(word: str) -> str:
    """A word without its vowels: sing, sang and sung have the same."""
    return re.sub("[aeiou]", "", word)


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

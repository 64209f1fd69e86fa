"""Words that carry meaning, and what their forms have in common: for telling words apart, not for reading."""

from __future__ import annotations

import re

from bot.rules.text.words import has_han

LEAST_LETTERS = 3
"""Letters of the shortest word that carries meaning."""
MOST_LETTERS = 24
"""Letters of the longest."""
_SUFFIX = re.compile(r"(?:ies|ied|ing|ly|ed|es|er|est|s|d|y|e)$")
"""An ending of an inflected English word."""
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
SPEECH = frozenset(
    """
    add added adds answer answered answers ask asked asks call called calls cried cries cry declared demanded exclaimed
    explained inquired insisted murmured murmurs muttered mutters observed remarked repeated replied replies reply said
    say saying says shout shouted shouts spoke speak speaks speaking tell telling tells thought told whisper whispered
    whispers yelled
    """.split()  # noqa: SIM905  # a list of a hundred quoted words would be no easier to read
)
"""Verbs of speech, which tell who speaks."""


def is_function_word(word: str) -> bool:
    """Tell whether a word holds sentences together, or says who speaks, and is best left plain."""
    return word.casefold() in _FUNCTION or word.casefold() in SPEECH


def carries(word: str) -> bool:
    """Tell whether a word carries meaning, so that its return is noticed."""
    return len(word) >= LEAST_LETTERS and not is_function_word(word)


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

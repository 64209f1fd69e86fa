"""Whether a row names rightly what memory and lore tell of: there is one Ember, and where she is a dragon, there are no
dragons unless the story has some."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_TOLD = re.compile(
    r"""\b(?P<name>[A-Z][\w'’-]{1,30}(?:\ [A-Z][\w'’-]{1,30}){0,3})(?:,[^,.\n]{1,60},)?
        \ (?:is|was)\ (?:a|an|the|our|my|his|her)\s(?P<kind>[^,.;:!?()\n]{1,60})""",
    re.VERBOSE,
)
"""What an entry says of whom: "Ember is a small red dragon"."""
_GOES_ON = re.compile(r"\s(?:who|that|which|whose|with|without|of|from|in|at|on|and|but|to|for|by)\s.*", re.S)
"""Where what somebody is ends, and what else is told of it begins."""
_IRREGULAR = {
    "man": "men",
    "woman": "women",
    "child": "children",
    "wolf": "wolves",
    "mouse": "mice",
    "thief": "thieves",
}
"""The ends of nouns with an irregular plural, and what they become there."""


def wrong_plurals(entries: Iterable[str], before: str) -> frozenset[str]:
    """Return the words that make many of somebody whom an entry tells of, or of what that one is, but for those that
    `before` or an entry has."""
    told = list(entries)
    wrong = {plural for entry in told for plural in _plurals(entry)}
    return frozenset(wrong.difference(_words([before, *told]))) if wrong else frozenset()


def misnames(text: str, wrong: frozenset[str]) -> bool:
    """Tell whether `text` has one of the words of `wrong_plurals`."""
    return bool(wrong) and not wrong.isdisjoint(_words([text]))


def _plurals(entry: str) -> set[str]:
    """Return the plurals of names and kinds in an entry, a name's with its capital."""
    found: set[str] = set()
    for match in _TOLD.finditer(entry):
        kind = _GOES_ON.sub("", f"{match['kind']} ").split()
        found |= {f"{word}s" for word in match["name"].split()}
        if kind and kind[-1].isalpha() and kind[-1].islower():
            found |= _many(kind[-1])
    return found


def _many(word: str) -> set[str]:
    """Return how a noun may be written of many."""
    if (end := next((end for end in _IRREGULAR if word.endswith(end)), "")) and word not in {"human", "shaman"}:
        return {word[: -len(end)] + _IRREGULAR[end]}
    if word.endswith("s"):
        return {f"{word}es"}
    return {f"{word}s", f"{word}es", f"{word[:-1]}ies"} if word.endswith("y") else {f"{word}s", f"{word}es"}


def _words(texts: Sequence[str]) -> list[str]:
    """Return the words of texts as they are written; what belongs to somebody ("Ember's") is no plural."""
    return [word for text in texts for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text)]

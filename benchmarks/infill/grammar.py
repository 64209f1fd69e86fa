"""Whether a shown fill joins into its sentence, by rule: no broken word, no doubled word, no doubled mark."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from itertools import pairwise
from typing import Literal

Fault = Literal["broken word", "doubled word", "doubled mark", "spacing"]
NEAR = 40
"""Characters on either side that a fault can reach."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
"""A word of letters, with apostrophes inside."""
_DOUBLED_MARK = re.compile(r"[,;:]\s*[,;:.!?]|(?<!\.)\.\s*[,;:]|(?<![.…])\.\s?\.(?!\.)|[!?]\s*[.,;:]")
"""Two marks behind each other that do not belong together; an ellipsis is none."""
_SPACING = re.compile(r"\S {2,}\S|\s[,;:.!?](?!\.)|\(\s|\s\)")
"""Two spaces, or one on the wrong side of a mark or bracket."""
_MAY_DOUBLE = frozenset({"had", "that", "so", "very", "no", "yes", "ha", "well", "now", "there", "come", "please"})
"""Words that may rightly stand twice ("had had", "so so")."""


def vocabulary(texts: Iterable[str]) -> frozenset[str]:
    """The words of `texts`, lower-case, in which broken ones are looked up."""
    return frozenset(word.lower().replace("’", "'") for text in texts for word in _WORD.findall(text))


def faults(left: str, fill: str, right: str, known: Container[str]) -> set[Fault]:
    """What is wrong with `fill` between `left` and `right`; faults that the text has without it do not count."""
    before, behind = left[-NEAR:], right[:NEAR]
    whole = before + fill + behind
    start, end = len(before), len(before) + len(fill)
    found: set[Fault] = set()
    words = [match for match in _WORD.finditer(whole) if match.end() > start and match.start() < end]
    for match in words:
        word = match[0].lower().replace("’", "'")
        at_edge = match.start() == 0 or match.end() == len(whole)
        if not at_edge and word not in known and re.sub("'s$", "", word) not in known and not match[0][0].isupper():
            found.add("broken word")
    neighbours = list(_WORD.finditer(whole))
    for one, other in pairwise(neighbours):
        touches = other.end() > start and one.start() < end
        same = one[0].lower() == other[0].lower() and not whole[one.end() : other.start()].strip()
        if touches and same and one[0].lower() not in _MAY_DOUBLE:
            found.add("doubled word")
    for fault, pattern in (("doubled mark", _DOUBLED_MARK), ("spacing", _SPACING)):
        if any(match.end() > start and match.start() < end for match in pattern.finditer(whole)):
            found.add(fault)  # type: ignore[arg-type]  # the names above
    return found

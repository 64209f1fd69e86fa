"""The pool of an infill: what both models propose for one blank, tidied, joined and without what cannot stand there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from bot.inference.protocol import Fill, Gap
from bot.rules.text.alphabets import Alphabets
from bot.rules.text.truecasing import begins_sentence
from bot.rules.text.words import has_han, split_words

MASKED_WEIGHT = 0.5
MASKED_FLOOR = -9.0
"""How much the masked model's view counts before a fill is read with the right text, and how far behind its best a
fill counts at most: it does not know many words that the causal model does."""
UNSEEN = -25.0
"""What stands for `ahead` where the causal model did not look at a fill."""
_PAIRED = (("(", ")"), ("[", "]"), ("“", "”"), ("«", "»"))
_LETTERS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(slots=True)
class Candidate:
    """A fill that may be shown.

    `masked` is how far its score lies behind the best of its number of pieces among the masked model's fills (0 is
    best), None where that model did not propose it; `ahead` is log p(fill and the first token behind it | left) by
    the causal model, None where that did not look at it.
    """

    text: str
    masked: float | None = None
    ahead: float | None = None
    cased: bool = field(default=False)
    """The text comes from a model that knows case."""
    grown: bool = False
    """The causal model came upon it by itself."""

    @property
    def words(self) -> int:
        return len(split_words(self.text))

    @property
    def behind(self) -> float:
        """How far it lies behind the masked model's best of its length, as far as that counts."""
        return MASKED_FLOOR if self.masked is None else max(MASKED_FLOOR, self.masked)

    def promise(self, rarity: float = 0.0) -> float:
        """How likely it seems to be what belongs there, before it is read with the whole right text: in nats. `rarity`
        is the share of its improbability that is forgiven."""
        return (UNSEEN if self.ahead is None else self.ahead * (1.0 - rarity)) + MASKED_WEIGHT * self.behind


class Pool:
    """Candidates for one gap, joined where they differ only in case. `words` is how many it may have."""

    def __init__(self, gap: Gap, words: Container[int], allows: Callable[[str], bool]) -> None:
        self.gap = gap
        self._words = words
        self._allows = allows
        self._begins = begins_sentence(gap.left)
        self._alphabets = Alphabets(gap.left, gap.right)
        self._found: dict[str, Candidate] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add_fills(self, fills: Sequence[Fill]) -> list[Fill]:
        """Take the masked model's proposals; return those that may be shown."""
        admitted = [fill for fill in fills if self.admits(fill.text)]
        best: dict[int, float] = {}
        for fill in admitted:
            best[fill.masks] = max(best.get(fill.masks, fill.score), fill.score)
        for fill in admitted:
            candidate, behind = self._candidate(fill.text, cased=False), fill.score - best[fill.masks]
            candidate.masked = behind if candidate.masked is None else max(candidate.masked, behind)
        return admitted

    def add_grown(self, fills: Iterable[Fill]) -> None:
        """Take the causal model's proposals. A fill that is the best in two ways of writing keeps the likelier."""
        for fill in sorted(fills, key=lambda fill: -fill.score):
            if not self.admits(fill.text):
                continue
            candidate = self._candidate(fill.text, cased=True)
            if candidate.ahead is None:
                candidate.ahead, candidate.grown = fill.score, fill.source != "given"

    def _candidate(self, text: str, *, cased: bool) -> Candidate:
        """The candidate of a text, a new one where it has none."""
        if self._begins:
            text = text[0].upper() + text[1:]
        candidate = self._found.setdefault(text.casefold(), Candidate(text))
        if cased and not candidate.cased:
            candidate.text, candidate.cased = text, True
        return candidate

    def admits(self, text: str) -> bool:
        """Tell whether a fill may be shown: words of the asked number, no repetitions, no scraps of another alphabet,
        nothing open, nothing demeaning."""
        words = split_words(text)
        if not words or not all(any(char.isalnum() for char in word) for word in words):
            return False
        if len(words) not in self._words:
            return False
        if is_repetition(text, self.gap) or self._alphabets.is_scrap(text):
            return False
        return _balanced(text) and self._allows(text)

    def best(
        self, limit: int, rarity: float = 0.0, *, of_each: int = 0, sure: int = 0, within: float = inf
    ) -> list[Candidate]:
        """The `limit` most promising candidates, those behind the first `sure` only `within` so many nats of the best;
        and the `of_each` most promising of every number of words: before they are read with the right text, long ones
        cannot hold their own against short ones."""
        promising = [(candidate.promise(rarity), candidate) for candidate in self._found.values()]
        promising.sort(key=lambda each: -each[0])
        seen: Counter[int] = Counter()
        chosen: list[Candidate] = []
        for place, (promise, candidate) in enumerate(promising):
            seen[candidate.words] += 1
            worth = place < sure or promise > promising[0][0] - within
            if (place < limit and worth) or seen[candidate.words] <= of_each:
                chosen.append(candidate)
        return chosen


def is_repetition(text: str, gap: Gap) -> bool:
    """Tell whether a fill repeats a word of its own, or the word before or behind the blank."""
    own = [word.casefold() for word in _LETTERS.findall(text)]
    if not own or any(a == b for a, b in pairwise(own)):
        return True
    if has_han(text):
        # Chinese doubles characters (慢慢, 天天): only a whole fill that is said again is an echo.
        return gap.left.endswith(text) or gap.right.startswith(text)
    before, behind = _LETTERS.findall(gap.left[-60:]), _LETTERS.findall(gap.right[:60])
    left_open = bool(gap.left) and gap.left[-1].isalnum()
    if before and not left_open and before[-1].casefold() == own[0]:
        return True
    right_open = bool(gap.right) and gap.right[0].isalnum()
    return bool(behind) and not right_open and behind[0].casefold() == own[-1]


def _balanced(text: str) -> bool:
    return text.count('"') % 2 == 0 and all(text.count(a) == text.count(b) for a, b in _PAIRED)

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
"""What the margin under the masked model counts in the rough score."""
MASKED_FLOOR = -9.0
"""The least margin that counts, in nats: the masked model does not know many words that the causal model does."""
UNSCORED = -25.0
"""What stands for `log_p_left` where the causal model did not score a fill."""
_PAIRED = (("(", ")"), ("[", "]"), ("“", "”"), ("«", "»"))
"""Opening and closing signs of which a fill must have as many of the one as of the other."""
_LETTERS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
"""A word of letters and digits, with apostrophes inside."""


@dataclass(slots=True)
class Candidate:
    """A fill that may be shown.

    `masked_margin` is its score less the best of its number of pieces among the masked model's fills (0 is the best),
    None where that model did not propose it; `log_p_left` is log p(fill and the first token after it | left) under the
    causal model, None where that did not score it.
    """

    text: str
    masked_margin: float | None = None
    log_p_left: float | None = None
    cased: bool = field(default=False)
    """The text comes from a model that knows case."""
    causal_proposed: bool = False
    """The causal model proposed it by itself."""

    @property
    def words(self) -> int:
        return len(split_words(self.text))

    @property
    def bounded_margin(self) -> float:
        """`masked_margin`, not less than MASKED_FLOOR, which also stands for None."""
        return MASKED_FLOOR if self.masked_margin is None else max(MASKED_FLOOR, self.masked_margin)

    def rough_score(self, rarity: float = 0.0) -> float:
        """A score from what the models said when they proposed it, in nats, before it is scored with the right text.
        `rarity` (0..1) is the share of its improbability that is forgiven."""
        left = UNSCORED if self.log_p_left is None else self.log_p_left * (1.0 - rarity)
        return left + MASKED_WEIGHT * self.bounded_margin


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

    def add_masked(self, fills: Sequence[Fill]) -> list[Fill]:
        """Take the masked model's proposals; return those that may be shown."""
        admitted = [fill for fill in fills if self.admits(fill.text)]
        best: dict[int, float] = {}
        for fill in admitted:
            best[fill.masks] = max(best.get(fill.masks, fill.score), fill.score)
        for fill in admitted:
            candidate, margin = self._candidate(fill.text, cased=False), fill.score - best[fill.masks]
            known = candidate.masked_margin
            candidate.masked_margin = margin if known is None else max(known, margin)
        return admitted

    def add_causal(self, fills: Iterable[Fill]) -> None:
        """Take the causal model's proposals. A fill that is the best in two ways of writing keeps the likelier."""
        for fill in sorted(fills, key=lambda fill: -fill.score):
            if not self.admits(fill.text):
                continue
            candidate = self._candidate(fill.text, cased=True)
            if candidate.log_p_left is None:
                candidate.log_p_left, candidate.causal_proposed = fill.score, fill.source != "given"

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
        """Return the `limit` candidates of the highest rough scores, those after the first `sure` only `within` so many
        nats of the best; and the `of_each` best of every number of words: before they are scored with the right text,
        long ones lose against short ones."""
        scored = [(candidate.rough_score(rarity), candidate) for candidate in self._found.values()]
        scored.sort(key=lambda each: -each[0])
        seen: Counter[int] = Counter()
        chosen: list[Candidate] = []
        for place, (score, candidate) in enumerate(scored):
            seen[candidate.words] += 1
            worth = place < sure or score > scored[0][0] - within
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

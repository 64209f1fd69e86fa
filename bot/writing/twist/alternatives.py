"""Which of the masked model's words to offer for one that was to be expected: rarer ones that still belong there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.inference.protocol import Fill, Gap
from bot.rules.text.content_words import LEAST_LETTERS, is_function_word, is_kin
from bot.rules.text.words import has_han
from bot.rules.twists import Other
from bot.writing.infill.candidate_pool import is_repetition
from bot.writing.word_selection import SelectableWord

MASKED_MARGIN = 7.0
"""How far below the masked model's best, in nats, a word's score may lie."""
LEAST_RARER = 0.3
"""How much less likely anywhere, in nats, a rarer word is at least."""
LEAST_DISTANCE = 0.5
"""How much less likely there, in nats, a rarer word is at least. This and the next three were chosen by reading the
results for twenty passages."""
LEAST_BELONGING = -2.5
"""The least `ScoredWord.belonging`."""
LEAST_RIGHT = -3.0
"""The least `ScoredWord.right`."""
MOST_GAIN = 1.0
"""How much a better `right` counts at most."""
MOST_OTHERS = 5
"""Words that are offered at most."""
NEARBY = 200
"""Characters on either side in which a word must not stand already."""
_VOWEL = re.compile(
    r"(?!one|once|eu|ewe|u(?:ni(?!n|m)|s[aeiu]|t[eio]|b[ie]|ra))[aeiou]|hour|heir|hono|honest", re.IGNORECASE
)
"""How an English word begins that stands behind "an": by its sound ("hour", but not "one" or "unit")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredWord:
    """A word compared with the expected one: differences of log-probabilities (nats, negative: less likely than that)
    under the causal model. `left` is of log p(word | left text), `right` of log p(right text | left text and word),
    `anywhere` of log p(word | words that say nothing)."""

    text: str
    left: float
    right: float
    anywhere: float

    @property
    def distance(self) -> float:
        """How much less it is expected."""
        return -(self.left + self.right)

    @property
    def belonging(self) -> float:
        """How much better or worse it belongs there than the expected word, its rarity set aside. What leads on better
        than that word does not make up for what does not follow."""
        return self.left - self.anywhere + min(self.right, MOST_GAIN)


def possible(spot: SelectableWord, gap: Gap, fills: Sequence[Fill], allows: Callable[[str], bool]) -> list[str]:
    """Return the words among the masked model's `fills` that may stand for the one at `spot`, its best first."""
    best = max((fill.score for fill in fills), default=0.0)
    near = f"{gap.left[-NEARBY:]} {gap.right[:NEARBY]}".casefold()
    return [
        fill.text
        for fill in fills
        if fill.score >= best - MASKED_MARGIN
        and _is_word(fill.text, spot.word)
        and not is_kin(fill.text, spot.word)
        and fill.text.casefold() not in near
        and not is_repetition(fill.text, gap)
        and _suits_article(fill.text, gap.left)
        and allows(fill.text)
    ]


def _is_word(text: str, expected: str) -> bool:
    """Tell whether `text` is one word that carries meaning, of the same script, and no name: those have capitals."""
    if not text.isalpha():
        return False
    if has_han(expected):
        return len(text) == len(expected) and all(has_han(char) for char in text)
    return len(text) >= LEAST_LETTERS and text.islower() and not has_han(text) and not is_function_word(text)


def _suits_article(word: str, left: str) -> bool:
    """Tell whether an English word may stand behind the article before it: neither model minds "an fury" enough."""
    article = re.search(r"\b(an?) $", left, re.IGNORECASE)
    return article is None or (article[1].casefold() == "an") == (_VOWEL.match(word) is not None)


def chosen(scored: Sequence[ScoredWord]) -> tuple[Other, ...]:
    """Return the words to offer, from the nearest to what was expected on: those that belong there best."""
    fitting = [
        each
        for each in scored
        if each.anywhere <= -LEAST_RARER
        and each.distance >= LEAST_DISTANCE
        and each.belonging >= LEAST_BELONGING
        and each.right >= LEAST_RIGHT
    ]
    found: list[ScoredWord] = []
    for each in sorted(fitting, key=lambda each: -each.belonging):
        if len(found) < MOST_OTHERS and not any(is_kin(each.text, other.text) for other in found):
            found.append(each)
    return tuple(Other(each.text, round(each.distance, 2)) for each in sorted(found, key=lambda each: each.distance))

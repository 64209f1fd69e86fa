"""Which of the masked model's words to offer for one that was to be expected: rarer ones that still belong there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.inference.protocol import Fill, Gap
from bot.rules.text.words import has_han
from bot.rules.twists import Other
from bot.writing.infill.candidate_pool import is_repetition
from bot.writing.twist.word_selection import LEAST_LETTERS, SelectableWord, is_function_word, is_kin

BEHIND = 7.0
"""How far behind the masked model's best, in nats, a word may lie."""
LEAST_RARER = 0.3
"""How much less likely anywhere, in nats, a rarer word is at least."""
LEAST_DISTANCE = 0.5
BELONGS = -2.5
HARMS = -3.0
"""How much worse than the expected word another one may belong to what stands around it, and may lead to what stands
behind it; and how much better leading there counts at most. All these were chosen by reading what came out for twenty
passages."""
MOST_GAIN = 1.0
MOST_OTHERS = 5
NEARBY = 200
"""Characters on either side in which a word must not stand already."""
_VOWEL = re.compile(
    r"(?!one|once|eu|ewe|u(?:ni(?!n|m)|s[aeiu]|t[eio]|b[ie]|ra))[aeiou]|hour|heir|hono|honest", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A word beside the expected one, as differences of log-probabilities (nats, negative: less likely than that) under
    the causal model: `prior` behind the left text, `right` of the right text behind it, `anywhere` behind words that
    say nothing."""

    text: str
    prior: float
    right: float
    anywhere: float

    @property
    def distance(self) -> float:
        """How much less it is expected."""
        return -(self.prior + self.right)

    @property
    def belonging(self) -> float:
        """How much better or worse it belongs there than the expected word, its rarity set aside. What leads on better
        than that word does not make up for what does not follow."""
        return self.prior - self.anywhere + min(self.right, MOST_GAIN)


def possible(spot: SelectableWord, gap: Gap, fills: Sequence[Fill], allows: Callable[[str], bool]) -> list[str]:
    """Return the words among the masked model's `fills` that may stand for the one at `spot`, its best first."""
    best = max((fill.score for fill in fills), default=0.0)
    near = f"{gap.left[-NEARBY:]} {gap.right[:NEARBY]}".casefold()
    return [
        fill.text
        for fill in fills
        if fill.score >= best - BEHIND
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


def chosen(weighed: Sequence[Weighed]) -> tuple[Other, ...]:
    """Return the words to offer, from the nearest to what was expected on: those that belong there best."""
    fitting = [
        each
        for each in weighed
        if each.anywhere <= -LEAST_RARER
        and each.distance >= LEAST_DISTANCE
        and each.belonging >= BELONGS
        and each.right >= HARMS
    ]
    found: list[Weighed] = []
    for each in sorted(fitting, key=lambda each: -each.belonging):
        if len(found) < MOST_OTHERS and not any(is_kin(each.text, other.text) for other in found):
            found.append(each)
    return tuple(Other(each.text, round(each.distance, 2)) for each in sorted(found, key=lambda each: each.distance))

"""What a fill says again of the text around it, and what that costs.

What language models like best is what they have just read. A reader takes it for a stammer ("It is not what it is not
what you think", "no map, and no map", "smiled with a smile"), unless the writer's own text repeats itself like that.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.inference.protocol import Gap
from bot.rules.text.content_words import carries, is_function_word, stem
from bot.rules.text.words import BLANK

SAID_AGAIN = 3.0
"""What it costs, in nats, to say a word that carries meaning again, in whatever form, for each time that it stands
within:"""
NEAR_CHARS = 80
"""Characters on either side, for SAID_AGAIN."""
MOST_TIMES = 3
"""Times that count."""
MEANT_CHARS = 120
"""Characters on either side within which a writer who repeats himself means to."""
COPIED = 4.0
"""What it costs to copy a run of words that stands within:"""
RUN_CHARS = 240
"""Characters on either side, for COPIED."""
STAMMER = 4
"""Words on either side of a fill of several words within which a word that carries meaning, or any two, count as
copied."""
NOTICED = 8
"""Words on either side within which a word that holds sentences together, but is not light, counts as copied too."""
BESIDE = 2
"""Words on either side of a fill within which the fills of several blanks may not say even a light word again: this
costs half as much as a copy, and as much where the two touch ("and and")."""
LONGEST_RUN = 4
"""Words of the longest run that is looked for; a longer one holds it."""
_PAIRING = frozenset("after against by for in over to upon".split())  # noqa: SIM905  # as it is read
"""Words that join a word to itself: hand in hand, day after day, step by step."""
LIGHT = frozenset(
    """
    a again all an and another any are as at be been but by can come could did do down ever every for from get go had
    has have he her him his how i if in into is it its less little many may me might more most much must my no nor not
    of off on one or other our out over quite rather she should so some such than that the their them then there
    these they this those through till to too up upon us very was we well were what when which who whom will with would
    yes yet you your
    """.split()  # noqa: SIM905  # a list of eighty quoted words would be no easier to read
)
"""Words that come twice within a few words without anybody noticing."""
_TOKEN = re.compile(rf"{BLANK}|[^\W_]+(?:['’][^\W_]+)*")
"""A blank that is open, or a word of letters and digits with apostrophes inside."""

Words = Sequence[str]


def tokens(text: str) -> list[str]:
    """The words of a text as they are compared; a blank that is open is one, and is like no word."""
    return [match[0].casefold() for match in _TOKEN.finditer(text)]


@dataclass(frozen=True, slots=True)
class Around:
    """The words on both sides of a blank: those in which runs are looked for, and how often the stem of each that
    carries meaning stands near."""

    left: Words
    right: Words
    near: Counter[str]

    @classmethod
    def of(cls, gap: Gap) -> Around:
        near = tokens(gap.left[-NEAR_CHARS:]) + tokens(gap.right[:NEAR_CHARS])
        return cls(
            tokens(gap.left[-RUN_CHARS:]),
            tokens(gap.right[:RUN_CHARS]),
            Counter(stem(word) for word in near if carries(word)),
        )

    def times(self, fill: Words) -> int:
        """How often the words of a fill that carry meaning are said near."""
        return sum(self.near[stem(word)] for word in fill if carries(word))

    def pairs(self, fill: Words) -> bool:
        """Tell whether a fill of one word makes a pair with its like beside it, as *hand in hand*."""
        if len(fill) != 1:
            return False
        before, behind = list(self.left[-2:]), list(self.right[:2])
        return any(
            len(words) == 2 and words[place] in _PAIRING and words[1 - place] == fill[0]
            for words, place in ((before, 1), (behind, 0))
        )

    def stammers(self, fill: Words) -> bool:
        """Tell whether a fill says a word from right beside it that a reader notices: of several words one that carries
        meaning, or any two; of whatever length one that holds sentences together but is not light, as *inside*."""
        noticed = {*self.left[-NOTICED:], *self.right[:NOTICED]}
        if any(is_function_word(word) and word not in LIGHT and word in noticed for word in fill):
            return True
        sides = self.left[-STAMMER:], self.right[:STAMMER]
        stems = {stem(word) for words in sides for word in words if carries(word)}
        pairs = {pair for words in sides for pair in pairwise(words)}
        said = any(carries(word) and stem(word) in stems for word in fill)
        return len(fill) > 1 and (said or not pairs.isdisjoint(pairwise(fill)))

    def crowds(self, fill: Words) -> float:
        """Tell how close the like of any word of a fill stands beside it: 1 where the two touch, 0.5 where there is one
        word in between, else 0."""
        before, behind = self.left[-BESIDE:][::-1], self.right[:BESIDE]
        if before[:1] == list(fill[:1]) or behind[:1] == list(fill[-1:]):
            return 1.0
        return 0.5 * any(word in (*before, *behind) for word in fill)

    def copies(self, fill: Words, strict: bool = False) -> bool:
        """Tell whether a fill, with the words beside it or without, says a run again that stands elsewhere: two words
        of its own of which one carries meaning, three of which two are its own, or four; where that is `strict`, one of
        its own will do for two and three."""
        beside = LONGEST_RUN - 1
        left, right = self.left[-beside:], self.right[:beside]
        line, first, last = [*left, *fill, *right], len(left), len(left) + len(fill)
        for size in range(2, LONGEST_RUN + 1):
            least = 1 if strict or size == LONGEST_RUN else 2
            for start in range(max(0, first - size + 1), min(last, len(line) - size + 1)):
                run = tuple(line[start : start + size])
                own = min(start + size, last) - max(start, first)
                if own < least or BLANK in run or (size == 2 and not any(map(carries, run))):
                    continue
                before = self.left[: len(self.left) - max(0, first - start)]
                behind = self.right[max(0, start + size - last) :]
                if run in _runs(before, size) or run in _runs(behind, size):
                    return True
        return False


def repeats_itself(gap: Gap) -> bool:
    """Tell whether the text right around a blank says a word that carries meaning at once again, or a run of three
    words twice: then it means to. Names and terms that come twice are no such run."""
    sides = tokens(gap.left[-MEANT_CHARS:]), tokens(gap.right[:MEANT_CHARS])
    if any(one == other and carries(one) for words in sides for one, other in pairwise(words)):
        return True
    runs = Counter(run for words in sides for run in _runs(words, 3) if BLANK not in run and sum(map(carries, run)) < 2)
    return max(runs.values(), default=0) > 1


def _runs(words: Words, size: int) -> Iterator[tuple[str, ...]]:
    return (tuple(words[start : start + size]) for start in range(len(words) - size + 1))


class Repeats:
    """What it costs fills of one blank to repeat what stands around it. `written` is the writer's own text, with all
    other blanks open; `filled` has the fills that were chosen for others, which must not be said again either."""

    def __init__(self, written: Gap, filled: Gap | None = None) -> None:
        self._written = Around.of(written)
        self._filled = Around.of(filled) if filled is not None else self._written
        self._meant = repeats_itself(written)

    def cost(self, fill: str) -> float:
        """In nats; 0 where nothing is said again, or the writer does so too."""
        words = tokens(fill)
        if self._meant or not words or self._written.pairs(words):
            return 0.0
        copied = self._written.copies(words) or (
            self._filled is not self._written
            and self._filled.copies(words, strict=True)
            and not self._written.copies(words, strict=True)
        )
        again = SAID_AGAIN * min(MOST_TIMES, self._filled.times(words))
        if copied or self._filled.stammers(words):
            return again + COPIED
        crowds = self._filled.crowds(words) if self._filled is not self._written else 0.0
        return again + COPIED * crowds

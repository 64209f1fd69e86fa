"""Which words become gaps: content words that a reader may guess but need not, and what else would fit there.

The masked model tells how likely each word is between its two sides; one between LEAST and MOST is neither given away
nor hopeless. Three other words that fit are told as hints, as different from each other as may be.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.inference import protocol
from bot.inference.protocol import Engine, ProposeRequest, ScoreItem, ScoreRequest
from bot.rules.gap_words import Gap, Shape, shape_of
from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import has_han
from bot.writing.blanks import unmarked
from bot.writing.gaps.names import names_in
from bot.writing.twist.alternatives import possible
from bot.writing.word_selection import SelectableWord, selectable_words

LEAST, MOST = math.log(0.02), math.log(0.60)
"""How likely a word is between both sides (log p) that becomes a gap."""
BEST = math.log(0.2)
"""How likely the best is: the nearer the better."""
APART = 8
"""Characters between two gaps at least."""
SIDE = 400
"""Characters on either side that the masked model is shown."""
BEAM = 60
"""Words that it proposes for a gap."""
HINTS = 3
"""Words that are told."""
MOST_ALIKE = 0.7
"""The cosine that two hints may have at most."""
LOOKED_AT = 12
"""Proposals, the likeliest first, among which hints are chosen."""
SAME_ENDING = 2
"""So many gaps of one shape are taken before one of another is preferred."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that may become a gap."""

    spot: SelectableWord
    places: tuple[tuple[int, int], ...]
    shape: Shape
    log_prob: float = 0.0


class GapSearch:
    """The work on one passage. `allows` tells whether a word may be shown."""

    def __init__(self, engine: Engine, text: str, allows: Callable[[str], bool], tenant: str = "") -> None:
        self._engine = engine
        self._text = text
        self._allows = allows
        self._tenant = tenant

    async def gaps(self, wanted: int) -> tuple[Gap, ...]:
        """Return at most `wanted` gaps, in order of place, with their hints."""
        chosen = choose(self._text, await self._measured(), wanted)
        if not chosen:
            return ()
        gaps = [
            protocol.Gap(left=self._side(each.spot.start, before=True), right=self._side(each.spot.end, before=False))
            for each in chosen
        ]
        lengths = (1, 2) if has_han(self._text) else (1,)
        proposed = await self._engine.propose(
            ProposeRequest(gaps=tuple(gaps), lengths=lengths, beam=BEAM, tenant=self._tenant)
        )
        found = []
        for each, gap, fills in zip(chosen, gaps, proposed, strict=True):
            # Of names the models know none that belongs here.
            words = [] if each.shape == "name" else possible(each.spot, gap, fills, self._allows)
            same = [word for word in words if shape_of(word) == each.shape]
            hints = await self._apart(same[:LOOKED_AT])
            guess = same[0] if same else ""
            found.append(Gap(places=each.places, word=each.spot.word, shape=each.shape, hints=hints, guess=guess))
        return tuple(found)

    async def _measured(self) -> list[Candidate]:
        """The candidates, each with how likely its word is."""
        candidates = candidates_in(self._text)
        if not candidates:
            return []
        items = tuple(
            ScoreItem(
                left=self._side(each.spot.start, before=True),
                asked=each.spot.word,
                right=self._side(each.spot.end, before=False),
            )
            for each in candidates
        )
        scores = await self._engine.score(ScoreRequest(model="masked", items=items, tenant=self._tenant))
        return [
            Candidate(each.spot, each.places, each.shape, sum(values))
            for each, values in zip(candidates, scores, strict=True)
        ]

    def _side(self, at: int, *, before: bool) -> str:
        return unmarked(self._text[max(0, at - SIDE) : at] if before else self._text[at : at + SIDE])

    async def _apart(self, words: Sequence[str]) -> tuple[str, ...]:
        """The first three words no two of which are too much alike."""
        if len(words) < 2:
            return tuple(words)
        vectors = await self._engine.embed(list(words), self._tenant)
        chosen: list[int] = []
        for number in range(len(words)):
            if all(_cosine(vectors[number], vectors[other]) < MOST_ALIKE for other in chosen):
                chosen.append(number)
        return tuple(words[number] for number in chosen[:HINTS])


def candidates_in(text: str) -> list[Candidate]:
    """Return the words of a text that may become gaps: content words that stand there once, and names."""
    found = [Candidate(spot, ((spot.start, spot.end),), shape_of(spot.word)) for spot in selectable_words(text)]
    for name, places in names_in(text).items():
        start, end = places[0]
        found.append(Candidate(SelectableWord(start, end, name), tuple(places), "name"))
    return sorted(found, key=lambda each: each.spot.start)


def choose(text: str, candidates: Sequence[Candidate], wanted: int) -> list[Candidate]:
    """Return at most `wanted` candidates, in order: neither sure nor hopeless, apart from each other, from all over the
    text, their endings varied; one name at most."""
    fitting = [each for each in candidates if LEAST <= each.log_prob <= MOST or each.shape == "name"]
    ends = sentence_ends(text)
    chosen: list[Candidate] = []
    in_sentence: Counter[int] = Counter()
    shapes: Counter[Shape] = Counter()
    for strict in (True, False):
        for each in sorted(fitting, key=lambda each: abs(each.log_prob - BEST)):
            sentence = bisect_right(ends, each.spot.start)
            alike = each.shape != "" and shapes[each.shape] >= SAME_ENDING
            crowded = strict and (alike or in_sentence[sentence] >= 2)
            named = each.shape == "name" and shapes["name"] >= 1
            if len(chosen) < wanted and not crowded and not named and not _touches(each, chosen):
                chosen.append(each)
                in_sentence[sentence] += 1
                shapes[each.shape] += 1
    return sorted(chosen, key=lambda each: each.spot.start)


def _touches(each: Candidate, chosen: Sequence[Candidate]) -> bool:
    return any(
        start < end_ + APART and start_ < end + APART
        for other in chosen
        for start, end in each.places
        for start_, end_ in other.places
    )


def _cosine(one: Sequence[float], two: Sequence[float]) -> float:
    length = math.sqrt(sum(value * value for value in one) * sum(value * value for value in two))
    return sum(a * b for a, b in zip(one, two, strict=True)) / length if length else 0.0

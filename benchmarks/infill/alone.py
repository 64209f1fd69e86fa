"""Each model alone, told nothing of the length: what it proposes for a blank, the best first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.infill.blanks import Missing
from bot.inference.protocol import Engine, Fill, Gap, ProposeRequest
from bot.rules.text.words import split_words
from bot.writing.infill.candidate_pool import Candidate
from bot.writing.infill.filling import FREE_WORDS, Filling
from bot.writing.infill.ranking import Evidence, total
from bot.writing.text_windows import left_part

LENGTHS = tuple(range(1, FREE_WORDS + 1))
"""The lengths that are tried, in word pieces for the masked model and in words for the causal one."""
BEAM = 8
"""The width of the masked model's beam."""
FIRSTS, PATHS = 96, 40
"""More than Inkling's own search takes, for here nothing else proposes."""
BEST = 12
"""How many candidates each way of ranking names."""


async def masked_fills(engine: Engine, missing: Missing, lengths: Sequence[int] = LENGTHS) -> list[Fill]:
    """The masked model's beams over so many word pieces, ranked by their mean."""
    gap = Gap(left=missing.left, right=missing.right)
    request = ProposeRequest(gaps=(gap,), lengths=tuple(lengths), beam=BEAM)
    ((fills),) = await engine.propose(request)
    return sorted(fills, key=lambda fill: -fill.score / fill.masks)


async def causal_fills(engine: Engine, missing: Missing, seed: int) -> list[Fill]:
    """What the left text leads to, ranked by the probability of the whole fill."""
    gap = Gap(left=left_part(missing.left), right="")
    request = ProposeRequest(model="causal", gaps=(gap,), lengths=LENGTHS, beam=FIRSTS, samples=PATHS, seed=seed)
    (fills,) = await engine.propose(request)
    return fills


def by_mean(fills: Sequence[Fill]) -> list[Fill]:
    """The same, ranked by the mean log-probability of a word."""
    return sorted(fills, key=lambda fill: -fill.score / len(split_words(fill.text)))


def masked_mean(each: Evidence) -> float:
    """How the masked model alone ranks: by the mean of a word."""
    return (each.log_p_masked or 0.0) / each.candidate.words


def causal_mean(each: Evidence) -> float:
    """How the causal model alone ranks: by the mean of a word."""
    return each.log_p_fill / each.candidate.words


def causal_whole(each: Evidence) -> float:
    """How the causal model alone ranks: by the probability of the whole fill."""
    return each.log_p_fill


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The evidence of the missing words, and that of the best candidates of every way of ranking, without them.

    Among these anybody can rank the missing words. Our own finalists are the best by our own reckoning, so that among
    them we would be stricter with a stranger than the others are.
    """

    true: Evidence
    others: tuple[Evidence, ...]

    def rank(self, value: Callable[[Evidence], float]) -> int:
        """Where the missing words stand among the others; 1 is first."""
        return 1 + sum(value(each) > value(self.true) for each in self.others)


async def compare(engine: Engine, missing: Missing, seed: int, filling: Filling) -> Compared:
    """Gather what the missing words are compared with; `filling` has ranked its candidates."""
    ours = {each.candidate.text.casefold(): each for each in filling.evidence(0)}
    causal = await causal_fills(engine, missing, seed)
    ways = (
        [each.candidate.text for each in sorted(ours.values(), key=lambda each: -total(each, filling.weights))],
        [fill.text for fill in causal],
        [fill.text for fill in by_mean(causal)],
        [fill.text for fill in await masked_fills(engine, missing)],
    )
    named: dict[str, str] = {}
    for text in (text for way in ways for text in way[:BEST] if split_words(text)):
        named.setdefault(text.casefold(), text)
    named.pop(missing.fill.casefold(), None)
    unscored = [Candidate(text) for key, text in named.items() if key not in ours]
    true, *scored = await filling.score(0, [Candidate(missing.fill), *unscored], [None])
    return Compared(true=true, others=(*scored, *(ours[key] for key in named if key in ours)))

"""What the style of an infill changes: which candidates are scored in full, and what it adds to their scores."""

from __future__ import annotations

from collections.abc import Sequence

from bot.inference.protocol import Engine
from bot.rules.infill_style import InfillStyle
from bot.writing.infill.candidate_pool import Candidate, Pool
from bot.writing.infill.pronouns import is_pronoun
from bot.writing.infill.ranking import Evidence, Ranked, Weights, rank
from bot.writing.infill.repeats import Repeats

RARITY = 0.25
"""The share of a fill's improbability from the left that each step of boldness forgives, down to:"""
RAREST = -14.0
"""Nats below which nothing more is forgiven."""
NEARNESS = 6.0
"""What likeness to the fill that others should resemble counts, in nats for a cosine of 1."""
LOOKED_AT = 80
"""Candidates that are compared with it."""
POINTING = 5.0
"""What a pronoun loses, in nats, in a text with several blanks: who leaves more than one asks for what carries meaning
("my sister collects it, and my brother collects it")."""


class StyleRanking:
    """A style, for a text with so many blanks."""

    def __init__(self, engine: Engine, style: InfillStyle, blanks: int) -> None:
        self._engine = engine
        self._boldness = style.boldness
        self._pointing = POINTING if blanks > 1 else 0.0
        self._near = style.near if len(style.near) == blanks else ()

    async def finalists(
        self, number: int, pool: Pool, count: int, *, of_each: int, sure: int, within: float
    ) -> list[Candidate]:
        """The candidates of blank `number` that are scored with the right text: see `Pool.best`."""
        rarity = min(0.9, RARITY * self._boldness)
        if not self._near:
            return pool.best(count, rarity, of_each=of_each, sure=sure, within=within)
        candidates = pool.best(LOOKED_AT, rarity)
        likeness = await self._likeness([candidate.text for candidate in candidates], self._near[number])
        value = {id(c): c.rough_score(rarity) + NEARNESS * like for c, like in zip(candidates, likeness, strict=True)}
        return sorted(candidates, key=lambda candidate: -value[id(candidate)])[:count]

    async def rank(self, number: int, evidence: Sequence[Evidence], repeats: Repeats, weights: Weights) -> list[Ranked]:
        """Rank the candidates of blank `number` by the evidence, by what they repeat of the text around them, and by
        what is wished for."""
        # The less the left text counts, the more a model likes to say again what it has just read.
        adjustments = [
            -self._boldness * RARITY * max(each.log_p_fill, RAREST)
            - (1.0 + self._boldness) * repeats.cost(each.candidate.text)
            - self._pointing * is_pronoun(each.candidate.text)
            for each in evidence
        ]
        if self._near:
            likeness = await self._likeness([each.candidate.text for each in evidence], self._near[number])
            adjustments = [each + NEARNESS * like for each, like in zip(adjustments, likeness, strict=True)]
        return rank(evidence, weights, adjustments)

    async def _likeness(self, texts: Sequence[str], near: str) -> list[float]:
        """The cosine of the masked model's vectors of `texts` with that of `near`."""
        like, *vectors = await self._engine.embed([near, *texts])
        return [sum(a * b for a, b in zip(like, vector, strict=True)) for vector in vectors]

"""Scoring candidates for a blank: the log-probabilities of both models, which are the evidence for a ranking."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from bot.inference.protocol import Engine, Gap, ModelInfo, ScoreItem, ScoreRequest
from bot.writing.infill.candidate_pool import Candidate
from bot.writing.infill.ranking import BOTH_SIDES, FIRST_PASS, LEFT_ALONE, Evidence, Weights
from bot.writing.text_windows import left_part, right_part, right_sentence, spelt

FIRST_PASS_WORDS = 2
"""Words of the right text that the first pass scores after a candidate, where the causal model sees only the left."""
RIGHT_WORDS = 5
"""Words of the right text after a candidate that count in full."""
FAR_WORDS = 16
"""Words of it that are scored at most, to the end of the sentence or of a short text: those after the first few count
by the weight `far_right`. In a story they change little, but what makes sense of a blank often stands there ("she threw
it into the lake")."""
RIGHT_CONTEXT_WORDS = 16
"""Words of the right text that are given to a causal model which can see it."""


class CandidateScorer:
    """Scores the candidates of one text. `before` is what the causal model reads before the text: a story's context."""

    def __init__(self, engine: Engine, before: str) -> None:
        self._engine = engine
        self._before = before
        self._sees_both = False

    @property
    def weights(self) -> Weights:
        """The weights for the evidence of `full_scoring`."""
        return BOTH_SIDES if self._sees_both else LEFT_ALONE

    def learn_models(self, models: Sequence[ModelInfo]) -> None:
        """Note whether the causal model sees both sides."""
        self._sees_both = any(model.role == "causal" and model.update for model in models)

    def asked(self, gap: Gap) -> Gap:
        """The blank as the causal model is asked to fill it."""
        gap = spelt(gap)
        return Gap(left=self._before + left_part(gap.left), right=right_part(gap.right, RIGHT_CONTEXT_WORDS))

    async def first_pass(self, gap: Gap, candidates: Sequence[Candidate]) -> tuple[list[Evidence], Weights]:
        """Score many candidates cheaply: under the causal model, beside their margins under the masked model. Returns
        the evidence and the weights for it."""
        margins = [candidate.bounded_margin for candidate in candidates]
        if self._sees_both:
            return evidence_of(candidates, await self._score_both_sides(gap, candidates), margins), FIRST_PASS
        with_right = await self._score_with_right(gap, candidates, FIRST_PASS_WORDS, FIRST_PASS_WORDS)
        return evidence_of(candidates, with_right, margins), LEFT_ALONE

    async def full_scoring(self, gap: Gap, candidates: Sequence[Candidate]) -> list[Evidence]:
        """Score candidates with the whole right text, under both models."""
        with_right, masked, both_sides = await asyncio.gather(
            self._score_with_right(gap, candidates, RIGHT_WORDS, FAR_WORDS),
            self._scores("masked", [ScoreItem(left=gap.left, asked=c.text, right=gap.right) for c in candidates]),
            self._score_both_sides(gap, candidates),
        )
        return evidence_of(candidates, with_right, [sum(values) for values in masked], both_sides)

    async def _score_with_right(
        self, gap: Gap, candidates: Sequence[Candidate], least: int, most: int
    ) -> list[list[float]]:
        """Log-probabilities, given the left text, of each word of each candidate and of the sentence after it, from
        `least` to `most` words."""
        after = right_sentence(spelt(gap).right, least, most)
        return await self._scores("causal", self._items(gap, candidates, after, shown=""))

    async def _score_both_sides(self, gap: Gap, candidates: Sequence[Candidate]) -> list[list[float]]:
        """Log-probabilities, given both sides, of each word of each candidate and that it ends there; nothing where the
        model does not see both."""
        if not self._sees_both:
            return []
        ends = right_part(spelt(gap).right, 1)
        return await self._scores("causal", self._items(gap, candidates, ends, shown=self.asked(gap).right))

    def _items(self, gap: Gap, candidates: Sequence[Candidate], after: str, shown: str) -> list[ScoreItem]:
        left = self.asked(gap).left
        # The space before a fill belongs to it: so all fills stand behind one and the same left text.
        space = left[len(left.rstrip(" ")) :]
        return [
            ScoreItem(left=left.rstrip(" "), asked=space + candidate.text + after, right=shown)
            for candidate in candidates
        ]

    async def _scores(self, model: Literal["causal", "masked"], items: Sequence[ScoreItem]) -> list[list[float]]:
        return await self._engine.score(ScoreRequest(model=model, items=tuple(items)))


def evidence_of(
    candidates: Sequence[Candidate],
    with_right: Sequence[Sequence[float]],
    masked: Sequence[float],
    both_sides: Sequence[Sequence[float]] = (),
) -> list[Evidence]:
    """Return the evidence of each candidate from log-probabilities: `with_right` (given the left text) and `both_sides`
    (given both; may be empty) of each word of a candidate and of what follows, `masked` of the whole candidate."""
    return [
        Evidence(
            candidate=candidate,
            log_p_with_right=sum(values[: candidate.words + RIGHT_WORDS]),
            log_p_far_right=sum(values[candidate.words + RIGHT_WORDS :]),
            log_p_fill=sum(values[: candidate.words]),
            log_p_masked=whole,
            log_p_both_sides=sum(both_sides[number]) if both_sides else None,
        )
        for number, (candidate, values, whole) in enumerate(zip(candidates, with_right, masked, strict=True))
    ]

"""Reading candidates for a blank: what both models say of them becomes evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from bot.inference.protocol import Engine, Gap, ModelInfo, ScoreItem, ScoreRequest
from bot.writing.infill.candidate_pool import Candidate
from bot.writing.infill.ranking import AT_FIRST_SIGHT, BOTH_SIDES, LEFT_ALONE, Evidence, Weights
from bot.writing.text_windows import left_part, right_part, right_sentence, spelt

LOOK_WORDS = 2
"""Words of the right text behind a candidate at the first look, where the causal model does not see it beforehand."""
RIGHT_WORDS = 5
"""Words of the right text that count in full behind a candidate."""
FAR_WORDS = 16
"""Words of it that are read at most, to the end of the sentence or of a short text: those behind the first few count by
their share `far`. In a story they change little, but what makes sense of a blank often stands there ("she threw it into
the lake")."""
SEEN_WORDS = 16
"""Words of the right text that are given to a causal model which can see it."""


class Reader:
    """Reads the candidates of one text. `before` is what the causal model reads before the text: a story's context."""

    def __init__(self, engine: Engine, before: str) -> None:
        self._engine = engine
        self._before = before
        self._sees_both = False

    @property
    def weights(self) -> Weights:
        """What the evidence of `read` counts."""
        return BOTH_SIDES if self._sees_both else LEFT_ALONE

    def meet(self, models: Sequence[ModelInfo]) -> None:
        """Learn whether the causal model sees both sides."""
        self._sees_both = any(model.role == "causal" and model.update for model in models)

    def asked(self, gap: Gap) -> Gap:
        """The blank as the causal model is asked to fill it."""
        gap = spelt(gap)
        return Gap(left=self._before + left_part(gap.left), right=right_part(gap.right, SEEN_WORDS))

    async def look(self, gap: Gap, candidates: Sequence[Candidate]) -> tuple[list[Evidence], Weights]:
        """What can be said at a first look, and what it counts: the causal model's view, and how the masked model
        proposed them."""
        behind = [candidate.behind for candidate in candidates]
        if self._sees_both:
            return evidence_of(candidates, await self._seen(gap, candidates), behind), AT_FIRST_SIGHT
        return evidence_of(candidates, await self._joint(gap, candidates, LOOK_WORDS, LOOK_WORDS), behind), LEFT_ALONE

    async def read(self, gap: Gap, candidates: Sequence[Candidate]) -> list[Evidence]:
        """Read candidates in full, by both models."""
        joint, masked, seen = await asyncio.gather(
            self._joint(gap, candidates, RIGHT_WORDS, FAR_WORDS),
            self._scores("masked", [ScoreItem(left=gap.left, asked=c.text, right=gap.right) for c in candidates]),
            self._seen(gap, candidates),
        )
        return evidence_of(candidates, joint, [sum(values) for values in masked], seen)

    async def _joint(self, gap: Gap, candidates: Sequence[Candidate], least: int, most: int) -> list[list[float]]:
        """Log-probabilities of each word of each candidate and of the sentence behind it, from `least` to `most` words,
        with the left text in sight."""
        behind = right_sentence(spelt(gap).right, least, most)
        return await self._scores("causal", self._items(gap, candidates, behind, seen=""))

    async def _seen(self, gap: Gap, candidates: Sequence[Candidate]) -> list[list[float]]:
        """Log-probabilities of each word of each candidate, and that it ends there, with both sides in sight; nothing
        where the model does not see them."""
        if not self._sees_both:
            return []
        ends = right_part(spelt(gap).right, 1)
        return await self._scores("causal", self._items(gap, candidates, ends, seen=self.asked(gap).right))

    def _items(self, gap: Gap, candidates: Sequence[Candidate], behind: str, seen: str) -> list[ScoreItem]:
        left = self.asked(gap).left
        # The space before a fill belongs to it: so all fills stand behind one and the same left text.
        space = left[len(left.rstrip(" ")) :]
        return [
            ScoreItem(left=left.rstrip(" "), asked=space + candidate.text + behind, right=seen)
            for candidate in candidates
        ]

    async def _scores(self, model: Literal["causal", "masked"], items: Sequence[ScoreItem]) -> list[list[float]]:
        return await self._engine.score(ScoreRequest(model=model, items=tuple(items)))


def evidence_of(
    candidates: Sequence[Candidate],
    joint: Sequence[Sequence[float]],
    masked: Sequence[float],
    seen: Sequence[Sequence[float]] = (),
) -> list[Evidence]:
    """Put together what the models say: `joint` and `seen` of each word of a candidate and of what follows, `masked` of
    it."""
    return [
        Evidence(
            candidate=candidate,
            joint=sum(values[: candidate.words + RIGHT_WORDS]),
            far=sum(values[candidate.words + RIGHT_WORDS :]),
            prior=sum(values[: candidate.words]),
            masked=whole,
            seen=sum(seen[number]) if seen else None,
        )
        for number, (candidate, values, whole) in enumerate(zip(candidates, joint, masked, strict=True))
    ]

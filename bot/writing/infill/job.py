"""Fill the blanks of a text with both models: propose widely, rank by what belongs, show a diverse few."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from bot.inference.jobs import Owner, Report
from bot.inference.protocol import Engine, ModelInfo, ModelRole
from bot.rules.generations import Suggestion, surest_first
from bot.rules.infill_style import AS_IT_BELONGS
from bot.rules.receipts import FillReceipt, InfillReceipt
from bot.writing.blocklist import Blocklist
from bot.writing.engine_receipts import of_model
from bot.writing.infill.candidate_pool import Candidate
from bot.writing.infill.filling import BEAM, DRAWS, FIRSTS, PATHS, Filling, certainty
from bot.writing.infill.ranking import Ranked
from bot.writing.infill.request import InfillRequest
from bot.writing.languages import FILLING, check_language, is_foreign
from bot.writing.request import NOBODY
from bot.writing.text_windows import frame

ROWS = 12
"""Rows that the work on a blank counts for in the queue."""
TOKENS = 400
"""What the work on a blank counts for in the queue: it decodes no rows of its own, but takes as long."""


class InfillJob:
    """Fills the blanks of `request.text` and returns at most `request.count` suggestions, the surest first.

    The same `seed` asks for the same proposals. Raises `BadInput` with the keys of `check_language`, or
    with `blank_no_fill` where nothing that may be shown was found.
    """

    def __init__(self, request: InfillRequest, words: Blocklist, seed: int, owner: Owner = NOBODY) -> None:
        self._request = request
        self._owner = owner
        self._words = words
        self._seed = seed
        self._template = request.template
        self._foreign = is_foreign(request.text)
        self._before, self._dropped = frame(request.context)

    @property
    def owner(self) -> Owner:
        return self._owner

    @property
    def rows(self) -> int:
        return ROWS * len(self._template.blanks)

    @property
    def tokens(self) -> int:
        return TOKENS * len(self._template.blanks)

    async def run(self, engine: Engine, report: Report) -> tuple[Suggestion, ...]:
        self._check((await engine.health()).models)
        done = 0

        def step(count: int) -> None:
            nonlocal done
            done = min(done + count, steps - 1)  # what more tries take is not known before
            report("", done, steps)

        filling = Filling(engine, self._template, self._words, self._seed, self._request.style, self._before, step)
        steps = filling.steps(self._request.count)
        step(0)
        models = await filling.propose()
        self._check(models)  # once more: they may have been loading still
        await filling.rank_all()
        chosen = await filling.choose(self._request.count)
        report("", steps, steps)
        by_role = {model.role: model for model in models if model.role != "story"}
        return surest_first(self._suggestion(ranked, by_role) for ranked in chosen)

    def _check(self, models: Sequence[ModelInfo]) -> None:
        """Raise `BadInput` where the models that are loaded do not write the text's language."""
        if self._foreign:
            check_language(self._request.text, FILLING, models)

    def _suggestion(self, ranked: Sequence[Ranked], models: Mapping[ModelRole, ModelInfo]) -> Suggestion:
        fills = tuple(each.candidate.text for each in ranked)
        causal, masked = models.get("causal"), models.get("masked")
        receipt = InfillReceipt(
            seed=self._seed,
            fills=tuple(
                FillReceipt(
                    text=each.candidate.text,
                    confidence=round(each.confidence, 4),
                    sources=sources(each.candidate),
                )
                for each in ranked
            ),
            causal=None if causal is None else of_model(causal, beam=FIRSTS, samples=PATHS),
            masked=None if masked is None else of_model(masked, beam=BEAM, samples=DRAWS),
            style=None if self._request.style == AS_IT_BELONGS else self._request.style,
            dropped=tuple(self._dropped),
            text_sha256=hashlib.sha256(self._request.text.encode()).hexdigest(),
        )
        confidence = min(1.0, certainty(ranked))
        return Suggestion(text=self._template.fill(fills), fills=fills, receipt=receipt, confidence=confidence)


def sources(candidate: Candidate) -> tuple[str, ...]:
    """Return which models proposed it by themselves."""
    proposed = {"masked": candidate.masked_margin is not None, "causal": candidate.causal_proposed}
    return tuple(name for name, by_itself in proposed.items() if by_itself)

"""All ways to fill a blank, over the same weights and through the worker that the bot uses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, pipeline

from benchmarks.infill import alone
from benchmarks.infill.alone import by_mean, causal_fills, compare, masked_fills
from benchmarks.infill.blanks import Missing
from benchmarks.infill.tally import SHOWN
from bot.errors import BadInput
from bot.inference.protocol import Engine
from bot.rules.infill_style import AS_IT_BELONGS
from bot.rules.text.words import split_words
from bot.worker.masked.loading import load_masked
from bot.writing.blanks import parse
from bot.writing.blocklist import Blocklist
from bot.writing.bridge.job import BridgeJob
from bot.writing.bridge.request import BridgeRequest
from bot.writing.infill.filling import Filling
from bot.writing.infill.ranking import total

OURS = "Inkling"
"""The name of the bot's own way in the tables."""
MASKED = "masked alone"
"""The name of the masked model without the causal one."""
CAUSAL = "causal alone"
"""The name of the causal model without the masked one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Fills, the best first. `ranks` has, by contender, where the missing words stand when they are put among the
    candidates and that contender's scores alone decide; 1 is first."""

    fills: Sequence[str]
    ranks: Mapping[str, int] = field(default_factory=dict)


Contender = Callable[[Missing, int], Awaitable[Answer]]


class Contenders:
    """Each takes a blank and its number. Those alone are not told the length either, except where they say so."""

    def __init__(self, engine: Engine, masked: Path) -> None:
        self._engine = engine
        self._words = Blocklist.load()
        self._tokenizer: Any = AutoTokenizer.from_pretrained(masked)
        # Loaded by us: transformers cannot read matrices that are stored in 8 bits.
        model = load_masked(masked, torch.float32)
        self._pipeline: Any = pipeline("fill-mask", model=model, tokenizer=self._tokenizer, device="cpu")

    def of_words(self) -> dict[str, Contender]:
        """The contenders for blanks of words, by their names in the table."""
        return {
            OURS: self.ours,
            "masked alone, told the length": self.masked_told,
            MASKED: self.masked_alone,
            CAUSAL: self.causal_alone,
            "causal alone, whole probability": self.causal_whole,
            'pipeline("fill-mask"), ten lines': self.ten_lines,
        }

    def of_sentences(self) -> dict[str, Contender]:
        """The contenders for whole sentences."""
        return {OURS: self.our_bridge, CAUSAL: self.causal_bridge}

    async def ours(self, missing: Missing, number: int) -> Answer:
        """The work of the bot, with five suggestions."""
        filling = Filling(self._engine, parse(f"{missing.left}___{missing.right}"), self._words, number, AS_IT_BELONGS)
        try:
            await filling.propose()
        except BadInput:
            return Answer(fills=())
        await filling.rank_all()
        fills = [ranked.candidate.text for (ranked,) in await filling.choose(SHOWN)]
        ranks = await self._ranks(missing, filling, number) if len(split_words(missing.fill)) > 1 else {}
        return Answer(fills=fills, ranks=ranks)

    async def _ranks(self, missing: Missing, filling: Filling, number: int) -> dict[str, int]:
        compared = await compare(self._engine, missing, number, filling)
        return {
            OURS: compared.rank(lambda each: total(each, filling.weights)),
            MASKED: compared.rank(alone.masked_mean),
            CAUSAL: compared.rank(alone.causal_mean),
            "causal alone, whole probability": compared.rank(alone.causal_whole),
        }

    async def masked_told(self, missing: Missing, number: int) -> Answer:
        """The masked model's beam at the true number of word pieces."""
        pieces = len(self._tokenizer(missing.fill, add_special_tokens=False)["input_ids"])
        return Answer(fills=[fill.text for fill in await masked_fills(self._engine, missing, (pieces,))])

    async def masked_alone(self, missing: Missing, number: int) -> Answer:
        """The masked model's beams of all lengths, ranked by their mean."""
        return Answer(fills=[fill.text for fill in await masked_fills(self._engine, missing)])

    async def causal_alone(self, missing: Missing, number: int) -> Answer:
        """What the left text leads to, ranked by the mean log-probability of a word."""
        return Answer(fills=[fill.text for fill in by_mean(await causal_fills(self._engine, missing, number))])

    async def causal_whole(self, missing: Missing, number: int) -> Answer:
        """The same, ranked by the probability of the whole fill, which favours short ones."""
        return Answer(fills=[fill.text for fill in await causal_fills(self._engine, missing, number)])

    async def ten_lines(self, missing: Missing, number: int) -> Answer:
        """What transformers' own pipeline answers to one [MASK]."""
        text = f"{missing.left[-350:]}[MASK]{missing.right[:350]}"
        found = await asyncio.to_thread(self._pipeline, text, top_k=SHOWN)
        return Answer(fills=[each["token_str"] for each in found])

    async def our_bridge(self, missing: Missing, number: int) -> Answer:
        """The bridge of the bot, with five suggestions."""
        job = self._bridge(missing, number)
        try:
            bridges = await job.candidates(self._engine, lambda text, done, total: None)
        except BadInput:
            return Answer(fills=())
        (true,) = await job.score(self._engine, [replace(bridges[0], text=missing.fill)])
        ranks = {
            OURS: 1 + sum(bridge.score > true.score for bridge in bridges),
            CAUSAL: 1 + sum(bridge.fluency > true.fluency for bridge in bridges),
        }
        return Answer(fills=[bridge.text for bridge in bridges[:SHOWN]], ranks=ranks)

    async def causal_bridge(self, missing: Missing, number: int) -> Answer:
        """The same candidates, ranked by the mean log-probability of a word from the left."""
        try:
            bridges = await self._bridge(missing, number).candidates(self._engine, lambda text, done, total: None)
        except BadInput:
            return Answer(fills=())
        return Answer(fills=[bridge.text for bridge in sorted(bridges, key=lambda bridge: -bridge.fluency)])

    def _bridge(self, missing: Missing, number: int) -> BridgeJob:
        ask = BridgeRequest(
            left=missing.left.strip(),
            right=missing.right.strip(),
            count=SHOWN,
        )
        return BridgeJob(ask, self._words, number)

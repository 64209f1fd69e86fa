"""The work on one template: both models propose for all its blanks, the pools are ranked, and a few are chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log
from types import MappingProxyType

from bot.errors import BadInput
from bot.inference.protocol import Engine, Fill, Gap, ModelInfo, ProposeRequest
from bot.rules.infill_style import InfillStyle
from bot.rules.text.words import split_words
from bot.writing import diversity
from bot.writing.blanks import Template
from bot.writing.blocklist import Blocklist
from bot.writing.infill.candidate_pool import Candidate, Pool
from bot.writing.infill.candidate_scoring import CandidateScorer
from bot.writing.infill.pronouns import is_plain, is_pronoun
from bot.writing.infill.ranking import Evidence, Ranked, Weights
from bot.writing.infill.repeats import COPIED, Repeats
from bot.writing.infill.style_ranking import StyleRanking
from bot.writing.text_windows import without

FREE_WORDS = 4
"""Longest fill, in words, of a blank whose length is open."""
SINGLES = 220
"""Fills of one piece that the masked model proposes; they cost no more than one."""
BEAM = 3
"""The masked model's beam for each greater number of pieces."""
DRAWS = 1
"""Its samples for each of these."""
TRIED = 200
"""How many of them the causal model scores."""
FIRSTS = 36
"""First tokens of the causal model's search."""
PATHS = 12
"""Paths of it for each further token."""
FINALISTS = 48
"""How many candidates are scored with the right text at most: those of the highest rough scores."""
FINALIST_MARGIN = 8.0
"""So many nats below the best a finalist's rough score is at most. None from farther back came among the first five."""
OF_EACH = 2
"""So many of each number of words are finalists in any case."""
SHORTLIST = 16
"""How many of them are scored in full after the first pass, under both models."""
AGAIN = 8
"""Candidates of a further blank that are scored again with the fills of the surer ones."""
LOOKED_FOR = 120
"""Candidates of the pool among which such are sought as repeat nothing, where too many do."""
RETURNING = 1.1
"""What a fill loses, in nats, for each try that has it already, with several blanks."""
PLAIN = 0.8
"""How alike two fills are, 0..1, that have no word which carries meaning."""
MASKED_STEPS, TRY_STEPS = 2, 3
"""How long the parts of the work take, against each other: the masked model's proposals for all blanks, and, with
several, each way to fill them together."""
SINGLE_STEPS, EACH_STEPS = (8, 3), (2, 4)
"""The causal model's proposals and the ranking, of a single blank and of each of several."""
Step = Callable[[int], None]
"""step(count): so many steps of the work are done."""
SPARE_TRIES = 3
"""Further tries where several blanks came out as in an earlier suggestion."""


def untold(count: int) -> None:
    """Tell nobody how the work gets on."""


@dataclass(slots=True)
class _Slot:
    """A blank on the way: the numbers of words it may have, its pool, and its candidates as last ranked."""

    words: tuple[int, ...]
    pool: Pool
    given: list[Fill] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    ranked: list[Ranked] = field(default_factory=list)

    def guess(self) -> str | None:
        """The best fill so far, which stands here while the other blanks are scored."""
        if self.ranked:
            return self.ranked[0].candidate.text
        return next((candidate.text for candidate in self.pool.best(1)), None)


class Filling:
    """The work on one template. Call `propose`, `rank_all`, `choose`, in this order. `before` is what the causal model
    reads before the text: a story's context; `step(count)` is called when so many of `steps` are done."""

    def __init__(
        self,
        engine: Engine,
        template: Template,
        words: Blocklist,
        seed: int,
        style: InfillStyle,
        before: str = "",
        step: Step = untold,
    ) -> None:
        self._engine = engine
        self._step = step
        self._template = template
        self._seed = seed
        self._style = style
        blanks = template.blanks
        self._style_ranking = StyleRanking(engine, style, len(blanks))
        self._scorer = CandidateScorer(engine, before)
        shown = {fills[0].casefold() for fills in style.shown if len(blanks) == len(fills) == 1}

        def allows(text: str) -> bool:
            return text.casefold() not in shown and words.allows(text)

        self._slots = [
            _Slot(wanted, Pool(template.gap(number, [None] * len(blanks)), wanted, allows))
            for number, wanted in enumerate(lengths(blank.words, style) for blank in blanks)
        ]

    @property
    def weights(self) -> Weights:
        """What the evidence counts."""
        return self._scorer.weights

    def evidence(self, number: int) -> list[Evidence]:
        """The evidence of the candidates of blank `number` that were scored with the right text."""
        return self._slots[number].evidence

    def candidates(self, number: int) -> list[Candidate]:
        """All candidates of blank `number`, those of the highest rough scores first."""
        return self._slots[number].pool.best(len(self._slots[number].pool))

    def steps(self, count: int) -> int:
        """Return how many steps the work is, if `count` ways are chosen: about as long, each of them."""
        blanks = len(self._slots)
        tries = count * TRY_STEPS if blanks > 1 else 0
        return MASKED_STEPS + blanks * sum(self._blank_steps) + tries + 1

    @property
    def _blank_steps(self) -> tuple[int, int]:
        return SINGLE_STEPS if len(self._slots) == 1 else EACH_STEPS

    # ---- proposing

    async def propose(self) -> tuple[ModelInfo, ...]:
        """Fill the pools: from the masked model first, so that its best stand in the causal model's left texts. Returns
        the models that did: before they have answered they may be loading still."""
        alike: dict[tuple[int, ...], list[_Slot]] = {}
        for slot in self._slots:
            alike.setdefault(slot.words, []).append(slot)
        await asyncio.gather(*(self._propose_masked(words, slots) for words, slots in alike.items()))
        self._step(MASKED_STEPS)
        fills = [slot.guess() for slot in self._slots]
        await asyncio.gather(*(self._propose_causal(number, fills) for number in range(len(self._slots))))
        if not all(len(slot.pool) for slot in self._slots):
            raise BadInput("blank_no_fill")
        models = (await self._engine.health()).models
        self._scorer.learn_models(models)
        return models

    async def _propose_masked(self, words: tuple[int, ...], slots: Sequence[_Slot]) -> None:
        short, long = pieces(words)
        for fills_of in await asyncio.gather(self._beams(slots, short), self._beams(slots, long)):
            for slot, fills in zip(slots, fills_of, strict=True):
                slot.given += sorted(slot.pool.add_masked(fills), key=lambda fill: -fill.score)[:TRIED]

    async def _beams(self, slots: Sequence[_Slot], masks: tuple[int, ...]) -> list[list[Fill]]:
        if not masks:
            return [[] for _ in slots]
        single = masks == (1,)
        return await self._engine.propose(
            ProposeRequest(
                gaps=tuple(slot.pool.gap for slot in slots),
                lengths=masks,
                beam=SINGLES if single else BEAM,
                samples=0 if single else DRAWS,
                seed=self._seed,
            )
        )

    async def _propose_causal(self, number: int, fills: Sequence[str | None]) -> None:
        slot = self._slots[number]
        effort = len(self._slots) ** -0.5
        (proposed,) = await self._engine.propose(
            ProposeRequest(
                model="causal",
                gaps=(self._scorer.asked(self._gap(number, fills)),),
                also=(tuple(slot.given),),
                lengths=slot.words,
                beam=round(FIRSTS * effort),
                samples=round(PATHS * effort),
                seed=(self._seed + number) % 2**32,
            )
        )
        slot.pool.add_causal(proposed)
        self._step(self._blank_steps[0])

    # ---- ranking

    async def rank_all(self) -> None:
        """Rank every blank with the best guesses in the others."""
        fills = [slot.guess() for slot in self._slots]
        for number, slot in enumerate(self._slots):
            finalists = await self._style_ranking.finalists(
                number, slot.pool, FINALISTS, of_each=OF_EACH, sure=SHORTLIST, within=FINALIST_MARGIN
            )
            slot.evidence = await self.score(number, await self._shortlist(number, finalists, fills), fills)
            slot.ranked = await self._rank(number, slot.evidence)
            fills[number] = slot.guess()
            self._step(self._blank_steps[1])

    async def _shortlist(
        self, number: int, candidates: Sequence[Candidate], fills: Sequence[str | None]
    ) -> Sequence[Candidate]:
        """Choose the candidates for the full scoring by a first pass."""
        if len(candidates) <= SHORTLIST:
            return candidates
        evidence, weights = await self._scorer.first_pass(self._gap(number, fills), candidates)
        ranked = await self._style_ranking.rank(number, evidence, self._repeats(number), weights)
        return [each.candidate for each in ranked[:SHORTLIST]]

    async def _rank(
        self, number: int, evidence: Sequence[Evidence], picked: Mapping[int, Ranked] = MappingProxyType({})
    ) -> list[Ranked]:
        """Rank the candidates of a blank; `picked` are the fills that were chosen for others."""
        return await self._style_ranking.rank(number, evidence, self._repeats(number, picked), self._scorer.weights)

    def _repeats(self, number: int, picked: Mapping[int, Ranked] = MappingProxyType({})) -> Repeats:
        """What fills of blank `number` may repeat: the writer's text, and the fills that were picked for others."""
        written = self._slots[number].pool.gap
        if not picked:
            return Repeats(written)
        fills = [picked[other].candidate.text if other in picked else None for other in range(len(self._slots))]
        return Repeats(written, self._gap(number, fills))

    async def score(self, number: int, candidates: Sequence[Candidate], fills: Sequence[str | None]) -> list[Evidence]:
        """Score candidates for one blank in full, with the given fills in the others."""
        return await self._scorer.full_scoring(self._gap(number, fills), candidates)

    def _gap(self, number: int, fills: Sequence[str | None]) -> Gap:
        """Blank `number`, with the fills in the others."""
        return self._template.gap(number, without(fills, number))

    # ---- choosing

    async def choose(self, count: int) -> list[list[Ranked]]:
        """Choose `count` ways to fill all blanks."""
        if len(self._slots) == 1:
            return [[each] for each in await diverse_few(self._engine, self._slots[0].ranked, count)]
        order = sorted(range(len(self._slots)), key=lambda number: -self._slots[number].ranked[0].confidence)
        said = [list(fills) for fills in self._style.shown if len(fills) == len(self._slots)]
        shown = {tuple(fills) for fills in said}
        chosen: dict[tuple[str, ...], list[Ranked]] = {}
        for _ in range(count + SPARE_TRIES):
            ranked = await self._complete(order, said)
            self._step(TRY_STEPS)
            said.append([each.candidate.text for each in ranked])
            if tuple(said[-1]) not in shown:
                chosen.setdefault(tuple(said[-1]), ranked)
            if len(chosen) == count:
                break
        if not chosen:
            raise BadInput("blank_no_fill")
        return sorted(chosen.values(), key=lambda fills: -certainty(fills))

    async def _complete(self, order: Sequence[int], tried: Sequence[Sequence[str]]) -> list[Ranked]:
        """Fill the blanks one by one, the most certain first, the others scored anew behind it.

        A fill that an earlier try has there counts for less, so that the uncertain blanks vary and the certain do
        not; so does one that repeats the fills picked for other blanks.
        """
        fills = [slot.guess() for slot in self._slots]
        picked: dict[int, Ranked] = {}
        for place, number in enumerate(order):
            ranked = self._slots[number].ranked
            if place:
                candidates = worth_scoring_again(ranked, self._slots[number].pool, self._repeats(number, picked))
                ranked = await self._rank(number, await self.score(number, candidates, fills), picked)
            said = [fills_of[number] for fills_of in tried]

            def value(each: Ranked, said: Sequence[str] = tuple(said)) -> float:
                text = each.candidate.text
                again = said.count(text) + sum(word in said for word in split_words(text) if word != text)
                return each.score - RETURNING * again

            picked[number] = max(ranked, key=value)
            fills[number] = picked[number].candidate.text
        return [picked[number] for number in range(len(self._slots))]


def worth_scoring_again(ranked: Sequence[Ranked], pool: Pool, repeats: Repeats) -> list[Candidate]:
    """Return the candidates of a blank that are scored again with the fills that were picked for others: the best by
    what they cost there, so that not all of them say the same words again; where too many do, some from farther back in
    the pool that say nothing again take their places."""
    cost = {each.candidate.text: repeats.cost(each.candidate.text) for each in ranked}
    best = sorted(ranked, key=lambda each: cost[each.candidate.text] - each.score)[:AGAIN]
    fresh = [each.candidate for each in best if cost[each.candidate.text] < COPIED]
    if len(fresh) == len(best):
        return fresh
    fresh += [c for c in pool.best(LOOKED_FOR) if c.text not in cost and not repeats.cost(c.text)]
    return [*fresh, *(each.candidate for each in best if cost[each.candidate.text] >= COPIED)][:AGAIN]


async def diverse_few(engine: Engine, ranked: Sequence[Ranked], count: int) -> list[Ranked]:
    """Return the best of `ranked`, and then a diverse few of the next, `count` in all.

    Two pronouns are as good as one to a writer: a second comes only where nothing else fits nearly as well. Two other
    words that hold a sentence together are not much better.
    """
    vectors = await engine.embed([each.candidate.text for each in ranked])
    looks = [diversity.features(each.candidate.text, vector) for each, vector in zip(ranked, vectors, strict=True)]
    pointing = [is_pronoun(each.candidate.text) for each in ranked]
    plain = [is_plain(each.candidate.text) for each in ranked]
    best = ranked[0].score

    def likeness(a: int, b: int) -> float:
        if pointing[a] and pointing[b]:
            return 1.0
        alike = diversity.alike(looks[a], looks[b])
        return max(alike, PLAIN) if plain[a] and plain[b] else alike

    chosen = diversity.choose(
        range(len(ranked)),
        count,
        similarity=likeness,
        quality=lambda place: 1 + (ranked[place].score - best) / 5,
    )
    return [ranked[place] for place in chosen]


def certainty(ranked: Sequence[Ranked]) -> float:
    """The confidence of a whole suggestion, 0..1: the geometric mean over its blanks."""
    return exp(sum(log(max(each.confidence, 1e-9)) for each in ranked) / len(ranked))


def lengths(hint: int | None, style: InfillStyle) -> tuple[int, ...]:
    """How many words a fill may have: the writer's own number, or what the style leaves open."""
    if hint is not None:
        return (hint,)
    most = style.most_words or max(FREE_WORDS, style.least_words + FREE_WORDS - 1)
    return tuple(range(style.least_words, most + 1))


def pieces(words: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of word pieces for the masked model to try: the single one, and the longer ones."""
    if 1 in words:
        return (1,), (2, 3)
    least = min(words)
    return (), tuple(range(least, least + 3))

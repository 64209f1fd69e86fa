"""Fill the blanks of a text with both models: propose widely, rank by what belongs, show a diverse few."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Any

from bot.errors import BadInput
from bot.inference.engine import (
    Continuation,
    Engine,
    Fill,
    Gap,
    GenerateRequest,
    ModelInfo,
    Piece,
    ProposeRequest,
    Receipt,
    Row,
    ScoreItem,
    ScoreRequest,
)
from bot.inference.jobs import Owner, Report
from bot.inference.words import has_han, split_words, word_spans
from bot.rules.generations import Suggestion
from bot.rules.moods import Sampling
from bot.writing import slate
from bot.writing.asks import InfillAsk, check_language, is_foreign
from bot.writing.blanks import Template, parse
from bot.writing.demeaning import DemeaningWords
from bot.writing.pool import FREE_WORDS, Candidate, Pool
from bot.writing.ranking import Evidence, Ranked, rank
from bot.writing.receipts import as_mapping
from bot.writing.styles import AS_IT_BELONGS, InfillStyle

SINGLES = 200
"""Fills of one piece that the masked model proposes; they cost no more than one."""
SIEVE_MASKED = 0.5
SIEVED = 24
"""How many of them are kept, by what both models think of them before the right text is read."""
BEAM = 6
DRAWS = 3
"""Beam and samples for each greater number of pieces."""
SAMPLES = 48
"""Causal rows for a text, shared between its blanks, but at least:"""
LEAST_SAMPLES = 12
HOT = Sampling(temperature=1.5, min_p=0.01)
MILD = Sampling(temperature=0.8)
"""Three rows of four are hot: they find rarer first words than the plain distribution does; the mild ones hold
together over several words."""
SHORTLIST = 80
FINALISTS = 16
"""Candidates that are scored on the whole right context, after all were on its beginning."""
GLANCE_WORDS = 2
RIGHT_WORDS = 18
"""Words of the right context that count: about 24 tokens."""
LEFT_CHARS = 800
RIGHT_CHARS = 200
RETURNING = 3.0
"""How many times less likely a fill counts for each try that has it already, with several blanks."""

SPARE_TRIES = 3
"""Further tries where several blanks came out as in an earlier suggestion."""


@dataclass(slots=True)
class _Slot:
    """A blank on the way: its hint, its pool, and its candidates as last ranked."""

    words: int | None
    pool: Pool
    singles: list[Fill] = field(default_factory=list)
    ranked: list[Ranked] = field(default_factory=list)

    def guess(self) -> str | None:
        """What stands here for the time being while the other blanks are looked at."""
        if self.ranked:
            return self.ranked[0].candidate.text
        admitted = (fill.text for fill in self.singles if self.pool.admits(fill.text))
        first = next(iter(self.pool.best(1)), None)
        return next(admitted, first.text if first else None)


class InfillJob:
    """Fills the blanks of `ask.text` and returns at most `ask.count` suggestions, the best first.

    The same `seed` asks for the same proposals. Raises `BadInput` at once with the keys of `blanks.parse`, and while
    running with those of `check_language`, or with `blank_no_fill` where nothing that may be shown was found.
    """

    def __init__(self, ask: InfillAsk, words: DemeaningWords, seed: int, style: InfillStyle = AS_IT_BELONGS) -> None:
        self._ask = ask
        self._words = words
        self._seed = seed
        self._style = style
        self._template = parse(ask.text)

    @property
    def owner(self) -> Owner:
        return self._ask.owner

    @property
    def rows(self) -> int:
        return self._samples * len(self._template.blanks)

    @property
    def tokens(self) -> int:
        return sum(self._samples * new_tokens(blank.words) for blank in self._template.blanks)

    @property
    def _samples(self) -> int:
        return max(LEAST_SAMPLES, SAMPLES // len(self._template.blanks))

    async def run(self, engine: Engine, report: Report) -> tuple[Suggestion, ...]:
        models = {model.role: model for model in (await engine.health()).models}
        if is_foreign(self._ask.text):
            check_language(self._ask, tuple(models.values()))
        filling = Filling(engine, self._template, self._words, self._seed, self._samples)
        steps = 2 + len(self._template.blanks)
        report("", 0, steps)
        await filling.propose()
        report("", 1, steps)
        await filling.rank_all(lambda done: report("", 1 + done, steps))
        chosen = await filling.choose(self._ask.count)
        report("", steps, steps)
        return tuple(self._suggestion(filling, fills, models.get("masked")) for fills in chosen)

    def _suggestion(self, filling: Filling, ranked: Sequence[Ranked], masked: ModelInfo | None) -> Suggestion:
        fills = tuple(each.candidate.text for each in ranked)
        receipt: dict[str, Any] = {
            "kind": "infill",
            "seed": self._seed,
            "fills": [
                {
                    "text": each.candidate.text,
                    "confidence": round(each.confidence, 4),
                    "sources": sources(each.candidate),
                }
                for each in ranked
            ],
        }
        if filling.receipt is not None:
            receipt["causal"] = as_mapping(filling.receipt)
        if masked is not None:
            receipt["masked"] = {
                "engine": masked.engine,
                "model": masked.name,
                "revision": masked.revision,
                "beam": BEAM,
                "samples": DRAWS,
                "text_sha256": hashlib.sha256(self._ask.text.encode()).hexdigest(),
            }
        return Suggestion(
            text=self._template.fill(fills), fills=fills, score=min(1.0, certainty(ranked)), receipt=receipt
        )


class Filling:
    """The work on one template: pools for all blanks, rankings, and the choice."""

    def __init__(self, engine: Engine, template: Template, words: DemeaningWords, seed: int, samples: int) -> None:
        self._engine = engine
        self._template = template
        self._seed = seed
        self._samples = samples
        self.receipt: Receipt | None = None
        blanks = template.blanks
        gaps = [template.gap(number, [None] * len(blanks)) for number in range(len(blanks))]
        self._slots = [
            _Slot(blank.words, Pool(gap, blank.words, words.allows)) for blank, gap in zip(blanks, gaps, strict=True)
        ]

    async def propose(self) -> None:
        """Fill the pools: from the masked model first, so that its best stand in the causal model's left texts."""
        by_hint: dict[int | None, list[_Slot]] = {}
        for slot in self._slots:
            by_hint.setdefault(slot.words, []).append(slot)
        await asyncio.gather(*(self._propose_masked(hint, slots) for hint, slots in by_hint.items()))
        fills = [slot.guess() for slot in self._slots]
        await asyncio.gather(*(self._propose_causal(number, fills) for number in range(len(self._slots))))
        await asyncio.gather(*(self._sieve(number, fills) for number in range(len(self._slots))))
        if not all(len(slot.pool) for slot in self._slots):
            raise BadInput("blank_no_fill")

    async def _propose_masked(self, hint: int | None, slots: Sequence[_Slot]) -> None:
        short, long = lengths(hint)
        singles, longer = await asyncio.gather(self._beams(slots, short), self._beams(slots, long))
        for slot, fills in zip(slots, singles, strict=True):
            slot.singles = fills
        for slot, fills in zip(slots, longer, strict=True):
            slot.pool.add_fills(fills)

    async def _beams(self, slots: Sequence[_Slot], pieces: tuple[int, ...]) -> list[list[Fill]]:
        if not pieces:
            return [[] for _ in slots]
        single = pieces == (1,)
        return await self._engine.propose(
            ProposeRequest(
                request_id=uuid.uuid4().hex,
                gaps=tuple(slot.pool.gap for slot in slots),
                lengths=pieces,
                beam=SINGLES if single else BEAM,
                samples=0 if single else DRAWS,
                seed=self._seed,
            )
        )

    async def _sieve(self, number: int, fills: Sequence[str | None]) -> None:
        """Of the many single pieces keep those that the left text leads to as well.

        One word behind a left text that is known costs next to nothing, so this reaches far down the masked
        model's list: it finds a tenth more of the missing words than the list's top.
        """
        slot = self._slots[number]
        fitting = [fill for fill in slot.singles if slot.pool.admits(fill.text)]
        left = left_part(self._template.gap(number, without(fills, number)).left)
        prior = await self._joint(left, [fill.text for fill in fitting])
        value = {id(fill): a + SIEVE_MASKED * fill.score for fill, a in zip(fitting, prior, strict=True)}
        slot.pool.add_fills(sorted(fitting, key=lambda fill: -value[id(fill)])[:SIEVED])

    async def _propose_causal(self, number: int, fills: Sequence[str | None]) -> None:
        slot = self._slots[number]
        left = left_part(self._template.gap(number, without(fills, number)).left)
        request = GenerateRequest(
            request_id=uuid.uuid4().hex,
            pieces=(Piece(text=left.rstrip(" "), label="left", cut=True),),
            rows=tuple(
                Row(
                    seed=(self._seed + number * 1000 + row) % 2**32,
                    mood="steady" if row % 4 == 3 else "wild",
                    sampling=MILD if row % 4 == 3 else HOT,
                )
                for row in range(self._samples)
            ),
            max_new_tokens=new_tokens(slot.words),
        )
        rows: list[Continuation] = []
        if request.pieces[0].text.strip():
            events = self._engine.generate(request)
            rows = [event async for event in events if isinstance(event, Continuation)]
        if rows:
            self.receipt = self.receipt or rows[0].receipt
        slot.pool.add_continuations(sorted(rows, key=lambda row: row.row))

    async def rank_all(self, done: Callable[[int], None]) -> None:
        """Rank every blank with the best guesses in the others."""
        fills = [slot.guess() for slot in self._slots]
        for number, slot in enumerate(self._slots):
            slot.ranked = await self._rank(number, slot.pool.best(SHORTLIST), fills)
            fills[number] = slot.guess()
            done(number + 1)

    async def _rank(self, number: int, candidates: Sequence[Candidate], fills: Sequence[str | None]) -> list[Ranked]:
        """Rank candidates for one blank, given fills of the others: all at a glance, the best in full."""
        gap = self._template.gap(number, without(fills, number))
        left = left_part(gap.left)
        if len(candidates) > FINALISTS:
            glance = right_part(gap.right, GLANCE_WORDS)
            scores = await self._joint(left, [candidate.text + glance for candidate in candidates])
            order = sorted(range(len(candidates)), key=lambda place: -scores[place])
            candidates = [candidates[place] for place in order[:FINALISTS]]
        right = right_part(gap.right, RIGHT_WORDS)
        joint, masked = await asyncio.gather(
            self._joint(left, [candidate.text + right for candidate in candidates]),
            self._masked(gap, candidates),
        )
        return rank(
            [
                Evidence(candidate=candidate, joint=a, masked=b)
                for candidate, a, b in zip(candidates, joint, masked, strict=True)
            ]
        )

    async def _joint(self, left: str, asked: Sequence[str]) -> list[float]:
        """log p(asked | left) under the causal model, for each."""
        if not asked:
            return []
        items = tuple(ScoreItem(left=left, asked=text) for text in asked)
        scores = await self._engine.score(ScoreRequest(request_id=uuid.uuid4().hex, model="causal", items=items))
        return [sum(words) for words in scores]

    async def _masked(self, gap: Gap, candidates: Sequence[Candidate]) -> list[float]:
        items = tuple(ScoreItem(left=gap.left, asked=candidate.text, right=gap.right) for candidate in candidates)
        scores = await self._engine.score(ScoreRequest(request_id=uuid.uuid4().hex, model="masked", items=items))
        return [sum(words) for words in scores]

    async def choose(self, count: int) -> list[list[Ranked]]:
        """Choose `count` ways to fill all blanks."""
        if len(self._slots) == 1:
            return [[each] for each in await self._diverse(self._slots[0].ranked, count)]
        order = sorted(range(len(self._slots)), key=lambda number: -self._slots[number].ranked[0].confidence)
        tried: list[list[Ranked]] = []
        chosen: dict[tuple[str, ...], list[Ranked]] = {}
        while len(chosen) < count and len(tried) < count + SPARE_TRIES:
            tried.append(await self._complete(order, tried))
            chosen.setdefault(tuple(each.candidate.text for each in tried[-1]), tried[-1])
        return sorted(chosen.values(), key=lambda fills: -certainty(fills))

    async def _complete(self, order: Sequence[int], tried: Sequence[Sequence[Ranked]]) -> list[Ranked]:
        """Fill the blanks one by one, the most certain first, the others scored anew behind it.

        A fill that an earlier try has counts for less, so that the uncertain blanks vary and the certain do not;
        so does one that says a longer word of another blank again.
        """
        fills = [slot.guess() for slot in self._slots]
        picked: dict[int, Ranked] = {}
        for place, number in enumerate(order):
            ranked = self._slots[number].ranked
            if place:
                candidates = [each.candidate for each in ranked[: FINALISTS // 2]]
                ranked = await self._rank(number, candidates, fills)
            said = [fills_of[number].candidate.text for fills_of in tried]
            said += [word for each in picked.values() for word in split_words(each.candidate.text) if len(word) > 3]

            def value(each: Ranked, said: Sequence[str] = tuple(said)) -> float:
                text = each.candidate.text
                again = said.count(text) + sum(word in said for word in split_words(text) if word != text)
                return each.confidence / RETURNING**again

            picked[number] = max(ranked, key=value)
            fills[number] = picked[number].candidate.text
        return [picked[number] for number in range(len(self._slots))]

    async def _diverse(self, ranked: Sequence[Ranked], count: int) -> list[Ranked]:
        """The best, and then a diverse few of the next."""
        vectors = await self._engine.embed([each.candidate.text for each in ranked])
        looks = {
            id(each): slate.features(each.candidate.text, vector) for each, vector in zip(ranked, vectors, strict=True)
        }
        best = log(max(ranked[0].confidence, 1e-9))
        return slate.choose(
            ranked,
            count,
            similarity=lambda a, b: slate.alike(looks[id(a)], looks[id(b)]),
            quality=lambda each: 1 + (log(max(each.confidence, 1e-9)) - best) / 5,
        )


def certainty(ranked: Sequence[Ranked]) -> float:
    """The confidence of a whole suggestion, 0..1: the geometric mean over its blanks."""
    return exp(sum(log(max(each.confidence, 1e-9)) for each in ranked) / len(ranked))


def lengths(hint: int | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of word pieces to try: the single one, and the longer ones."""
    if hint is None:
        return (1,), tuple(range(2, FREE_WORDS + 1))
    if hint == 1:
        return (1,), (2, 3)
    return (), tuple(range(hint, hint + 3))


def new_tokens(hint: int | None) -> int:
    """How many tokens a causal sample needs for a fill of so many words."""
    return 4 if hint == 1 else 2 * (hint or FREE_WORDS - 1)


def without(fills: Sequence[str | None], number: int) -> list[str | None]:
    """Return `fills` with the one of blank `number` open."""
    return [None if place == number else fill for place, fill in enumerate(fills)]


def left_part(left: str) -> str:
    """The end of the left text that the causal model reads, from the beginning of a word."""
    if len(left) <= LEFT_CHARS:
        return left
    cut = left.find(" ", len(left) - LEFT_CHARS, len(left) - LEFT_CHARS // 2)
    return left[cut + 1 if cut >= 0 else len(left) - LEFT_CHARS :]


def right_part(right: str, words: int) -> str:
    """The first words of the right text; where nothing follows, the full stop that a sentence would have."""
    spans = word_spans(right)[:words]
    if not spans:
        return "。" if has_han(right) else "."
    return right[: min(spans[-1][1], RIGHT_CHARS)]


def sources(candidate: Candidate) -> list[str]:
    """Which models proposed it."""
    return [
        name
        for name, proposed in (("masked", candidate.masked is not None), ("causal", candidate.drawn > 0))
        if proposed
    ]

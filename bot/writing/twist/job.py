"""Twist a passage: find the words that were to be expected, and rarer ones that still fit.

What a reader sees coming is what the causal model, which reads as they do, and the masked model, which sees both sides,
think likely. The rarer words come from the masked model, which knows what fits between two sides (BERT as a source of
alternatives); the causal model then tells which of them belong there, their rarity set aside: the pointwise mutual
information of word and place, beside that of the word that stands there.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from bot.errors import BadInput
from bot.inference.jobs import Owner, Report
from bot.inference.protocol import Engine, Gap, ModelInfo, ModelRole, ProposeRequest, ScoreItem, ScoreRequest
from bot.rules.generations import Suggestion
from bot.rules.receipts import TwistReceipt
from bot.rules.text.words import has_han, word_spans
from bot.rules.twists import Expected, Twist, suggestion_of
from bot.writing.blanks import unmarked
from bot.writing.blocklist import Blocklist
from bot.writing.engine_receipts import of_model
from bot.writing.languages import FILLING, check_language, is_foreign
from bot.writing.request import NOBODY
from bot.writing.text_windows import left_part, right_part
from bot.writing.twist.alternatives import ScoredWord, chosen, possible
from bot.writing.twist.request import TwistRequest
from bot.writing.word_selection import SelectableWord, selectable_words, spread

ROWS = 12
"""Rows that a twist counts for in the queue."""
TOKENS = 600
"""What a twist counts for in the queue."""
FOUND, PROPOSED, SCORED, STEPS = 2, 3, 15, 25
"""How much of the work is done when the expected words are found, when others are proposed for them, and when those are
scored with the text before them; and all of it."""
SPARE = 5
"""Words that are looked at beyond those wanted: for some there is nothing rarer that fits."""
APART = 8
"""Characters between two words at least: what fits in place of one is judged with the others as they are."""
LEAST_EXPECTED = -13.0
"""The least expectation, as `_expectations` gives it, of a word that is called expected."""
MASKED_FLOOR = -6.0
"""How little the masked model counts at most: it does not know many words that the causal model does."""
SIDE = 400
"""Characters on either side that the masked model is shown: more than it reads."""
CHUNK = 240
"""Characters of the parts in which the causal model reads a text, at most; a longer word is a part of its own."""
LONGEST_WORD = 300
"""Characters of such a word that it reads, at most: few enough for any window."""
BEAM = 200
"""Words that the masked model proposes for a place."""
SCORED_LEFT = 60
"""How many of them the causal model scores with the left text."""
SCORED_RIGHT = 12
"""How many of these it also scores with the right text."""
RIGHT_WORDS = 6
"""Words of the right text that it scores."""
NAME = 1.5
"""How much likelier a word is with a capital, in nats, where it is a name."""
ANYWHERE = ("The", "and", "to", "was")
"""English words that say little of what follows them: see ANYWHERE_HAN."""
ANYWHERE_HAN = ("，", "的", "了", "在")
"""Words that say little of what follows them: how likely a word is behind them tells how rare it is."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A spot, what stands around it for the models, and the words that may stand there."""

    spot: SelectableWord
    gap: Gap
    words: list[str]

    @property
    def left(self) -> str:
        """What the causal model reads before it: without the space, which belongs to the word."""
        return left_part(self.gap.left).rstrip(" ")

    @property
    def space(self) -> str:
        return " " if self.gap.left.endswith(" ") else ""


class TwistJob:
    """Finds the expected words of `request.text` and returns one suggestion that holds them (see `bot.rules.twists`).

    Raises `BadInput` with the keys of `check_language`, and `twist_nothing` where no word is expected and can be said
    otherwise.
    """

    def __init__(self, request: TwistRequest, words: Blocklist, owner: Owner = NOBODY) -> None:
        self._request = request
        self._owner = owner
        self._words = words

    @property
    def owner(self) -> Owner:
        return self._owner

    @property
    def rows(self) -> int:
        return ROWS

    @property
    def tokens(self) -> int:
        return TOKENS

    async def run(self, engine: Engine, report: Report) -> tuple[Suggestion, ...]:
        await self._models(engine)
        alternative_search = AlternativeSearch(engine, self._request.text, self._words)
        report("", 0, STEPS)
        expected = await alternative_search.expected(self._request.count + SPARE)
        models = await self._models(engine)  # once more: they may have been loading still
        report("", FOUND, STEPS)
        places = await alternative_search.places(list(expected))
        report("", PROPOSED, STEPS)
        found = await alternative_search.score(places, lambda: report("", SCORED, STEPS))
        report("", STEPS, STEPS)
        # Where more was found than wanted, the most expected words are shown.
        found = sorted(found, key=lambda word: -expected[SelectableWord(word.start, word.end, word.word)])[
            : self._request.count
        ]
        if not found:
            raise BadInput("twist_nothing")
        twist = Twist(self._request.text, tuple(sorted(found, key=lambda word: word.start)))
        return (suggestion_of(twist, self._receipt(models)),)

    async def _models(self, engine: Engine) -> dict[ModelRole, ModelInfo]:
        """Return the models that are loaded. Raises `BadInput` where they do not write the passage's language."""
        models = {model.role: model for model in (await engine.health()).models if model.role != "story"}
        if is_foreign(self._request.text):
            check_language(self._request.text, FILLING, tuple(models.values()))
        return models

    def _receipt(self, models: Mapping[ModelRole, ModelInfo]) -> TwistReceipt:
        causal, masked = models.get("causal"), models.get("masked")
        return TwistReceipt(
            causal=None if causal is None else of_model(causal),
            masked=None if masked is None else of_model(masked, beam=BEAM),
            text_sha256=hashlib.sha256(self._request.text.encode()).hexdigest(),
        )


class AlternativeSearch:
    """The work on one passage."""

    def __init__(self, engine: Engine, text: str, words: Blocklist) -> None:
        self._engine = engine
        self._text = text
        self._words = words

    async def expected(self, wanted: int) -> dict[SelectableWord, float]:
        """Return the words that a reader sees coming most, at most `wanted`, with how much so."""
        found = selectable_words(self._text)
        if not found:
            raise BadInput("twist_nothing")
        masked, causal = await asyncio.gather(self._between(found), self._ahead(found))
        values = {
            spot: max(MASKED_FLOOR, both) + 2 * left for spot, both, left in zip(found, masked, causal, strict=True)
        }
        telling = [(value, spot) for spot, value in values.items() if value >= LEAST_EXPECTED]
        return {spot: values[spot] for spot in spread(self._text, telling, wanted, APART)}

    async def _between(self, found: Sequence[SelectableWord]) -> list[float]:
        """log p(word | both sides) by the masked model."""
        items = [
            ScoreItem(
                left=unmarked(self._text[max(0, spot.start - SIDE) : spot.start]),
                asked=spot.word,
                right=unmarked(self._text[spot.end : spot.end + SIDE]),
            )
            for spot in found
        ]
        return [sum(values) for values in await self._scores("masked", items)]

    async def _ahead(self, found: Sequence[SelectableWord]) -> list[float]:
        """log p(word | left), with the marks attached to it, by the causal model."""
        words = word_spans(self._text)
        # Of a word that is longer than a part its beginning is read.
        items = [
            ScoreItem(left=left_part(self._text[:start]), asked=self._text[start:end][:LONGEST_WORD])
            for start, end in chunks(words)
        ]
        scores = [value for values in await self._scores("causal", items) for value in values]
        return [
            sum(
                score
                for score, (start, end) in zip(scores, words, strict=True)
                if start < spot.end and spot.start < end
            )
            for spot in found
        ]

    async def places(self, found: Sequence[SelectableWord]) -> list[_Place]:
        """Let the masked model propose words for each spot."""
        gaps = [Gap(left=unmarked(self._text[: spot.start]), right=unmarked(self._text[spot.end :])) for spot in found]
        if not gaps:
            return []
        lengths = (1, 2) if has_han(self._text) else (1,)
        proposed = await self._engine.propose(ProposeRequest(gaps=tuple(gaps), lengths=lengths, beam=BEAM))
        return [
            _Place(spot, gap, possible(spot, gap, fills, self._words.allows)[:SCORED_LEFT])
            for spot, gap, fills in zip(found, gaps, proposed, strict=True)
        ]

    async def score(self, places: Sequence[_Place], halfway: Callable[[], None]) -> list[Expected]:
        """Return the spots for which there are rarer words that fit."""
        every = sorted({word for place in places for word in (place.spot.word, *place.words)})
        anywhere, lefts = await asyncio.gather(self._anywhere(every), self._given_left(places))
        halfway()
        finalists = [
            sorted(place.words, key=lambda word: anywhere[word] - left[word])[:SCORED_RIGHT]
            for place, left in zip(places, lefts, strict=True)
        ]
        names, rights = await asyncio.gather(self._names(finalists, anywhere), self._with_right(places, finalists))
        found = []
        for place, words, left, right in zip(places, finalists, lefts, rights, strict=True):
            own = place.spot.word
            scored = [
                ScoredWord(
                    text=word,
                    left=left[word] - left[own],
                    right=(right[word] - left[word]) - (right[own] - left[own]),
                    anywhere=anywhere[word] - anywhere[own],
                )
                for word in words
                if word not in names
            ]
            if others := chosen(scored):
                found.append(Expected(place.spot.start, place.spot.end, own, others))
        return found

    async def _anywhere(self, words: Sequence[str]) -> dict[str, float]:
        """log p of each word after words that say little: the mean of the probabilities."""
        lefts = ANYWHERE_HAN if has_han(self._text) else ANYWHERE
        space = "" if has_han(self._text) else " "
        items = [ScoreItem(left=left, asked=space + word) for left in lefts for word in words]
        scores = [sum(values) for values in await self._scores("causal", items)]
        behind = [scores[at : at + len(words)] for at in range(0, len(scores), len(words))] if words else []
        return {word: _mean([each[number] for each in behind]) for number, word in enumerate(words)}

    async def _given_left(self, places: Sequence[_Place]) -> list[dict[str, float]]:
        """log p(word | left) of the words of each place."""
        return await self._sums(places, [place.words for place in places], [""] * len(places))

    async def _with_right(self, places: Sequence[_Place], words: Sequence[Sequence[str]]) -> list[dict[str, float]]:
        """log p(word and right text | left) of some words of each place."""
        return await self._sums(places, words, [right_part(place.gap.right, RIGHT_WORDS) for place in places])

    async def _sums(
        self, places: Sequence[_Place], words: Sequence[Sequence[str]], rights: Sequence[str]
    ) -> list[dict[str, float]]:
        asked = [(place, word) for place, some in zip(places, words, strict=True) for word in (place.spot.word, *some)]
        right_of = dict(zip((place.spot for place in places), rights, strict=True))
        items = [ScoreItem(left=place.left, asked=place.space + word + right_of[place.spot]) for place, word in asked]
        found: dict[SelectableWord, dict[str, float]] = {place.spot: {} for place in places}
        for (place, word), values in zip(asked, await self._scores("causal", items), strict=True):
            found[place.spot][word] = sum(values)
        return [found[place.spot] for place in places]

    async def _names(self, words: Sequence[Sequence[str]], anywhere: Mapping[str, float]) -> frozenset[str]:
        """Which of the words are names: the masked model knows no capitals, the causal model expects them there."""
        every = sorted({word for some in words for word in some if word.islower()})
        capitals = await self._anywhere([word.capitalize() for word in every])
        return frozenset(word for word in every if capitals[word.capitalize()] > anywhere[word] + NAME)

    async def _scores(self, model: ModelRole, items: Sequence[ScoreItem]) -> list[list[float]]:
        if not items:
            return []
        return await self._engine.score(ScoreRequest(model=model, items=tuple(items)))


def _mean(log_probs: Sequence[float]) -> float:
    """The logarithm of the mean of probabilities."""
    greatest = max(log_probs)
    return greatest + log(sum(exp(value - greatest) for value in log_probs) / len(log_probs))


def chunks(words: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Divide a text into [start, end) parts of whole words, each with the space before it, that cover all its words."""
    chunks: list[tuple[int, int]] = []
    for _, end in words:
        start = chunks[-1][0] if chunks else 0
        if chunks and end - start <= CHUNK:
            chunks[-1] = (start, end)
        else:
            chunks.append((chunks[-1][1] if chunks else 0, end))
    return chunks

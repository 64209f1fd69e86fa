"""An engine without models, for tests and for a bot that asks nothing: see `FakeEngine`."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import AsyncGenerator, Sequence
from typing import Literal

from bot.inference.protocol import (
    Continuation,
    Fill,
    Finish,
    GenerateRequest,
    Health,
    LoadedRole,
    ModelInfo,
    Partial,
    ProposeRequest,
    Receipt,
    Row,
    ScoreRequest,
)
from bot.rules.text.words import split_words

NAME = "fake"
"""The model's and the engine's name on receipts."""
WINDOW = 2048
"""What a model's window is said to be, in tokens; nothing is ever cut."""
DIMENSIONS = 8
"""The length of an embedding."""
ROLES: tuple[LoadedRole, ...] = ("story", "causal", "masked")
"""The models that are said to be loaded."""
_NAMES = ("fox", "keeper", "lantern", "harbour", "letter", "river", "garden", "bell", "child", "storm", "road", "door")
"""The nouns of the sentences."""
_VERBS = ("crossed", "found", "watched", "followed", "left", "heard", "opened", "remembered", "passed", "lost")
"""The verbs of the sentences."""
_KINDS = ("old", "quiet", "broken", "bright", "narrow", "distant", "cold", "hidden", "heavy", "green")
"""The adjectives of the sentences."""


class FakeEngine:
    """An `Engine` that computes its answers from what it is asked, and loads nothing.

    The same question has the same answer on every machine. Continuations are plain English sentences, one word a token;
    fills are English words; log-probabilities and embeddings are made of a hash of the text and mean nothing. So whole
    requests run through it, to their suggestions, but what it writes says nothing about quality.

    `failure` is raised by every method where it is given.
    """

    def __init__(self, *, languages: tuple[str, ...] = ("en",), failure: Exception | None = None) -> None:
        self.languages = languages
        self.failure = failure

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        """Yield after each word of each row a `Partial`, and its `Continuation` at the end; see `Engine.generate`. No
        deadline passes, and nothing is given up."""
        self._refuse()
        context = "".join(piece.text for piece in request.pieces)
        rows = [_sentences(_random("row", context, row.seed, row.mood), request.max_new_tokens) for row in request.rows]
        stopped: set[int] = set()
        for count in range(1, request.max_new_tokens + 1):
            for index, words in enumerate(rows):
                if index in stopped:
                    continue
                text, finish = _cut(words[:count], request.stop)
                if finish == "stop" or count == request.max_new_tokens:
                    stopped.add(index)
                    yield self._finished(request.rows[index], index, text, count, finish, context)
                else:
                    yield Partial(row=index, text=text, tokens=count)

    async def propose(self, request: ProposeRequest) -> list[list[Fill]]:
        """Return for each gap `beam` fills, and `samples` more; see `Engine.propose`."""
        self._refuse()
        return [self._fills(request, index) for index in range(len(request.gaps))]

    async def score(self, request: ScoreRequest) -> list[list[float]]:
        """Return a number between -12.0 and 0.0 for each word; see `Engine.score`."""
        self._refuse()
        return [
            [-12.0 * _random(request.model, item.left, word, item.right).random() for word in split_words(item.asked)]
            for item in request.items
        ]

    async def embed(self, texts: Sequence[str], tenant: str = "") -> list[list[float]]:
        """Return a vector of length 1.0 with `DIMENSIONS` numbers for each text; see `Engine.embed`."""
        self._refuse()
        return [_direction(_random("embedding", text)) for text in texts]

    async def health(self) -> Health:
        """Say that all models are loaded; see `Engine.health`."""
        self._refuse()
        models = tuple(
            ModelInfo(role=role, name=NAME, revision="", engine=NAME, window=WINDOW, languages=self.languages)
            for role in ROLES
        )
        return Health(ready=True, stage="ready", models=models)

    def _refuse(self) -> None:
        if self.failure is not None:
            raise self.failure

    @staticmethod
    def _finished(row: Row, index: int, text: str, tokens: int, finish: Finish, context: str) -> Continuation:
        receipt = Receipt(
            engine=NAME,
            model=NAME,
            revision="",
            seed=row.seed,
            mood=row.mood,
            sampling=row.sampling,
            prompt_sha256=hashlib.sha256(context.encode()).hexdigest(),
            prompt_tokens=len(split_words(context)),
        )
        log_probs = tuple(-4.0 * _random("token", text, place).random() for place in range(tokens))
        return Continuation(row=index, text=text, tokens=tokens, finish=finish, receipt=receipt, log_probs=log_probs)

    @staticmethod
    def _fills(request: ProposeRequest, index: int) -> list[Fill]:
        gap = request.gaps[index]
        chance = _random("fill", request.model, gap.left, gap.right, request.seed)
        words = [*_NAMES, *_VERBS, *_KINDS]
        fills = []
        for number in range(request.beam + request.samples):
            length = request.lengths[number % len(request.lengths)]
            text = " ".join(chance.choice(words) for _ in range(length))
            score = -length * (1.0 + 4.0 * chance.random())
            source: Literal["beam", "sample"] = "beam" if number < request.beam else "sample"
            fills.append(Fill(text=text, masks=length, score=score, source=source))
        tried = request.also[index] if request.also else ()
        given = [Fill(text=each.text, masks=each.masks, score=each.score, source="given") for each in tried]
        return sorted({fill.text: fill for fill in [*fills, *given]}.values(), key=lambda fill: -fill.score)


def _random(*parts: object) -> random.Random:
    """Return what draws by lot, the same for the same parts on every machine."""
    return random.Random(hashlib.sha256(repr(parts).encode()).digest())


def _sentences(chance: random.Random, count: int) -> list[str]:
    """Return `count` words of sentences, each with the space before it."""
    words: list[str] = []
    while len(words) < count:
        one, other = chance.sample(_NAMES, 2)
        words += ["The", chance.choice(_KINDS), one, chance.choice(_VERBS), "the", chance.choice(_KINDS), f"{other}."]
    return [f" {word}" for word in words[:count]]


def _cut(words: Sequence[str], stop: Sequence[str]) -> tuple[str, Finish]:
    """Return the text before the first of the `stop` strings, and whether there is one."""
    text = "".join(words)
    ends = [at for each in stop if (at := text.find(each)) >= 0]
    return (text[: min(ends)], "stop") if ends else (text, "length")


def _direction(chance: random.Random) -> list[float]:
    numbers = [chance.gauss(0.0, 1.0) for _ in range(DIMENSIONS)]
    length = math.hypot(*numbers)
    return [number / length for number in numbers]

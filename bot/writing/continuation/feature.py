"""`/continue`."""

from __future__ import annotations

from typing import Any, ClassVar

from bot.inference.jobs import Job, Owner
from bot.inference.protocol import LoadedRole
from bot.rules.generations import Generation, GenerationKind, Suggestion
from bot.rules.moods import check_mood
from bot.rules.provenance import Origin, Span
from bot.rules.receipts import OwnReceipt
from bot.rules.servers import LENGTH_RANGE, Switch, check_range
from bot.writing.blocklist import Blocklist
from bot.writing.continuation.job import ContinueJob
from bot.writing.continuation.request import ContinueRequest, onward
from bot.writing.feature import Asked, Feature
from bot.writing.languages import WRITING
from bot.writing.provenance import spans_behind, spans_of
from bot.writing.request import checked_text

_NO_SPACE_BEFORE = ",.;:!?…’”)。，！？；：、"
"""Signs that stand at the word before them."""


class ContinueFeature(Feature[ContinueRequest]):
    """Suggestions go on from the end of the text."""

    kind: ClassVar[GenerationKind] = ContinueRequest.kind
    switch: ClassVar[Switch] = "continue"
    needs: ClassVar[tuple[LoadedRole, ...]] = WRITING
    origin: ClassVar[Origin] = "gpt"

    def check(self, request: ContinueRequest) -> None:
        """Raise `BadInput` besides: `length_range` (given, low, high), and as `check_mood`."""
        super().check(request)
        check_range("length_range", request.length, LENGTH_RANGE)
        check_mood(request.mood)

    def texts(self, request: ContinueRequest) -> tuple[str, ...]:
        return (request.text, request.note)

    def job(
        self, request: ContinueRequest, words: Blocklist, seed: int, owner: Owner, *, local: bool = False
    ) -> Job[tuple[Suggestion, ...]]:
        return ContinueJob(request, words, seed, owner, local=local)

    def again(self, generation: Generation) -> ContinueRequest:
        return ContinueRequest(
            text=generation.text,
            mood=generation.mood,
            count=generation.count,
            length=generation.length,
            note=generation.note,
        )

    def options(self, request: ContinueRequest) -> dict[str, Any]:
        return {"mood": request.mood, "length": request.length, "note": request.note}

    def own(self, generation: Generation, text: str) -> Suggestion:
        """With a space before it where one is due."""
        text, before = checked_text(text), generation.text
        if before and not before[-1].isspace() and not text[0].isspace() and text[0] not in _NO_SPACE_BEFORE:
            text = f" {text}"
        return Suggestion(text=text, fills=(), receipt=OwnReceipt())

    def suggested_spans(self, generation: Generation, suggestion: Suggestion) -> tuple[Span, ...]:
        return spans_of(suggestion, suggestion.text)

    def whole(self, generation: Generation, suggestion: Suggestion) -> str:
        return onward(generation.text, suggestion.text)

    def provenance(self, generation: Generation, suggestion: Suggestion, asked: Asked) -> tuple[Span, ...]:
        return spans_behind(generation.text, asked(), suggestion, self.whole(generation, suggestion))

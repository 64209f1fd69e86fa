"""What the kinds of generations differ in: one object a kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic

from bot.errors import BadInput
from bot.inference.jobs import Job, Owner
from bot.inference.protocol import LoadedRole
from bot.rules.generations import Generation, GenerationKind, NewGeneration, Suggestion
from bot.rules.provenance import Origin, Span, edited, of_human, word_origins
from bot.rules.receipts import EditedReceipt, OwnReceipt
from bot.rules.servers import COUNT_RANGE, Switch, check_range
from bot.writing.blocklist import Blocklist
from bot.writing.provenance import spans_filled
from bot.writing.request import RequestT, Submission, checked_text

Asked = Callable[[], Sequence[Span]]
"""Tells where the words of a generation's text come from."""


class Feature(ABC, Generic[RequestT]):
    """A kind of generation, from the request to what is kept, and back.

    `switch` is what a server switches it off by, `needs` the models that work on it, and `origin` which of them its
    words count as.
    """

    kind: ClassVar[GenerationKind]
    switch: ClassVar[Switch]
    needs: ClassVar[tuple[LoadedRole, ...]]
    origin: ClassVar[Origin]
    counts: ClassVar[range] = COUNT_RANGE
    """How many suggestions can be asked for."""

    # ---- asking

    def check(self, request: RequestT) -> None:
        """Raise `BadInput` where what is asked for besides the text is out of range: `count_range` (given, low,
        high)."""
        check_range("count_range", request.count, self.counts)

    def texts(self, request: RequestT) -> tuple[str, ...]:
        """Return the texts that the models must be able to read, each for itself."""
        return (request.text,)

    @abstractmethod
    def job(
        self, request: RequestT, words: Blocklist, seed: int, owner: Owner, *, local: bool = False
    ) -> Job[tuple[Suggestion, ...]]:
        """Return the work on a request. `local`: none of its text may leave this machine."""

    @abstractmethod
    def again(self, generation: Generation) -> RequestT:
        """Return what asks for the same once more. Raises `BadInput` where that can no longer be asked."""

    # ---- keeping

    def record(
        self,
        submission: Submission[RequestT],
        suggestions: Sequence[Suggestion],
        *,
        expires_ms: int,
        message_id: int | None = None,
    ) -> NewGeneration:
        """Return what is kept of an answered submission; `message_id` is the progress that its card takes the place
        of."""
        return NewGeneration(
            kind=self.kind,
            place=submission.place,
            person_id=submission.owner.person_id,
            text=submission.request.text,
            suggestions=tuple(suggestions),
            expires_ms=expires_ms,
            parent_id=submission.parent_id,
            message_id=message_id,
            **{"mood": None, "count": submission.request.count, "length": 0, **self.options(submission.request)},
        )

    def options(self, request: RequestT) -> dict[str, Any]:
        """Return what else of a request is kept, by the names of `NewGeneration`."""
        return {}

    def own(self, generation: Generation, text: str) -> Suggestion:
        """Return what a person wrote themselves on the card of `generation`. Raises `BadInput` as `checked_text`."""
        return Suggestion(text=checked_text(text), fills=(), receipt=OwnReceipt())

    def edited(self, generation: Generation, suggestion: Suggestion, given: str) -> Suggestion:
        """Return what a person made of a suggestion: each word that they left is still a model's. Raises `BadInput` as
        `own`, and `edit_same` where nothing was changed."""
        own = self.own(generation, given)
        if own.text.strip() == suggestion.text.strip():
            raise BadInput("edit_same")
        spans = edited(suggestion.text, self.suggested_spans(generation, suggestion), own.text)
        if all(origin == "human" for origin in word_origins(own.text, spans)):
            return own  # a full stop alone is nobody's
        return replace(own, receipt=EditedReceipt(spans=spans))

    def suggested_spans(self, generation: Generation, suggestion: Suggestion) -> tuple[Span, ...]:
        """Return where the words of a suggestion's own text come from."""
        return self.provenance(generation, suggestion, lambda: of_human(generation.text))

    # ---- what a suggestion makes of the text

    def whole(self, generation: Generation, suggestion: Suggestion) -> str:
        """Return the text that one goes on from with a suggestion."""
        return suggestion.text

    def literals(self, generation: Generation) -> tuple[str, ...]:
        """Return what stands around the fills of a generation's suggestions; nothing where they have none."""
        return ()

    def provenance(self, generation: Generation, suggestion: Suggestion, asked: Asked) -> tuple[Span, ...]:
        """Return where the words of the whole text come from; `asked` tells it of the text of the generation. Fills are
        of `origin`, all else is a person's."""
        return spans_filled(self.literals(generation), suggestion, self.origin)

"""`/twist`."""

from __future__ import annotations

from typing import ClassVar

from bot.inference.jobs import Job, Owner
from bot.inference.protocol import LoadedRole
from bot.rules.generations import Generation, GenerationKind, Suggestion
from bot.rules.provenance import Origin, Span, of_infill
from bot.rules.servers import Switch
from bot.rules.twists import twist_of
from bot.writing.blocklist import Blocklist
from bot.writing.feature import Asked, Feature
from bot.writing.languages import FILLING
from bot.writing.provenance import spans_filled
from bot.writing.twist.job import TwistJob
from bot.writing.twist.request import TWIST_RANGE, TwistRequest


class TwistFeature(Feature[TwistRequest]):
    """The one suggestion holds the expected words of the text (`bot.rules.twists`). A server switches it off with
    infills: it is the same models' work."""

    kind: ClassVar[GenerationKind] = TwistRequest.kind
    switch: ClassVar[Switch] = "infill"
    needs: ClassVar[tuple[LoadedRole, ...]] = FILLING
    origin: ClassVar[Origin] = "bert"
    counts: ClassVar[range] = TWIST_RANGE

    def job(
        self, request: TwistRequest, words: Blocklist, seed: int, owner: Owner, *, local: bool = False
    ) -> Job[tuple[Suggestion, ...]]:
        return TwistJob(request, words, owner)  # without rows of its own it needs no seed

    def again(self, generation: Generation) -> TwistRequest:
        return TwistRequest(text=generation.text, count=generation.count)

    def literals(self, generation: Generation) -> tuple[str, ...]:
        return twist_of(generation).pieces

    def provenance(self, generation: Generation, suggestion: Suggestion, asked: Asked) -> tuple[Span, ...]:
        """Only words that were changed are a model's."""
        if suggestion.receipt.by_person or not suggestion.fills:
            return spans_filled((), suggestion, self.origin)
        twist = twist_of(generation).finished()
        return of_infill(twist.pieces, twist.fills)

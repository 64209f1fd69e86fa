"""`/infill`."""

from __future__ import annotations

from typing import ClassVar

from bot.inference.jobs import Job, Owner
from bot.inference.protocol import LoadedRole
from bot.rules.generations import Generation, GenerationKind, Suggestion
from bot.rules.provenance import Origin
from bot.rules.servers import Switch
from bot.writing.blanks import literals_of
from bot.writing.blocklist import Blocklist
from bot.writing.feature import Feature
from bot.writing.infill.job import InfillJob
from bot.writing.infill.request import InfillRequest
from bot.writing.infill.restyling import style_of
from bot.writing.languages import FILLING


class InfillFeature(Feature[InfillRequest]):
    """Suggestions fill the blanks of the text."""

    kind: ClassVar[GenerationKind] = InfillRequest.kind
    switch: ClassVar[Switch] = "infill"
    needs: ClassVar[tuple[LoadedRole, ...]] = FILLING
    origin: ClassVar[Origin] = "bert"

    def job(
        self, request: InfillRequest, words: Blocklist, seed: int, owner: Owner, *, local: bool = False
    ) -> Job[tuple[Suggestion, ...]]:
        return InfillJob(request, words, seed, owner)  # its models are always on this machine

    def again(self, generation: Generation) -> InfillRequest:
        return InfillRequest(text=generation.text, count=generation.count, style=style_of(generation))

    def literals(self, generation: Generation) -> tuple[str, ...]:
        return literals_of(generation)

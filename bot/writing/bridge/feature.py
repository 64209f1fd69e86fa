"""`/bridge`."""

from __future__ import annotations

from typing import ClassVar

from bot.inference.jobs import Job, Owner
from bot.inference.protocol import LoadedRole
from bot.rules.generations import Generation, GenerationKind, Suggestion
from bot.rules.provenance import Origin
from bot.rules.servers import Switch
from bot.writing.blanks import literals_of, parse
from bot.writing.blocklist import Blocklist
from bot.writing.bridge.job import BridgeJob
from bot.writing.bridge.request import BridgeRequest
from bot.writing.feature import Feature
from bot.writing.languages import BRIDGING


class BridgeFeature(Feature[BridgeRequest]):
    """Suggestions lead from one text to another. A server switches it off with infills: it fills in whole sentences."""

    kind: ClassVar[GenerationKind] = BridgeRequest.kind
    switch: ClassVar[Switch] = "infill"
    needs: ClassVar[tuple[LoadedRole, ...]] = BRIDGING
    origin: ClassVar[Origin] = "gpt"

    def job(
        self, request: BridgeRequest, words: Blocklist, seed: int, owner: Owner, *, local: bool = False
    ) -> Job[tuple[Suggestion, ...]]:
        return BridgeJob(request, words, seed, owner, local=local)

    def again(self, generation: Generation) -> BridgeRequest:
        left, right = parse(generation.text).literals
        return BridgeRequest(left=left, right=right, count=generation.count)

    def literals(self, generation: Generation) -> tuple[str, ...]:
        return literals_of(generation)

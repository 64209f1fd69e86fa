"""What the kinds of rounds differ in: one object a kind, from the plan to the place of what wins."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from bot.errors import BadInput
from bot.rules.generations import Suggestion
from bot.rules.moods import MoodName
from bot.rules.provenance import normalised, of_infill, of_model, origin_of
from bot.rules.receipts import Receipt
from bot.rules.rounds import NewCandidate, Round, RoundKind
from bot.rules.stories import Passage, Story
from bot.stories.access import Who
from bot.stories.rounds.planning import Plan, plan_bridge, plan_continue, plan_infill
from bot.writing.blanks import Template, parse
from bot.writing.bridge.request import BridgeRequest
from bot.writing.continuation.request import ContinueRequest
from bot.writing.infill.request import InfillRequest
from bot.writing.request import Request
from storage.unit_of_work import Snapshot

Following = tuple[bool, int | None]
"""Whether what wins still has its place in canon, and the passage that is to follow it there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of the models in a round besides its plan: how many candidates, and of continuations the mood (None
    mixes them) and the length in tokens."""

    count: int
    mood: MoodName | None
    length: int


class RoundFeature(ABC):
    """A kind of round. `takes_passages`: what people write as the next passage stands among its candidates."""

    kind: ClassVar[RoundKind]
    takes_passages: ClassVar[bool] = False

    @abstractmethod
    async def plan(self, tx: Snapshot, who: Who, story_id: int, asked: str, number: int | None) -> Plan:
        """Return what is to be written; `asked` is the text that somebody gave, `number` a passage of canon."""

    @abstractmethod
    def request(self, plan: Plan, wanted: Wanted) -> Request:
        """Return what the models are asked. Raises `BadInput` as the request."""

    def template(self, round_: Round) -> Template | None:
        """Return the text with blanks that a round fills; None for other rounds, and where its words were withdrawn."""
        return None

    def candidate(
        self, suggestion: Suggestion, receipt: Receipt, template: Template | None, base: Passage | None
    ) -> NewCandidate:
        """Return a suggestion as a candidate. `template` is what is filled, `base` the passage that is replaced."""
        text = self.candidate_text(suggestion).strip()
        spans = of_model(text, "gpt")
        return NewCandidate(text=text, origin="gpt", spans=spans, mood=receipt.one_mood, receipt=receipt)

    def candidate_text(self, suggestion: Suggestion) -> str:
        """Return what of a suggestion becomes a passage."""
        return suggestion.text

    @abstractmethod
    async def place(self, tx: Snapshot, story: Story, round_: Round) -> Following:
        """Return where what wins stands now."""


class ContinueRound(RoundFeature):
    """Goes on behind the head of the story."""

    kind: ClassVar[RoundKind] = "continue"
    takes_passages: ClassVar[bool] = True

    async def plan(self, tx: Snapshot, who: Who, story_id: int, asked: str, number: int | None) -> Plan:
        return await plan_continue(tx, who, story_id)

    def request(self, plan: Plan, wanted: Wanted) -> Request:
        return ContinueRequest(
            text=plan.text,
            mood=wanted.mood,
            count=wanted.count,
            length=wanted.length,
            context=plan.context.pieces,
            near=plan.context.near,
            note=plan.note,
        )

    async def place(self, tx: Snapshot, story: Story, round_: Round) -> Following:
        return story.head_id == round_.after_id, None


class InfillRound(RoundFeature):
    """Fills blanks in a passage, which is replaced."""

    kind: ClassVar[RoundKind] = "infill"

    async def plan(self, tx: Snapshot, who: Who, story_id: int, asked: str, number: int | None) -> Plan:
        return await plan_infill(tx, who, story_id, asked, number)

    def request(self, plan: Plan, wanted: Wanted) -> Request:
        return InfillRequest(text=plan.text, count=wanted.count, context=plan.context.before)

    def template(self, round_: Round) -> Template | None:
        try:
            return parse(round_.text)
        except BadInput:
            return None

    def candidate(
        self, suggestion: Suggestion, receipt: Receipt, template: Template | None, base: Passage | None
    ) -> NewCandidate:
        """The passage with its blanks filled: its words stay its author's, the fills are the model's."""
        if template is None or base is None:
            return super().candidate(suggestion, receipt, template, base)
        spans = of_infill(template.literals, suggestion.fills, *normalised(base.text, base.spans))
        return NewCandidate(
            text=suggestion.text,
            author_id=base.author_id,
            pen_name=base.pen_name,
            origin=origin_of(spans, "bert"),
            spans=spans,
            receipt=receipt,
        )

    async def place(self, tx: Snapshot, story: Story, round_: Round) -> Following:
        head_id, replaced_id = story.head_id, round_.replaces_id
        if head_id is None or replaced_id is None or not await tx.passages.is_on_path(replaced_id, head_id):
            return False, None
        replaced = await tx.passages.get(replaced_id)
        assert replaced is not None, "what stands on a path is there"
        following = await tx.passages.list_canon_page(head_id, replaced.depth + 1, replaced.depth + 1)
        return True, following[0].id if following else None


class BridgeRound(RoundFeature):
    """Writes between two passages; the second of them follows."""

    kind: ClassVar[RoundKind] = "bridge"

    async def plan(self, tx: Snapshot, who: Who, story_id: int, asked: str, number: int | None) -> Plan:
        return await plan_bridge(tx, who, story_id, number)

    def request(self, plan: Plan, wanted: Wanted) -> Request:
        return BridgeRequest(left=plan.left, right=plan.right, count=wanted.count, context=plan.context.before)

    def candidate_text(self, suggestion: Suggestion) -> str:
        return suggestion.fills[0]

    async def place(self, tx: Snapshot, story: Story, round_: Round) -> Following:
        head_id, before_id = story.head_id, round_.before_id
        if head_id is None or before_id is None or not await tx.passages.is_on_path(before_id, head_id):
            return False, None
        return True, before_id


_ALL: tuple[RoundFeature, ...] = (
    ContinueRound(),
    InfillRound(),
    BridgeRound(),
)
"""Every kind of round: one line a kind."""
ROUND_FEATURES: Mapping[RoundKind, RoundFeature] = MappingProxyType({each.kind: each for each in _ALL})
"""Every kind by its name."""


def of_models(
    kind: RoundKind,
    suggestions: Iterable[Suggestion],
    *,
    template: Template | None = None,
    base: Passage | None = None,
    dropped: Sequence[str] = (),
    withheld: Sequence[str] = (),
) -> list[NewCandidate]:
    """Return the suggestions as candidates (see `RoundFeature.candidate`). `dropped` and `withheld` go on each receipt:
    labels of what the models did not read."""
    feature = ROUND_FEATURES[kind]
    return [feature.candidate(each, each.receipt.marked(dropped, withheld), template, base) for each in suggestions]


def template_of(round_: Round) -> Template | None:
    """Return the text with blanks that a round fills; None for other rounds, and where its words were withdrawn."""
    return ROUND_FEATURES[round_.kind].template(round_)

"""Bridge two passages: whole sentences that follow from the one and lead to the other.

The causal model goes on from the left passage many times; the first sentence of each row, and its first two, are the
candidates. What tells them apart is the right passage: how much likelier each makes it, read together with how well
the candidate itself reads.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from math import exp

from bot.errors import BadInput
from bot.inference.jobs import Owner, Report
from bot.inference.protocol import Continuation, Engine, GenerateRequest, Row, ScoreItem, ScoreRequest
from bot.rules.generations import Suggestion, surest_first
from bot.rules.moods import MOODS, MoodName
from bot.rules.receipts import BridgeReceipt, FillReceipt
from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import split_words
from bot.writing import cleaning, diversity
from bot.writing.blocklist import Blocklist
from bot.writing.bridge.request import BridgeRequest
from bot.writing.continuation.job import joined, pieces_of, prompt_of, row_seed
from bot.writing.engine_receipts import of_row
from bot.writing.languages import BRIDGING, check_language, is_foreign
from bot.writing.overlap import Overlap, TextSource, overlap
from bot.writing.request import NOBODY
from bot.writing.row_counts import MOST, health_of, rows_for
from bot.writing.text_windows import left_part, right_part

MAX_TOKENS = 56
"""Tokens of a row."""
MOODS_USED: tuple[MoodName, ...] = ("steady", "open", "plain")
"""The wild mood leads away from where the bridge has to end."""
SENTENCES = (1, 2)
"""How many sentences a bridge may have."""
MIN_WORDS = 3
"""Words of the shortest bridge."""
SCORED = 16
"""Candidates that are scored with the right text: as many as fit into a few passes."""
RIGHT_WORDS = 16
"""Words of the right passage that a candidate is scored with."""
ECHOED_RUN = 4
"""A bridge that says so many words of the right passage in a row has told it before its time."""
FLUENCY = 4.0
"""What a nat of the mean log-probability of the bridge's own words counts against one of the right text's."""
TEMPERATURE = 2.0
"""Divides the scores; makes the confidences honest."""
WRITTEN, ALL_SCORED = 0.6, 0.97
"""Which share of the work is done when the rows are written, and when they are scored with the right text."""
PARTS = 1000
"""In so many parts the work is reported."""
DEADLINE_S = 600.0
"""Seconds after which rows end with what they have."""
_CLOSERS = '"”’'
"""Closing quotation marks; a bridge is also tried without those at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A candidate: its text, the row it begins, what it shares with the left passage, and, once scored, the mean
    log-probability of its words, its score (both in nats; of the latter only differences count), its share."""

    text: str
    row: Continuation
    overlap: Overlap
    fluency: float = 0.0
    score: float = 0.0
    confidence: float = 0.0


class BridgeJob:
    """Bridges `request.left` and `request.right` and returns at most `request.count` suggestions, the best first.

    A suggestion's `fills` is the bridge alone, without space around it; its `text` is all three. The same seed asks
    for the same rows. Nothing of a `local` one leaves this machine. Raises `BadInput`: `nothing_usable` where nothing
    that may be shown was found, and the keys of `check_language`.
    """

    def __init__(
        self, request: BridgeRequest, words: Blocklist, seed: int, owner: Owner = NOBODY, *, local: bool = False
    ) -> None:
        self._request = request
        self._words = words
        self._seed = seed
        self._owner = owner
        self._local = local
        self._prompt = prompt_of(request.left)
        self._sources = (TextSource(request.left), TextSource(request.right))

    @property
    def owner(self) -> Owner:
        return self._owner

    @property
    def rows(self) -> int:
        return MOST["bridge"]

    @property
    def tokens(self) -> int:
        return MOST["bridge"] * MAX_TOKENS

    async def run(self, engine: Engine, report: Report) -> tuple[Suggestion, ...]:
        chosen = await self._choose(engine, await self.candidates(engine, report))
        report("", PARTS, PARTS)
        return surest_first(self._suggestion(bridge) for bridge in chosen)

    async def candidates(self, engine: Engine, report: Report) -> list[Bridge]:
        """All bridges that may be shown, the best first. Raises as `run` does."""
        both = f"{self._request.left}\n{self._request.right}"
        health = await health_of(engine)
        if is_foreign(both):
            check_language(both, BRIDGING, health.models, local=self._local)
        rows = await self._generate(engine, report, rows_for("bridge", health, self._request.count))
        drafts = await asyncio.to_thread(self._drafts, rows)
        if not drafts:
            raise BadInput("nothing_usable")
        scored = await self.score(engine, drafts[:SCORED])
        report("", round(PARTS * ALL_SCORED), PARTS)
        return scored

    async def _generate(self, engine: Engine, report: Report, count: int) -> list[Continuation]:
        request = GenerateRequest(
            request_id=uuid.uuid4().hex,
            pieces=pieces_of(self._prompt, self._request.context),
            rows=tuple(
                Row(seed=row_seed(self._seed, number), mood=mood, sampling=MOODS[mood])
                for number, mood in enumerate(MOODS_USED[number % len(MOODS_USED)] for number in range(count))
            ),
            max_new_tokens=MAX_TOKENS,
            deadline_s=DEADLINE_S,
            local=self._local,
        )
        tokens = [0] * count
        finished: list[Continuation] = []
        async with aclosing(engine.generate(request)) as events:
            async for event in events:
                tokens[event.row] = MAX_TOKENS if isinstance(event, Continuation) else event.tokens
                if isinstance(event, Continuation):
                    finished.append(event)
                report("", round(PARTS * WRITTEN * sum(tokens) / (count * MAX_TOKENS)), PARTS)
        return sorted(finished, key=lambda row: row.row)

    def _drafts(self, rows: Sequence[Continuation]) -> list[Bridge]:
        """Return what of the rows may be shown, without doubles: for a thread, since it reads both sides again and
        again."""
        drafts = [draft for size in SENTENCES for row in rows if (draft := self._draft(row, size)) is not None]
        looks = {draft.text: diversity.features(draft.text) for draft in drafts}
        return diversity.without_doubles(drafts, lambda draft: looks[draft.text])

    def _draft(self, row: Continuation, sentences: int) -> Bridge | None:
        """The first sentences of a row as they may be shown, or None where there are none or they may not."""
        whole = joined(self._prompt, cleaning.finished(row.text, before=self._prompt))
        ends = sentence_ends(whole)
        if len(ends) < sentences:
            return None
        text = self._quoted(whole[: ends[sentences - 1]].strip())
        if (
            text[:1] in {"”", "’"}
            or len(split_words(text)) < MIN_WORDS
            or not self._words.allows(text)
            or diversity.is_loop(text)
        ):
            return None
        before, behind = (overlap(text, (source,)) for source in self._sources)
        if diversity.is_copy(before) or behind.longest_run >= ECHOED_RUN:
            return None
        return Bridge(text=text, row=row, overlap=before)

    def _quoted(self, text: str) -> str:
        """Return the bridge with its quotes closed as its paragraph wants them: one that the left passage opened stays
        open where the right passage closes it."""
        left, right = self._request.left.rpartition("\n")[2], self._request.right.partition("\n")[0]
        own = cleaning.close_quotes(text)
        for option in (own, cleaning.close_quotes(text.rstrip(_CLOSERS)), cleaning.close_quotes(text, self._prompt)):
            if is_balanced(f"{left} {option} {right}"):
                return option
        return own

    async def score(self, engine: Engine, drafts: Sequence[Bridge]) -> list[Bridge]:
        """Score drafts with the right passage; the best first. The score is log p(right | left, bridge) and, weighted,
        the bridge's fluency."""
        left = left_part(self._prompt)
        right = right_part(self._request.right.strip(), RIGHT_WORDS)
        items = tuple(ScoreItem(left=left, asked=f"{joined_to(left, draft.text)} {right}") for draft in drafts)
        scores = await engine.score(ScoreRequest(model="causal", items=items))
        scored: list[Bridge] = []
        for draft, words in zip(drafts, scores, strict=True):
            own = len(split_words(draft.text))
            fluency = sum(words[:own]) / own
            scored.append(replace(draft, fluency=fluency, score=sum(words[own:]) + FLUENCY * fluency))
        greatest = max(bridge.score for bridge in scored)
        shares = [exp((bridge.score - greatest) / TEMPERATURE) for bridge in scored]
        scored = [replace(bridge, confidence=share / sum(shares)) for bridge, share in zip(scored, shares, strict=True)]
        return sorted(scored, key=lambda bridge: -bridge.score)

    async def _choose(self, engine: Engine, bridges: Sequence[Bridge]) -> list[Bridge]:
        """The best, and then a diverse few of the next."""
        vectors = await engine.embed([bridge.text for bridge in bridges])
        looks = {
            bridge.text: diversity.features(bridge.text, vector)
            for bridge, vector in zip(bridges, vectors, strict=True)
        }
        best = bridges[0].score
        return diversity.choose(
            bridges,
            self._request.count,
            similarity=lambda one, other: diversity.alike(looks[one.text], looks[other.text]),
            quality=lambda bridge: 1 + (bridge.score - best) / 10,
        )

    def _suggestion(self, bridge: Bridge) -> Suggestion:
        confidence = min(1.0, bridge.confidence)
        receipt = BridgeReceipt(
            seed=self._seed,
            fills=(FillReceipt(text=bridge.text, confidence=round(bridge.confidence, 4), sources=("causal",)),),
            causal=of_row(bridge.row.receipt),
            shared_run=bridge.overlap.longest_run,
            right_sha256=hashlib.sha256(self._request.right.encode()).hexdigest(),
        )
        text = f"{self._request.left.strip()} {bridge.text} {self._request.right.strip()}"
        return Suggestion(text=text, fills=(bridge.text,), receipt=receipt, confidence=confidence)


def is_balanced(text: str) -> bool:
    """Tell whether every quotation in `text` is opened and closed."""
    return text.count('"') % 2 == 0 and text.count("“") == text.count("”")


def joined_to(left: str, text: str) -> str:
    """Return `text` with the space that it needs behind `left`."""
    return text if not left or left[-1].isspace() else f" {text}"

"""Continue a text: many rows in one batch, cut and filtered, and a diverse few of them shown."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import uuid
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.errors import BadInput, WorkerUnavailable
from bot.inference.jobs import Owner, Report
from bot.inference.protocol import Continuation, Engine, GenerateRequest, Piece, Row
from bot.rules.generations import Suggestion
from bot.rules.moods import MOOD_NAMES, MOODS, MoodName
from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import has_han, split_words
from bot.writing import cleaning, diversity, engine_receipts
from bot.writing.blocklist import Blocklist
from bot.writing.continuation import quality
from bot.writing.continuation.misnaming import misnames, wrong_plurals
from bot.writing.continuation.notes import NEAR_SENTENCES, NOTE_SENTENCES, note_weight, parted, stops_of, worded
from bot.writing.continuation.request import ContinueRequest
from bot.writing.diversity import Features
from bot.writing.languages import WRITING, check_language, is_foreign
from bot.writing.overlap import Overlap, TextSource, overlap
from bot.writing.request import NOBODY
from bot.writing.row_counts import MOST, health_of, rows_for
from bot.writing.text_form import text_form_of

_log = logging.getLogger(__name__)

ROUNDS = 2
"""When the first round leaves fewer than were asked for, one more is made."""
ROUND_ENDS = (0.0, 0.94, 0.98)
"""Which share of the work is done when each round begins, and when the last has ended: choosing takes the rest. A
second round is rare."""
PARTS = 1000
"""In so many parts the work is reported."""
DEADLINE_S = 600.0
"""Seconds after which rows end with what they have."""
MIN_WORDS = 3
"""Words of the shortest continuation that is shown."""
SAME_MOOD = 1
"""Of suggestions of all moods so many at most are of one, where there are others: of marked rows three of different
moods were worth more, of both models, by any score."""
QUALITY = 0.8
"""What quality counts in the choice, against unlikeness: see `diversity.choose`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A row that may be shown: its tidied text, what it shares with the text before it, how it looks, the mean
    log-probability of its tokens where that is known, and how likely writers are to keep it (0..1). `doubtful`: it is
    shown only where there are too few others."""

    text: str
    row: Continuation
    overlap: Overlap
    look: Features
    log_prob: float | None
    quality: float
    doubtful: bool


class ContinueJob:
    """Continues `request.text` and returns at most `request.count` suggestions, the best first.

    A suggestion's text begins with the white space that joins it to the text. The same seed asks for the same
    rows. Raises `BadInput` (`nothing_usable`, and the keys of `check_language`) and what the engine raises.
    """

    def __init__(
        self, request: ContinueRequest, words: Blocklist, seed: int, owner: Owner = NOBODY, *, local: bool = False
    ) -> None:
        self._request = request
        self._owner = owner
        self._local = local
        self._words = words
        self._seed = seed
        self._prompt = prompt_of(request.text)
        self._form = text_form_of(self._prompt)
        self._story: tuple[TextSource, ...] = ()
        self._wrong = frozenset[str]()

    @property
    def owner(self) -> Owner:
        return self._owner

    @property
    def rows(self) -> int:
        return MOST["continue"]

    @property
    def tokens(self) -> int:
        return MOST["continue"] * self._request.length

    async def run(self, engine: Engine, report: Report) -> tuple[Suggestion, ...]:
        health = await health_of(engine)
        if is_foreign(self._request.text) or is_foreign(self._request.note):
            for text in (self._request.text, self._request.note):
                check_language(text, WRITING, health.models, local=self._local)
        count = rows_for("continue", health, self._request.count)
        drafts: list[Draft] = []
        chosen: list[Draft] = []
        for number in range(ROUNDS):
            rows = await self._generate(engine, report, number, count)
            drafts = await asyncio.to_thread(self._drafts, drafts, rows)
            chosen = await self._choose(engine, drafts)
            if len(chosen) >= self._request.count:
                break
        if not chosen:
            raise BadInput("nothing_usable")
        return tuple(_suggestion(draft) for draft in chosen)

    # ---- making

    async def _generate(self, engine: Engine, report: Report, number: int, count: int) -> list[Continuation]:
        request = GenerateRequest(
            request_id=uuid.uuid4().hex,
            pieces=pieces_of(self._prompt, self._request.context, self._request.near, self._request.note),
            rows=rows_of(self._seed, number, self._request.mood, count),
            max_new_tokens=self._request.length,
            stop=stops_of(self._request.text) if self._request.note else (),
            deadline_s=DEADLINE_S,
            gives_up=True,
            local=self._local,
        )
        begins, ends = ROUND_ENDS[number : number + 2]
        tokens = [0] * count
        finished: list[Continuation] = []
        shown = ""
        async with aclosing(engine.generate(request)) as events:
            async for event in events:
                tokens[event.row] = event.tokens
                if isinstance(event, Continuation):
                    finished.append(event)
                    tokens[event.row] = self._request.length
                if event.row == 0:
                    shown = self._showable(event.text)
                done = sum(tokens) / (count * self._request.length)
                report(shown, round(PARTS * (begins + (ends - begins) * done)), PARTS)
        return sorted(finished, key=lambda row: row.row)

    def _showable(self, text: str) -> str:
        """What may be seen of an unfinished row: whole words only, so that none shows before it is checked."""
        text = cleaning.whole_words(cleaning.plain(text, self._form)).strip()
        return text if self._words.allows(text) else ""

    # ---- choosing

    def _drafts(self, earlier: Sequence[Draft], rows: Sequence[Continuation]) -> list[Draft]:
        """Return the earlier drafts and those of the rows that may be shown, without doubles. It reads all of the story
        that the models read: call it in a thread."""
        if not self._story:
            texts = (*(piece.text for piece in (*self._request.context, *self._request.near)), self._request.text)
            self._story = tuple(TextSource(text) for text in texts)
            before = "".join(piece.text for piece in self._request.context) + self._request.text
            self._wrong = wrong_plurals((piece.text for piece in self._request.near), before)
        found = [*earlier, *(draft for row in rows if (draft := self._draft(row)) is not None)]
        return diversity.without_doubles(found, lambda draft: draft.look)

    def _draft(self, row: Continuation) -> Draft | None:
        """Return the row as it may be shown, or None where it may not."""
        text = joined(self._request.text, cleaning.finished(row.text, before=self._prompt))
        text = quality.shortened(text, self._prompt, self._form, self._request.length)
        if len(split_words(text)) < MIN_WORDS or not self._words.allows(text) or diversity.is_loop(text):
            return None
        shared = overlap(text, self._story)
        if diversity.is_copy(shared):
            return None
        log_prob = quality.mean_log_prob(row.log_probs, text, row.text)
        found = quality.traits(text, log_prob, self._prompt, self._form, shared)
        return Draft(
            text=text,
            row=row,
            overlap=shared,
            look=diversity.features(text),
            log_prob=log_prob,
            quality=quality.quality_of(found),
            doubtful=quality.is_doubtful(found, log_prob) or misnames(text, self._wrong),
        )

    async def _choose(self, engine: Engine, drafts: Sequence[Draft]) -> list[Draft]:
        """Pick the suggestions: the best that differ; doubtful ones, and a second of one mood, where there are too
        few."""
        if not drafts:
            return []
        compared = await self._compared(engine, drafts)
        spread = diversity.spread([draft.quality for draft in compared])
        ordered = diversity.choose(
            compared,
            len(drafts),
            similarity=lambda one, other: diversity.alike(one.look, other.look),
            quality=lambda draft: spread(draft.quality),
            lam=QUALITY,
        )
        return picked(ordered, self._request.count, None if self._request.mood else SAME_MOOD)

    async def _compared(self, engine: Engine, drafts: Sequence[Draft]) -> list[Draft]:
        """Return the drafts with their vectors; without them while the masked model still loads: nobody should wait for
        that, with a suggestion written already."""
        health = await health_of(engine)
        if not any(model.role == "masked" for model in health.models):
            _log.info("no masked model to compare by yet: the suggestions are chosen by their letters alone")
            return list(drafts)
        try:
            note, *vectors = await engine.embed([self._request.note, *(draft.text for draft in drafts)])
        except WorkerUnavailable:
            _log.info("the masked model cannot be asked: the suggestions are chosen by their letters alone")
            return list(drafts)
        wished, weight = diversity.features("", note), note_weight(self._request.note)
        looks = [diversity.features(draft.text, vector) for draft, vector in zip(drafts, vectors, strict=True)]
        return [
            replace(draft, look=look, quality=draft.quality + weight * diversity.vector_cosine(look, wished))
            for draft, look in zip(drafts, looks, strict=True)
        ]


# ---- pure parts


def picked(ordered: Sequence[Draft], count: int, same: int | None) -> list[Draft]:
    """Return `count` of the drafts, the best of which comes first, at most `same` of one mood; doubtful ones, and more
    of one mood, only where there are too few, what is doubtful last."""
    chosen: list[Draft] = []
    others: list[Draft] = []
    for draft in ordered:
        alike = sum(one.row.receipt.mood == draft.row.receipt.mood for one in chosen)
        full = same is not None and alike >= same
        (others if draft.doubtful or full else chosen).append(draft)
    others.sort(key=lambda draft: draft.doubtful)
    return [*chosen, *others][:count]


def prompt_of(text: str) -> str:
    """Return what the model reads: the text without the spaces at its end, which belong to the next word."""
    return text.rstrip(" \t\u3000")


def pieces_of(
    prompt: str, context: Sequence[Piece] = (), near: Sequence[Piece] = (), note: str = ""
) -> tuple[Piece, ...]:
    """Return what the model reads: the context, or else a chapter heading, and the prompt, which is the last to be cut;
    within that, close to its end, what is to act: pieces of `near`, and a note (`bot.writing.continuation.notes`)."""
    before = context or (heading_of(prompt),)
    last = max(piece.priority for piece in (*before, *near)) + 1
    if not near and not note:
        return (*before, Piece(text=prompt, label="text", priority=last, cut=True))
    noted = (Piece(text=f"{worded(note)}\n\n", label="note", priority=last + 1),) if note else ()
    found: list[Piece] = []
    rest, taken = prompt, 0
    for sentences, told in ((NEAR_SENTENCES, tuple(near)), (NOTE_SENTENCES, noted)):
        if told:
            rest, behind = parted(rest, sentences - taken)
            if not found:
                found = [Piece(text=behind, label="text", priority=last + 2, cut=True)]
            else:
                found = [*_paragraph(behind, last), *found]
            found, taken = [*told, *found], sentences
    return (*before, *_paragraph(rest, last), *found)


def _paragraph(text: str, priority: int) -> tuple[Piece, ...]:
    """Return a part of the prompt that something stands behind; none where it is empty."""
    return (Piece(text=f"{text.rstrip()}\n\n", label="text", priority=priority, cut=True),) if text.strip() else ()


def heading_of(text: str) -> Piece:
    """Return a chapter heading. Under one the bundled model, which was taught to answer, tells on; without one it soon
    talks about the text instead."""
    return Piece(text="第一章\n\n" if has_han(text) else "CHAPTER I\n\n", label="heading", priority=-1)


def rows_of(seed: int, number: int, mood: MoodName | None, count: int = MOST["continue"]) -> tuple[Row, ...]:
    """Return `count` rows of round `number`: all in `mood`, or the four moods in turn. Each has its own seed, whatever
    their number."""
    moods = (mood,) if mood is not None else MOOD_NAMES
    first = number * MOST["continue"]
    names = [moods[i % len(moods)] for i in range(count)]
    return tuple(Row(seed=row_seed(seed, first + i), mood=name, sampling=MOODS[name]) for i, name in enumerate(names))


def row_seed(seed: int, index: int) -> int:
    """Return the seed of a row, 0 <= seed < 2**32: spread, so that neighbouring asks share none."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{index}".encode()).digest()[:4], "big")


def joined(before: str, text: str) -> str:
    """Return `text` with the white space that joins it to `before`; empty where it cannot be joined.

    Where `before` ends in white space, the text needs none of its own, and half a word cannot follow; where it ends in
    line breaks, there are no more than two with those of the text. Where it ends a sentence, a new one begins with a
    space.
    """
    if not text or not before:
        return text
    if before[-1] == "\n":
        begins = text.lstrip()
        breaks = text[: len(text) - len(begins)].count("\n")
        return "\n" * min(breaks, max(0, 2 - len(before) + len(before.rstrip("\n")))) + begins
    if before[-1].isspace():
        return text.lstrip(" ") if text[0].isspace() else ""
    ends = sentence_ends(before)
    new_sentence = bool(ends) and ends[-1] == len(before) and not has_han(before[-1:] + text[:1])
    return f" {text}" if new_sentence and text[0].isalnum() else text


def _suggestion(draft: Draft) -> Suggestion:
    receipt = engine_receipts.of_continuation(draft.row, draft.overlap, draft.log_prob)
    return Suggestion(text=draft.text, fills=(), receipt=receipt, score=round(draft.quality, 4))

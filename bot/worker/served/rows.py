"""What is kept of the rows that a server writes: the calls that ask for them, and the text that has come of each."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.inference.model_server import ModelServer, shown
from bot.inference.protocol import Continuation, Finish, GenerateRequest, Partial, Receipt, Row
from bot.worker.causal.context import Fitted, fit
from bot.worker.causal.detokenizer import UNFINISHED, GrowingText
from bot.worker.served.capabilities import Found, request_body
from bot.worker.served.chat import messages_of, onward, prompt_text
from bot.worker.served.dialects import Substitutions

BYTES_A_TOKEN = 3
"""Bytes of UTF-8 that are reckoned for a token where no tokenizer is at hand: one Chinese character, three quarters of
an English token's, so that a text is rather cut too short than refused."""
LONGEST_TOKEN = 64
"""Characters that no token has, on average: what is longer than that was not asked for."""
_FINISHES: Mapping[str, Finish] = {"length": "length", "stop": "end", "content_filter": "end"}
"""What each `finish_reason` of OpenAI's API means for a row."""


def count_tokens(text: str) -> int:
    """Return about how many tokens a text is, rather too many."""
    return math.ceil(len(text.encode("utf-8", "surrogatepass")) / BYTES_A_TOKEN)


@dataclass(slots=True, eq=False)
class ServedRow:
    """A row of a request: its number there, and what has come of it."""

    index: int
    spec: Row
    growing: GrowingText
    raw: str = ""
    tokens: int = 0
    shown: str = ""
    finish: Finish | None = None
    told: bool = False
    """Whether the server has said that it ended."""
    seed: int = 0
    """The seed that was sent for it."""
    place: tuple[int, int] = (1, 1)
    """Which of how many texts of that seed it is."""

    def take(self, delta: str) -> None:
        """Take a piece of its text."""
        self.raw += delta
        self.tokens += 1

    def text(self, prompt: str, *, chat: bool, finished: bool) -> str:
        """Return what may be told of it. A character of which only a part came is the end: what stands behind one that
        was lost for good is no text any more."""
        whole, _, _ = self.raw.partition(UNFINISHED)
        if chat:
            whole = onward(whole, prompt, finished=finished)
        self.growing = GrowingText(self.growing.stops)
        self.growing.extend(whole)
        return self.growing.finish() if finished else self.growing.visible


@dataclass(slots=True, eq=False)
class Call:
    """One request to the server: rows of one of our requests that have the same sampling."""

    request: GenerateRequest
    number: int
    rows: list[ServedRow]
    begun: bool = False
    """Whether the server has begun to answer it."""
    restarts: int = 0
    asked: list[ServedRow] = field(default_factory=list)
    """The rows that the last request to the server was for, and what it said."""
    sent: dict[str, Any] = field(default_factory=dict)
    usage: bool = False
    """Whether the server has told how long the prompt was."""
    prompt_tokens: int = 0
    substitutions: Substitutions = ()
    fitted: Fitted = field(default_factory=lambda: Fitted(text="", dropped=(), sha256=""))

    @property
    def left(self) -> list[ServedRow]:
        """The rows that have not ended."""
        return [row for row in self.rows if row.finish is None]

    def begin(self, found: Found) -> list[ServedRow]:
        """Return the rows that are to be asked for now, of which what had come is forgotten: they begin anew."""
        rows = self.left if found.several else self.left[:1]
        for place, row in enumerate(rows, start=1):
            row.raw, row.tokens, row.shown = "", 0, ""
            row.seed, row.place = rows[0].spec.seed, (place, len(rows))
        self.asked, self.begun, self.usage = rows, False, False
        return rows

    def body(self, found: Found) -> dict[str, Any]:
        """Return what to send for the rows that are asked for, with as much of the context as fits into the window."""
        asked = self.request.max_new_tokens
        room = max(1, found.window - min(asked, found.window // 2))
        self.fitted = fit(self.request.pieces, room, count_tokens)
        prompt: Any = self.fitted.text
        sha256 = self.fitted.sha256
        if found.endpoint == "chat":
            prompt = messages_of(self.fitted.text)
            sha256 = hashlib.sha256(prompt_text(prompt).encode("utf-8", "surrogatepass")).hexdigest()
        first = self.asked[0].spec
        self.sent, self.substitutions = request_body(
            found,
            prompt,
            sampling=first.sampling,
            seed=first.seed,
            tokens=asked,
            count=len(self.asked),
            stop=self.request.stop,
            stream=True,
        )
        self.fitted = Fitted(text=self.fitted.text, dropped=self.fitted.dropped, sha256=sha256)
        self.prompt_tokens = count_tokens(self.fitted.text)
        return self.sent

    def take(self, event: Mapping[str, Any], rows: Sequence[ServedRow]) -> set[ServedRow]:
        """Take what an event says of the `rows` that were asked for; return those that it tells something new of, and
        set the `finish` of those that it ends."""
        touched: set[ServedRow] = set()
        usage = event.get("usage")
        if isinstance(usage, dict) and isinstance(told := usage.get("prompt_tokens"), int) and told > 0:
            self.prompt_tokens, self.usage = told, True
        choices = event.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            index = choice.get("index", 0) if isinstance(choice, dict) else None
            if not isinstance(index, int) or not 0 <= index < len(rows) or rows[index].finish is not None:
                continue
            row = rows[index]
            if delta := _text_of(choice):
                row.take(delta)
                touched.add(row)
                if len(row.raw) > LONGEST_TOKEN * self.request.max_new_tokens:
                    row.finish = "length"  # a server that does not know when to stop
            reason = choice.get("finish_reason")
            if isinstance(reason, str) and reason:
                row.finish, row.told = _FINISHES.get(reason, "end"), True
                touched.add(row)
        return touched

    def partial(self, row: ServedRow, *, chat: bool) -> Partial | None:
        """Return what there is to show of a row; None where it is no more than before. A stop string ends it."""
        text = row.text(self.fitted.text, chat=chat, finished=False)
        if row.growing.stopped:
            row.finish = "stop"
        if text == row.shown or not text.startswith(row.shown):
            return None
        row.shown = text
        return Partial(row=row.index, text=text, tokens=row.tokens)

    def ended(self, row: ServedRow, finish: Finish, found: Found | None, server: ModelServer) -> Continuation:
        """Return the end of a row with what it has."""
        row.finish = finish
        chat = found is not None and found.endpoint == "chat"
        text = row.text(self.fitted.text, chat=chat, finished=True)
        substitutions = self.substitutions
        place, several = row.place
        if several > 1:
            substitutions = (*substitutions, ("seed of its own", f"text {place} of {several} of one seed"))
        receipt = Receipt(
            engine="openai",
            model=shown(found.model if found is not None else server.model),
            revision=found.dialect.name if found is not None and found.dialect.known else "served",
            seed=row.seed,
            mood=row.spec.mood,
            sampling=row.spec.sampling,
            prompt_sha256=self.fitted.sha256,
            prompt_tokens=self.prompt_tokens,
            dropped=self.fitted.dropped,
            substitutions=substitutions,
            reproducible="unknown",
            host=server.told_host,
        )
        return Continuation(row=row.index, text=text, tokens=row.tokens, finish=finish, receipt=receipt)


def _text_of(choice: Mapping[str, Any]) -> str:
    """Return the text in one choice of an event, as either endpoint has it, in a stream or whole. What a model thinks
    before it answers stands elsewhere, and is left there."""
    for holder in (choice.get("delta"), choice.get("message"), choice):
        if isinstance(holder, dict):
            given = holder.get("content", holder.get("text"))
            if isinstance(given, str):
                return given
    return ""


def calls_of(request: GenerateRequest, numbers: Sequence[int], *, several: bool) -> list[list[ServedRow]]:
    """Return the rows of a request as they are to be asked for: each alone, or those of one sampling together where the
    server can write `several` texts for one request."""
    groups: dict[Any, list[ServedRow]] = {}
    for index in numbers:
        spec = request.rows[index]
        key = (spec.mood, spec.sampling) if several else index
        groups.setdefault(key, []).append(ServedRow(index, spec, GrowingText(request.stop)))
    return list(groups.values())

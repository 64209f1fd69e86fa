"""What the scheduler keeps of a request that generates: its reader's part, the models' part, and how fast it goes."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Any

from bot.errors import InferenceError
from bot.inference.protocol import Continuation, GenerateRequest, Partial
from bot.logs import describe
from bot.worker.causal.protocol import CausalEngine

_log = logging.getLogger(__name__)

RATE_WINDOW_S = 5.0
"""Seconds of work over which tokens a second are counted."""


@dataclass(slots=True, eq=False)
class Inbox:
    """What a reader has not taken yet: every finished row, and the newest partial alone of each other row, so that a
    slow reader is told nothing old."""

    finished: deque[Continuation] = field(default_factory=deque)
    partials: dict[int, Partial] = field(default_factory=dict)
    failure: Exception | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, event: Partial | Continuation) -> None:
        """Take an event for the reader."""
        if isinstance(event, Partial):
            self.partials[event.row] = event
        else:
            self.partials.pop(event.row, None)
            self.finished.append(event)
        self.changed.set()

    def take(self) -> list[Partial | Continuation]:
        """Return what there is, finished rows first; afterwards `changed` waits for what comes."""
        events: list[Partial | Continuation] = [*self.finished, *self.partials.values()]
        self.finished.clear()
        self.partials.clear()
        self.changed.clear()
        return events

    def fail(self, error: Exception) -> None:
        """Let the reader be told what went wrong."""
        self.failure = error
        self.changed.set()


@dataclass(slots=True, eq=False)
class Stream(Inbox):
    """What the reader of one request has not taken yet. `left` holds the rows that have not finished."""

    left: set[int] = field(default_factory=set)

    def put(self, event: Partial | Continuation) -> None:
        if event.row not in self.left:
            return
        if isinstance(event, Continuation):
            self.left.discard(event.row)
        # No `super()` without arguments: a dataclass with slots is made anew.
        Inbox.put(self, event)

    async def events(self) -> AsyncGenerator[Partial | Continuation, None]:
        """Yield the newest partials and every finished row until all have finished. Raises `failure`."""
        while True:
            if events := self.take():
                for event in events:
                    yield event
            elif self.failure is not None:
                raise self.failure
            elif not self.left:
                return
            else:
                await self.changed.wait()


@dataclass(slots=True, eq=False)
class Running:
    """A request in the models' thread. `rows` are the numbers that its reader knows the rows of its `engine` by.

    `tokens` counts what each row has, -1 once it has finished."""

    stream: Stream
    request: GenerateRequest
    rows: list[int]
    tokens: dict[int, int] = field(default_factory=dict)
    engine: CausalEngine | None = None

    @property
    def rows_left(self) -> int:
        """How many rows have not finished."""
        return len(self.rows) - sum(tokens < 0 for tokens in self.tokens.values())

    def note(self, event: Partial | Continuation) -> int:
        """Take down how far a row is, and return how many tokens are new."""
        new = max(0, event.tokens - self.tokens.get(event.row, 0))
        self.tokens[event.row] = -1 if isinstance(event, Continuation) else event.tokens
        return new

    def again(self) -> Running:
        """Return the request with the rows that have not finished, as it is to be tried once more."""
        left = [place for place in range(len(self.rows)) if self.tokens.get(place, 0) >= 0]
        rows = tuple(self.request.rows[place] for place in left)
        return Running(self.stream, replace(self.request, rows=rows), [self.rows[place] for place in left])


class Rate:
    """Tokens a second over the last few seconds of work; idle time does not count."""

    def __init__(self, window_s: float = RATE_WINDOW_S) -> None:
        self._window_s = window_s
        self._steps: deque[tuple[float, int]] = deque()
        self._busy_s = 0.0
        self._tokens = 0

    def add(self, busy_s: float, tokens: int) -> None:
        """Note a step that took `busy_s` seconds and made `tokens` tokens."""
        self._steps.append((busy_s, tokens))
        self._busy_s += busy_s
        self._tokens += tokens
        while len(self._steps) > 1 and self._busy_s - self._steps[0][0] >= self._window_s:
            old_s, old_tokens = self._steps.popleft()
            self._busy_s -= old_s
            self._tokens -= old_tokens

    @property
    def tokens_per_s(self) -> float:
        """0.0 before any work."""
        return self._tokens / self._busy_s if self._busy_s > 0.0 else 0.0


def told_error(error: Exception) -> InferenceError:
    """Return what a request's reader is told of an error: what was refused on purpose as it is; anything else is
    logged, and only named."""
    if isinstance(error, InferenceError):
        return error
    _log.error("a request failed", exc_info=error)
    return InferenceError(describe(error))


def resolve(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    """Give a future its result or its error, unless it was cancelled meanwhile."""
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)

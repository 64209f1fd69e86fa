"""An engine that survives its worker: what a crash or a broken connection interrupts is requested again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar

from bot.errors import WorkerUnavailable
from bot.inference.client import EngineClient
from bot.inference.liveness import Heartbeat
from bot.inference.protocol import Continuation, Fill, GenerateRequest, Health, Partial, ProposeRequest, ScoreRequest

_log = logging.getLogger(__name__)
AnswerT = TypeVar("AnswerT")

RETRIES = 2
"""How often a request is sent again after its first try."""
PAUSE_S = 0.25
"""Seconds before the first of these; they double with each."""
LEAST_DEADLINE_S = 0.1
"""The least deadline, in seconds, that a request which is sent again has left."""


class RetryingEngine:
    """An `Engine` over clients that come and go.

    `current` gives the client of the worker that is up now, waiting for one if need be; it raises
    `WorkerUnavailable` when there will be none. `lost` is called with a client that failed and returns when it is known
    whether that worker still answers. `heartbeat` is told what comes back. Candidates that have finished are
    kept, and only the missing rows are asked for again, under the same request id; after two more tries the error is
    the caller's.
    """

    def __init__(
        self,
        current: Callable[[], Awaitable[EngineClient]],
        heartbeat: Heartbeat | None = None,
        lost: Callable[[EngineClient], Awaitable[None]] | None = None,
    ) -> None:
        self._current = current
        self._heartbeat = heartbeat or Heartbeat()
        self._lost = lost

    @classmethod
    def over(cls, client: EngineClient) -> RetryingEngine:
        """Retry over one client, for a worker that another program supervises."""

        async def current() -> EngineClient:
            return client

        return cls(current)

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        """See `Engine.generate`. After a crash a row's partial text may begin anew."""
        began = time.monotonic()
        missing = list(range(len(request.rows)))
        for attempt in range(RETRIES + 1):
            asked, part = tuple(missing), _part(request, missing, time.monotonic() - began)
            client = None
            try:
                client = await self._current()
                async with aclosing(client.generate(part)) as events:
                    async for event in events:
                        self._heartbeat.beat()
                        own = replace(event, row=asked[event.row])
                        if isinstance(own, Continuation):
                            missing.remove(own.row)
                        yield own
                return
            except WorkerUnavailable as error:
                if not missing:
                    return
                await self._pause(attempt, client, error)

    async def propose(self, request: ProposeRequest) -> list[list[Fill]]:
        """See `Engine.propose`."""
        return await self._ask(lambda client: client.propose(request))

    async def score(self, request: ScoreRequest) -> list[list[float]]:
        """See `Engine.score`."""
        return await self._ask(lambda client: client.score(request))

    async def embed(self, texts: Sequence[str], tenant: str = "") -> list[list[float]]:
        """See `Engine.embed`."""
        return await self._ask(lambda client: client.embed(texts, tenant))

    async def health(self) -> Health:
        """See `Engine.health`."""
        return await (await self._current()).health()

    async def _ask(self, call: Callable[[EngineClient], Awaitable[AnswerT]]) -> AnswerT:
        attempt = 0
        while True:
            client = None
            try:
                client = await self._current()
                answer = await call(client)
            except WorkerUnavailable as error:
                await self._pause(attempt, client, error)
                attempt += 1
            else:
                self._heartbeat.beat()
                return answer

    async def _pause(self, attempt: int, client: EngineClient | None, error: WorkerUnavailable) -> None:
        """Wait before the next try; raise `error` where there is none."""
        if attempt >= RETRIES:
            raise error
        _log.warning("asking the worker again: %s", error)
        await asyncio.sleep(PAUSE_S * 2**attempt)
        if self._lost is not None and client is not None:
            await self._lost(client)


def _part(request: GenerateRequest, missing: Sequence[int], elapsed_s: float) -> GenerateRequest:
    """Ask for the missing rows alone, within the time that is left."""
    left = None if request.deadline_s is None else max(LEAST_DEADLINE_S, request.deadline_s - elapsed_s)
    return replace(request, rows=tuple(request.rows[row] for row in missing), deadline_s=left)

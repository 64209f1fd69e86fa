"""Models that are at work for as long as a test wants them to be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from bot.inference.protocol import (
    Continuation,
    Engine,
    Fill,
    GenerateRequest,
    Health,
    Partial,
    ProposeRequest,
    ScoreRequest,
)


class Held:
    """A real engine whose rows are finished only while it is let go: tiny models would else be done before anybody
    has pressed anything."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._free = asyncio.Event()

    def hold(self) -> None:
        """Let no row be finished from now on."""
        self._free.clear()

    def let_go(self) -> None:
        """Let the rows be finished."""
        self._free.set()

    async def generate(self, request: GenerateRequest) -> AsyncIterator[Partial | Continuation]:
        async with aclosing(self._engine.generate(request)) as events:  # type: ignore[type-var]  # an async generator
            async for event in events:
                if isinstance(event, Continuation):
                    await self._free.wait()
                yield event

    async def propose(self, request: ProposeRequest) -> list[list[Fill]]:
        return await self._engine.propose(request)

    async def score(self, request: ScoreRequest) -> list[list[float]]:
        return await self._engine.score(request)

    async def embed(self, texts: Sequence[str], tenant: str = "") -> list[list[float]]:
        return await self._engine.embed(texts, tenant)

    async def health(self) -> Health:
        return await self._engine.health()

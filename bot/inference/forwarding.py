"""An engine that forwards to another: the base of those that change or watch only some requests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

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


class ForwardingEngine:
    """An `Engine` that forwards every request to `engine`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        """See `Engine.generate`."""
        return self._engine.generate(request)

    async def propose(self, request: ProposeRequest) -> list[list[Fill]]:
        """See `Engine.propose`."""
        return await self._engine.propose(request)

    async def score(self, request: ScoreRequest) -> list[list[float]]:
        """See `Engine.score`."""
        return await self._engine.score(request)

    async def embed(self, texts: Sequence[str], tenant: str = "") -> list[list[float]]:
        """See `Engine.embed`."""
        return await self._engine.embed(texts, tenant)

    async def health(self) -> Health:
        """See `Engine.health`."""
        return await self._engine.health()

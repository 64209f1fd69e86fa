"""An engine that names a tenant in each request, so that the worker can share its time between servers."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace

from bot.inference.forwarding import ForwardingEngine
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


def tenant_of(server_id: int, key: bytes) -> str:
    """Return a tenant's name for a server, from which the server cannot be found."""
    return hashlib.blake2b(str(server_id).encode(), key=key, digest_size=8).hexdigest()


class TenantEngine(ForwardingEngine):
    """An `Engine` whose requests carry the name of a tenant; its health tells how many `jobs()` there are."""

    def __init__(self, engine: Engine, tenant: str, jobs: Callable[[], int] = lambda: 1) -> None:
        super().__init__(engine)
        self._tenant = tenant
        self._jobs = jobs

    def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        return super().generate(replace(request, tenant=self._tenant))

    async def propose(self, request: ProposeRequest) -> list[list[Fill]]:
        return await super().propose(replace(request, tenant=self._tenant))

    async def score(self, request: ScoreRequest) -> list[list[float]]:
        return await super().score(replace(request, tenant=self._tenant))

    async def embed(self, texts: Sequence[str], tenant: str = "") -> list[list[float]]:
        return await super().embed(texts, tenant or self._tenant)

    async def health(self) -> Health:
        return replace(await super().health(), jobs=self._jobs())

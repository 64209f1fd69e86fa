"""Models that are at work for as long as a test wants them to be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.inference.forwarding import ForwardingEngine
from bot.inference.protocol import Continuation, Engine, GenerateRequest, Partial


class HeldEngine(ForwardingEngine):
    """A real engine whose rows are finished only while it is let go: tiny models would else be done before anybody
    has pressed anything."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._free = asyncio.Event()

    def hold(self) -> None:
        """Let no row be finished from now on."""
        self._free.clear()

    def let_go(self) -> None:
        """Let the rows be finished."""
        self._free.set()

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        async with aclosing(super().generate(request)) as events:
            async for event in events:
                if isinstance(event, Continuation):
                    await self._free.wait()
                yield event

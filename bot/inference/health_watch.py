"""How a worker is: its models, and whether it answers; one on another machine is asked, since nobody looks after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.errors import InferenceError
from bot.inference.protocol import Engine, Health

_log = logging.getLogger(__name__)

LOADING_S = 1.0
"""Seconds between two questions while models load."""
LOADED_S = 10.0
"""Seconds between two questions when all are loaded: the worker may be started again."""


def tell_ready(health: Health) -> None:
    """Log that all models are there, and what each does."""
    _log.info("the models are ready (%s)", ", ".join(f"{model.role}: {model.name}" for model in health.models))


class HealthWatch:
    """Asks a worker, again and again, while `run` runs; `last` is what it said. Logs when its models are ready, and
    when it does not answer: once each time, not at each question."""

    def __init__(self, engine: Engine, wait: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._engine = engine
        self._wait = wait
        self._told = ""
        self.last = Health(ready=True, stage="unknown", models=())

    async def run(self) -> None:
        """Ask until cancelled. A worker that does not answer counts as one whose models are still to be loaded."""
        while True:
            try:
                self.last = await self._engine.health()
            except InferenceError as error:
                self.last = replace(self.last, ready=False, stage="unreachable", loaded=0.0)
                if self._first("unreachable"):
                    _log.warning("%s: asking again until it answers", error)
            else:
                if self.last.ready and self._first("ready"):
                    tell_ready(self.last)
            await self._wait(LOADED_S if self.last.ready else LOADING_S)

    def _first(self, state: str) -> bool:
        """Note what is told now; tell whether it is something else than the last time."""
        before, self._told = self._told, state
        return before != state

"""What the log tells of models that get ready."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.errors import WorkerUnavailable
from bot.inference.protocol import Engine, Health

_log = logging.getLogger(__name__)

POLL_S = 2.0
"""How often a worker that somebody else started is asked how far it is, in seconds."""


def tell_ready(health: Health) -> None:
    """Log that all models are there, and what each does."""
    _log.info("the models are ready (%s)", ", ".join(f"{model.role}: {model.name}" for model in health.models))


async def tell_when_ready(engine: Engine, wait: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Ask until the models are ready, and log it; where nothing answers, log that once and go on asking."""
    told = False
    while True:
        try:
            health = await engine.health()
        except WorkerUnavailable as error:
            if not told:
                _log.warning("%s: asking again until it answers", error)
            told = True
        else:
            if health.ready:
                tell_ready(health)
                return
        await wait(POLL_S)

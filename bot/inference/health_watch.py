"""How a worker on another machine is: it is asked now and then, since nobody here looks after it."""

from __future__ import annotations

import asyncio

from bot.errors import InferenceError
from bot.inference.client import EngineClient
from bot.inference.protocol import Health

LOADING_S = 1.0
"""While models load, the worker is asked so often."""
LOADED_S = 10.0
"""When all are loaded, it is asked so often: it may be started again."""


class HealthWatch:
    """Asks a worker, again and again, while `run` runs; `last` is what it said."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client
        self.last = Health(ready=True, stage="unknown", models=())

    async def run(self) -> None:
        """Ask until cancelled. A worker that does not answer counts as one whose models are still to be loaded."""
        while True:
            try:
                self.last = await self._client.health()
            except InferenceError:
                self.last = Health(ready=False, stage="unreachable", models=self.last.models, loaded=0.0)
            await asyncio.sleep(LOADED_S if self.last.ready else LOADING_S)

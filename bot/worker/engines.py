"""The causal engines that the scheduler steps: the newest begins all new rows, those before it end what they began."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from bot.worker.causal.protocol import CausalEngine, ElsewhereEngine, Failure


class Engines:
    """Engines in the order in which they came. Only `rows_running` and `rows_here` may be read in another thread."""

    def __init__(self) -> None:
        self._all: tuple[CausalEngine, ...] = ()
        self._elsewhere: tuple[ElsewhereEngine, ...] = ()

    def __iter__(self) -> Iterator[CausalEngine]:
        return iter(self._all)

    @property
    def newest(self) -> CausalEngine:
        """The engine that begins new rows. There is one."""
        return self._all[-1]

    @property
    def rows_running(self) -> int:
        """Rows that decode, or wait for their prefill."""
        return sum(engine.rows_running for engine in self._all)

    @property
    def rows_here(self) -> int:
        """Those of them that take this machine's time."""
        return self.rows_running - sum(engine.rows_running - engine.rows_here for engine in self._elsewhere)

    def add(self, engine: CausalEngine, wake: Callable[[], None]) -> None:
        """Begin to use an engine. One whose rows another machine decodes calls `wake` when something came."""
        self._all = (*self._all, engine)
        if isinstance(engine, ElsewhereEngine):
            self._elsewhere = (*self._elsewhere, engine)
            engine.listen(wake)
        self.let_go()

    def let_go(self) -> None:
        """Forget the engines before the newest that have nothing left to do, and with them their memory."""
        if len(self._all) > 1:
            self._all = (*(one for one in self._all[:-1] if one.rows_running), self._all[-1])
            self._elsewhere = tuple(one for one in self._elsewhere if one in self._all)

    def failures(self) -> Iterator[Failure]:
        """Give what failed on other machines since this was asked last."""
        for engine in self._elsewhere:
            yield from engine.failures()

    async def close(self) -> None:
        """End what is connected to other machines."""
        for engine in self._elsewhere:
            await asyncio.to_thread(engine.close)

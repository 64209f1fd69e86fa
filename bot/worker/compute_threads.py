"""Two threads that compute side by side: the halves of a pass, or passes of their own.

Torch's own threads share each operation and wait for each other after it, thousands of times a pass; and what only one
of them can do, the other waits for. Halves of a batch meet once, at the end: a fifth less time for the same numbers on
two cores, and a core that another program takes holds up one half instead of every operation (docs/figures.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, local
from typing import TypeVar

import torch

ShareT = TypeVar("ShareT")
ResultT = TypeVar("ResultT")

HALVES = 2
"""Parts into which the threads are split."""
_here = local()
"""`taken` in a thread that is one of them."""


class ComputeThreads:
    """Threads with an equal part of torch's threads each; with one of them the caller's own. Used by one thread, and by
    what runs in one of them: that has none but its own."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ThreadPoolExecutor | None = None

    @classmethod
    def of(cls, device: str) -> ComputeThreads:
        """As many as pay off on a device."""
        several = torch.device(device).type == "cpu" and torch.get_num_threads() >= HALVES
        return cls(HALVES if several else 1)

    @property
    def count(self) -> int:
        """How many shares are computed side by side."""
        return 1 if getattr(_here, "taken", False) else self._count

    def run(self, function: Callable[[ShareT], ResultT], shares: Sequence[ShareT]) -> list[ResultT]:
        """Call `function` with each share, at most one for each thread, and return what it returns, in their order.

        A single share is the caller's, with all of torch's threads. Raises what `function` raises, when all have ended.
        """
        if len(shares) == 1:
            return [function(shares[0])]
        pool = self._pool = self._pool or self._opened()
        calls = [pool.submit(function, share) for share in shares]
        errors = [call.exception() for call in calls]
        for error in errors:
            if error is not None:
                raise error
        return [call.result() for call in calls]

    def _opened(self) -> ThreadPoolExecutor:
        threads, ready = torch.get_num_threads(), Barrier(self._count)

        def take_part() -> None:
            torch.get_num_threads()  # else torch would set what follows back, at its first operation in this thread
            torch.set_num_threads(max(1, threads // self._count))
            _here.taken = True
            ready.wait()

        pool = ThreadPoolExecutor(self._count, thread_name_prefix="compute", initializer=take_part)
        for call in [pool.submit(torch.get_num_threads) for _ in range(self._count)]:
            call.result()
        torch.set_num_threads(threads)  # for threads that begin later; these keep theirs
        return pool

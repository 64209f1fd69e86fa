"""How far something long is, in words: bytes, rate and the time left."""

from __future__ import annotations

import time
from collections.abc import Callable

SETTLED_S = 2.0
"""From how many seconds on a rate is told: before, it says little."""
SLOWEST = 10_000
"""From which rate on it is told, in bytes a second: a time left of many hours says that nothing comes at all."""
HALF_LIFE_S = 10.0
"""After how many seconds what went before counts half in the rate."""


class ProgressText:
    """Follows one progress after another. `clock` counts seconds from anywhere."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._label = ""
        self._began = self._looked = 0.0
        self._done = 0
        self._rate = 0.0

    def told(self, label: str, done: int, total: int) -> str:
        """Return `label: 212 of 1117 MB, 14.2 MB/s, 64 s left`, with what is known of it. `done` and `total` are in
        bytes, or a few steps, of which a share is told; `total` 0 where it is unknown."""
        now = self._clock()
        if label != self._label or done < self._done:
            self._label, self._began, self._looked, self._done, self._rate = label, now, now, done, 0.0
        elif now > self._looked:
            self._measure(done, now)
        if total <= 1_000_000:
            return f"{label}: {100 * done // total}%" if 0 < done < total else label
        parts = [f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"]
        if now - self._began >= SETTLED_S and self._rate >= SLOWEST and done < total:
            parts += [f"{self._rate / 1e6:.1f} MB/s", f"{_duration((total - done) / self._rate)} left"]
        return f"{label}: {', '.join(parts)}"

    def _measure(self, done: int, now: float) -> None:
        span, since = now - self._looked, now - self._began
        old = 0.5 ** (span / HALF_LIFE_S) if since > span else 0.0
        self._rate = old * self._rate + (1 - old) * (done - self._done) / span
        self._looked, self._done = now, done


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"

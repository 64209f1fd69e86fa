"""How fast to learn, and how far back to average, by how far a run is: in tokens, or in seconds of work."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Unit = Literal["tokens", "seconds"]
"""What a run is measured in. By the second, a run on rented hardware ends when it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Warm-up, a flat stretch, and a decay that may begin at any time (Hägele 2024), all in one unit."""

    warmup: float
    decay: float
    decay_from: float | None = None

    def factor(self, done: float) -> float:
        """What to multiply the peak learning rate by: linear up, 1, then `1 - sqrt` down to 0."""
        factor = min(1.0, (done + 1) / self.warmup) if self.warmup else 1.0
        if self.decay_from is not None and done > self.decay_from:
            factor *= 1 - math.sqrt(min(1.0, (done - self.decay_from) / self.decay))
        return factor

    def finished(self, done: float) -> bool:
        """Whether the decay is over."""
        return self.decay_from is not None and done >= self.decay_from + self.decay

    def averaging(self, step: int, a_step: float, longest: int = 500) -> float:
        """Weight of the newest weights in their moving average: about a tenth of the steps so far, at most
        `longest` steps; a tenth of the decay once that has begun, for then the newest are the best. `a_step` is how
        much of the unit a step takes."""
        horizon = min(float(longest), 10 + 0.1 * step)
        if self.decay_from is not None:
            horizon = min(horizon, max(1.0, 0.1 * self.decay / a_step))
        return 1 / horizon

"""How fast to learn, and how far back to average, as functions of the tokens seen."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Warm-up, a flat stretch, and a decay that may begin at any time (Hägele 2024), all counted in tokens."""

    warmup: int
    decay: int
    decay_from: int | None = None

    def factor(self, seen: int) -> float:
        """What to multiply the peak learning rate by: linear up, 1, then `1 - sqrt` down to 0."""
        factor = min(1.0, (seen + 1) / self.warmup) if self.warmup else 1.0
        if self.decay_from is not None and seen > self.decay_from:
            factor *= 1 - math.sqrt(min(1.0, (seen - self.decay_from) / self.decay))
        return factor

    def finished(self, seen: int) -> bool:
        return self.decay_from is not None and seen >= self.decay_from + self.decay

    def averaging(self, step: int, tokens_a_step: int, longest: int = 500) -> float:
        """Weight of the newest weights in their moving average: about a tenth of the steps so far, at most
        `longest` steps; a tenth of the decay once that has begun, for then the newest are the best."""
        horizon = min(float(longest), 10 + 0.1 * step)
        if self.decay_from is not None:
            horizon = min(horizon, max(1.0, 0.1 * self.decay / tokens_a_step))
        return 1 / horizon

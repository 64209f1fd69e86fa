"""Being asked to stop."""

from __future__ import annotations

import signal
from types import FrameType


class StopRequest:
    """Set by SIGINT or SIGTERM; looked at between steps."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True

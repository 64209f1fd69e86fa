"""The outbox: what has to be shown in Discord, from the transaction that made it so until Discord has it."""

from __future__ import annotations

from collections.abc import Callable

from storage.database import Database


class Outbox:
    """Posts that are due. `now` gives UTC milliseconds."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

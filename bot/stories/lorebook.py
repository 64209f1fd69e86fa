"""Memory and lore: proposed by anyone, ratified by the host or by a vote. It owns the transactions over them."""

from __future__ import annotations

from collections.abc import Callable

from storage.database import Database


class Lorebook:
    """The memory and lore of all stories and servers. `now` gives UTC milliseconds."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

"""Stories from their first line to their last: what people do with them. It owns the transactions over stories."""

from __future__ import annotations

from collections.abc import Callable

from storage.database import Database


class Library:
    """The stories of all servers. `now` gives UTC milliseconds."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

"""Pen names, and whose words no model goes on from. It owns the transactions over courtesies."""

from __future__ import annotations

from collections.abc import Callable

from storage.database import Database


class Manners:
    """What people ask of a server's stories. `now` gives UTC milliseconds."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

"""Jobs that nobody waits for in front of a card: they start only where no person's job waits, a few at a time.

First come first served within a server, and round robin over servers. They take no turn of a person, and count against
none of the caps for people.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic

from bot.inference.fair_queue import Entry, ItemT
from bot.inference.jobs import Limits, Owner

SHARE = 8
"""Together they take one of so many of the rows there are, but one job may always run."""


class BackgroundQueue(Generic[ItemT]):
    """Who waits, and who runs. `limits.waiting` bounds those that wait."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._servers: OrderedDict[int, deque[Entry[ItemT]]] = OrderedDict()
        self._running: set[Entry[ItemT]] = set()

    @property
    def running(self) -> frozenset[Entry[ItemT]]:
        """The entries that were started and have not left."""
        return frozenset(self._running)

    @property
    def full(self) -> bool:
        """Tell whether one more job is kept out."""
        return sum(map(len, self._servers.values())) >= self._limits.waiting

    def push(self, owner: Owner, rows: int, item: ItemT) -> Entry[ItemT]:
        """Put a job at its server's end. The caller has asked `full` before."""
        entry = Entry(owner, max(1, min(rows, self._limits.rows)), item)
        self._servers.setdefault(owner.server_id, deque()).append(entry)
        return entry

    def start_next(self, free_rows: int) -> Entry[ItemT] | None:
        """Start the next job where its rows fit into those that are free, and into the share unless it is alone; None
        where none can be started. The caller sees to it that no person waits."""
        if not self._servers:
            return None
        server_id = next(iter(self._servers))
        entry = self._servers[server_id][0]
        taken = sum(each.rows for each in self._running)
        if entry.rows > free_rows or (taken and taken + entry.rows > self._limits.rows // SHARE):
            return None
        self._drop(server_id, entry)
        if server_id in self._servers:
            self._servers.move_to_end(server_id)
        self._running.add(entry)
        return entry

    def remove(self, entry: Entry[ItemT]) -> None:
        """Take out a job that is done or cancelled, wherever it is; one that is not here is no error."""
        self._running.discard(entry)
        if entry in self._servers.get(entry.owner.server_id, ()):
            self._drop(entry.owner.server_id, entry)

    def order(self) -> Iterator[Entry[ItemT]]:
        """Yield the waiting entries in the order in which they would start if no others came."""
        servers = deque(deque(entries) for entries in self._servers.values())
        while servers:
            entries = servers.popleft()
            yield entries.popleft()
            if entries:
                servers.append(entries)

    def _drop(self, server_id: int, entry: Entry[ItemT]) -> None:
        self._servers[server_id].remove(entry)
        if not self._servers[server_id]:
            del self._servers[server_id]

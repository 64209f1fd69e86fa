"""The order of the queue: round robin over servers, then over a server's people, first come first within a person.

Pure bookkeeping without time or tasks. A job too large for the rows that are free holds the next place until it
fits, so that nobody's large job starves behind small ones. Compare deficit round robin (Shreedhar & Varghese 1996):
as every turn is one job of bounded size, plain rotation is fair enough and easy to explain to people.

A server that has less than its share of the rows does not wait: it starts beyond the rows there are, as far as as
many again, and the worker holds rows of others meanwhile (`worker.time_shares`).
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from bot.inference.jobs import Limits, Owner

ItemT = TypeVar("ItemT")
Full = Literal["person", "server", "all"]

BEYOND = 2
"""How many times the rows there are may be started, in all."""


@dataclass(slots=True, eq=False)
class Entry(Generic[ItemT]):
    """One waiting or running job."""

    owner: Owner
    rows: int
    item: ItemT


class FairQueue(Generic[ItemT]):
    """Who waits, who runs, and who is next. Rows are counted against `limits.rows`, and `BEYOND` times that for servers
    that have less than their share."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._servers: OrderedDict[int, OrderedDict[int, deque[Entry[ItemT]]]] = OrderedDict()
        self._running: set[Entry[ItemT]] = set()
        self._rows_of: Counter[int] = Counter()
        self._waiting = 0
        self._of_person: Counter[int] = Counter()
        self._of_server: Counter[int] = Counter()

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return self._waiting

    @property
    def running(self) -> frozenset[Entry[ItemT]]:
        """The entries that were started and have not left."""
        return frozenset(self._running)

    @property
    def free_rows(self) -> int:
        """How many rows are not taken by running jobs: less than 0 where some have started beyond them."""
        return self._limits.rows - self._rows_of.total()

    def full(self, owner: Owner) -> Full | None:
        """Tell which bound, if any, keeps one more job of `owner` out. Caps count waiting and running jobs."""
        if self._of_person[owner.person_id] >= self._limits.per_person:
            return "person"
        if self._of_server[owner.server_id] >= self._limits.per_server:
            return "server"
        return "all" if self._waiting >= self._limits.waiting else None

    def push(self, owner: Owner, rows: int, item: ItemT) -> Entry[ItemT]:
        """Put a job at its person's end. The caller has asked `full` before. `rows` beyond the whole batch count
        as the whole batch."""
        entry = Entry(owner, max(1, min(rows, self._limits.rows)), item)
        people = self._servers.setdefault(owner.server_id, OrderedDict())
        people.setdefault(owner.person_id, deque()).append(entry)
        self._waiting += 1
        self._of_person[owner.person_id] += 1
        self._of_server[owner.server_id] += 1
        return entry

    def start_next(self) -> Entry[ItemT] | None:
        """Start the next job if its rows are free, else the next one of a server that has less than its share. Its
        server and its person go to the end of their rounds."""
        free, beyond = self.free_rows, self.free_rows + (BEYOND - 1) * self._limits.rows
        share = self._limits.rows // max(1, len(self._rows_of.keys() | self._servers.keys()))
        for place, server_id in enumerate(self._servers):
            rows, has = self._first_of(server_id).rows, self._rows_of[server_id]
            # A job that is larger than a share is its server's only one.
            if (place == 0 and rows <= free) or (rows <= beyond and has + rows <= max(share, rows)):
                return self._start(server_id)
        return None

    def _first_of(self, server_id: int) -> Entry[ItemT]:
        """The entry of a server that waits and is next of it."""
        return next(iter(self._servers[server_id].values()))[0]

    def _start(self, server_id: int) -> Entry[ItemT]:
        people = self._servers[server_id]
        person_id, entries = next(iter(people.items()))
        entry = entries.popleft()
        self._servers.move_to_end(server_id)
        people.move_to_end(person_id)
        self._prune(server_id, person_id)
        self._waiting -= 1
        self._running.add(entry)
        self._rows_of[server_id] += entry.rows
        return entry

    def remove(self, entry: Entry[ItemT]) -> None:
        """Take out a job that is done or cancelled, wherever it is; one that has left already is no error."""
        server_id, person_id = entry.owner.server_id, entry.owner.person_id
        if entry in self._running:
            self._running.discard(entry)
            self._rows_of[server_id] -= entry.rows
            if not self._rows_of[server_id]:
                del self._rows_of[server_id]
        elif server_id in self._servers and entry in self._servers[server_id].get(person_id, ()):
            self._servers[server_id][person_id].remove(entry)
            self._prune(server_id, person_id)
            self._waiting -= 1
        else:
            return
        for counter, key in ((self._of_person, person_id), (self._of_server, server_id)):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]

    def order(self) -> Iterator[Entry[ItemT]]:
        """Yield the waiting entries in the order in which they would start if no others came."""
        rounds = [[deque(entries) for entries in people.values()] for people in self._servers.values()]
        servers = deque(deque(people) for people in rounds)
        while servers:
            people = servers.popleft()
            entries = people.popleft()
            yield entries.popleft()
            if entries:
                people.append(entries)
            if people:
                servers.append(people)

    def _prune(self, server_id: int, person_id: int) -> None:
        people = self._servers[server_id]
        if not people[person_id]:
            del people[person_id]
        if not people:
            del self._servers[server_id]

"""The order of the queue: round robin over servers, then over a server's people, first come first within a person.

Pure bookkeeping without time or tasks. A job too large for the rows that are free holds the next place until it
fits, so that nobody's large job starves behind small ones. Compare deficit round robin (Shreedhar & Varghese 1996):
as every turn is one job of bounded size, plain rotation is fair enough and easy to explain to people.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from bot.inference.jobs import Limits, Owner

ItemT = TypeVar("ItemT")
Full = Literal["person", "server", "all"]


@dataclass(slots=True, eq=False)
class Entry(Generic[ItemT]):
    """One waiting or running job."""

    owner: Owner
    rows: int
    item: ItemT


class FairQueue(Generic[ItemT]):
    """Who waits, who runs, and who is next. Rows are counted against `limits.rows`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._servers: OrderedDict[int, OrderedDict[int, deque[Entry[ItemT]]]] = OrderedDict()
        self._running: set[Entry[ItemT]] = set()
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
        """How many rows are not taken by running jobs."""
        return self._limits.rows - sum(entry.rows for entry in self._running)

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
        """Start the next job if its rows are free. Its server and its person go to the end of their rounds."""
        if not self._servers:
            return None
        server_id, people = next(iter(self._servers.items()))
        person_id, entries = next(iter(people.items()))
        if entries[0].rows > self.free_rows:
            return None
        entry = entries.popleft()
        self._servers.move_to_end(server_id)
        people.move_to_end(person_id)
        self._prune(server_id, person_id)
        self._waiting -= 1
        self._running.add(entry)
        return entry

    def remove(self, entry: Entry[ItemT]) -> None:
        """Take out a job that is done or cancelled, wherever it is; one that has left already is no error."""
        server_id, person_id = entry.owner.server_id, entry.owner.person_id
        if entry in self._running:
            self._running.discard(entry)
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
        """Yield the waiting entries in the order in which they would start if nobody else came."""
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

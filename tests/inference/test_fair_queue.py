"""The order of the queue, against a model that is as plain as its promise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from bot.inference.fair_queue import Entry, FairQueue
from bot.inference.jobs import Limits, Owner

OWNERS = st.builds(Owner, server_id=st.integers(1, 2), person_id=st.integers(1, 3))
"""Few enough that several people of one server often wait with several jobs each."""
ROWS = st.one_of(st.just(1), st.integers(0, 20))


class Turns:
    """Counts, for each party that waits, how often each other party went since its own last turn."""

    def __init__(self) -> None:
        self._since: defaultdict[Hashable, Counter[Hashable]] = defaultdict(Counter)

    def went(self, party: Hashable, waiting: set[Hashable]) -> None:
        for other in waiting - {party}:
            self._since[other][party] += 1
        self._since.pop(party, None)

    def keep(self, waiting: set[Hashable]) -> None:
        for party in set(self._since) - waiting:
            del self._since[party]

    @property
    def most(self) -> int:
        return max((count for counts in self._since.values() for count in counts.values()), default=0)


class Queue(RuleBasedStateMachine):
    """Whatever people do, no job is lost or runs twice, no cap is passed, and nobody is passed over twice who has less
    than a share."""

    entries: Bundle[Entry[int]] = Bundle("entries")

    @initialize(
        waiting=st.integers(1, 20),
        person=st.integers(1, 8),
        server=st.integers(1, 16),
        rows=st.sampled_from([1, 4, 16, 64]),
    )
    def begin(self, waiting: int, person: int, server: int, rows: int) -> None:
        self.bounds = Limits(waiting=waiting, per_person=person, per_server=server, rows=rows)
        self.queue: FairQueue[int] = FairQueue(self.bounds)
        self.waiting: list[Entry[int]] = []
        self.running: list[Entry[int]] = []
        self.servers, self.people = Turns(), Turns()
        self.count = 0

    @rule(target=entries, jobs=st.lists(st.tuples(OWNERS, ROWS), min_size=1, max_size=8))
    def push(self, jobs: list[tuple[Owner, int]]) -> MultipleResults[Entry[int]]:
        entered = []
        for owner, rows in jobs:
            full = self.queue.full(owner)
            assert full == self._full(owner)
            if full is None:
                self.count += 1
                entered.append(self.queue.push(owner, rows, self.count))
                self.waiting.append(entered[-1])
        return multiple(*entered)

    def _full(self, owner: Owner) -> str | None:
        everyone = [one.owner for one in self.waiting + self.running]
        if sum(one.person_id == owner.person_id for one in everyone) >= self.bounds.per_person:
            return "person"
        if sum(one.server_id == owner.server_id for one in everyone) >= self.bounds.per_server:
            return "server"
        return "all" if len(self.waiting) >= self.bounds.waiting else None

    @rule(times=st.integers(1, 4))
    def start(self, times: int) -> None:
        for _ in range(times):
            self._start_one()
            self._check_turns()

    def _start_one(self) -> None:
        order = list(self.queue.order())
        startable = self._startable(order)
        entry = self.queue.start_next()
        if entry is None:
            assert not startable
            return
        assert entry is startable[0]
        assert entry is next(one for one in self.waiting if one.owner == entry.owner)  # a person's own come in order
        self.servers.went(entry.owner.server_id, {one.owner.server_id for one in startable})
        neighbours: set[Hashable] = {one.owner for one in self.waiting if one.owner.server_id == entry.owner.server_id}
        self.people.went(entry.owner, neighbours)
        self.waiting.remove(entry)
        self.running.append(entry)

    def _startable(self, order: list[Entry[int]]) -> list[Entry[int]]:
        """What may start, of each server one: the first of all where it fits (no smaller one slips past it), and what
        leaves its server within an equal part of the rows or is its only job, up to as many rows again."""
        rows = Counter[int]()
        for one in self.running:
            rows[one.owner.server_id] += one.rows
        share = self.bounds.rows // max(1, len(rows.keys() | self._waiting_servers()))
        firsts = {one.owner.server_id: one for one in reversed(order)}
        return [
            one
            for one in dict.fromkeys(firsts[each.owner.server_id] for each in order)
            if (one is order[0] and rows.total() + one.rows <= self.bounds.rows)
            or (
                rows.total() + one.rows <= 2 * self.bounds.rows
                and (not rows[one.owner.server_id] or rows[one.owner.server_id] + one.rows <= share)
            )
        ]

    @rule(entry=consumes(entries))
    def leave(self, entry: Entry[int]) -> None:
        """A job is done, or is cancelled while it waits."""
        self.queue.remove(entry)
        self.queue.remove(entry)  # a second time changes nothing
        for kept in (self.waiting, self.running):
            if entry in kept:
                kept.remove(entry)
        self._check_turns()

    @rule()
    def drain(self) -> None:
        """Once those that run are done, all that wait come to their turn, the largest jobs too."""
        for done in self.running:
            self.queue.remove(done)
        self.running = []
        started = []
        while (entry := self.queue.start_next()) or self.queue.waiting:
            if entry is None:
                assert self.running, "nothing runs and nothing starts"
                self.queue.remove(self.running.pop())
            else:
                started.append(entry)
                self.running.append(entry)
        assert sorted(one.item for one in started) == sorted(one.item for one in self.waiting)
        self.waiting = []
        self._check_turns()

    def _waiting_servers(self) -> set[Hashable]:
        return {one.owner.server_id for one in self.waiting}

    def _check_turns(self) -> None:
        self.servers.keep(self._waiting_servers())
        self.people.keep({one.owner for one in self.waiting})
        assert self.servers.most <= 1
        assert self.people.most <= 1

    @invariant()
    def nothing_is_lost(self) -> None:
        assert sorted(one.item for one in self.queue.order()) == sorted(one.item for one in self.waiting)
        assert self.queue.running == frozenset(self.running)
        assert self.queue.waiting == len(self.waiting)
        assert self.queue.free_rows == self.bounds.rows - sum(one.rows for one in self.running)
        assert self.queue.free_rows >= -self.bounds.rows


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def test_fair_queue_servers_take_turns_and_in_each_its_people() -> None:
    queue: FairQueue[str] = FairQueue(Limits(rows=99))
    for server, person, name in ((1, 1, "a1"), (1, 1, "a2"), (1, 1, "a3"), (1, 2, "b1"), (1, 2, "b2"), (2, 3, "c1")):
        queue.push(Owner(server_id=server, person_id=person), 1, name)
    started = [entry.item for entry in iter(queue.start_next, None) if entry is not None]
    assert started == ["a1", "c1", "b1", "a2", "b2", "a3"]


def test_fair_queue_starts_newcomers_to_a_full_house_at_once_with_an_equal_part() -> None:
    queue: FairQueue[str] = FairQueue(Limits(waiting=999, per_person=999, per_server=999, rows=192))
    for number in range(300):
        queue.push(Owner(server_id=1, person_id=number), 12, "many")
    flood = [entry for entry in iter(queue.start_next, None) if entry is not None]
    assert len(flood) == 16
    for number in range(20):
        queue.push(Owner(server_id=2, person_id=number), 12, "few")
    started = [entry.item for entry in iter(queue.start_next, None) if entry is not None]
    assert started == ["few"] * 8
    queue.push(Owner(server_id=3, person_id=1), 40, "large")
    queue.push(Owner(server_id=3, person_id=1), 40, "larger")
    assert [entry.item for entry in iter(queue.start_next, None) if entry is not None] == ["large"]
    for entry in flood[:9]:
        queue.remove(entry)
        assert queue.start_next() is None  # there are more rows under way than there should be

"""Requests by their id, in the worker: sent again, a request is taken up where it stands.

While a request runs, whoever sends it again reads along; when it was broken off, the rows that had finished are
answered at once and only the others run. A request may be sent again with a part of its rows.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from bot.errors import InferenceError, WorkerRefused
from bot.inference.protocol import Continuation, GenerateRequest, Partial
from bot.worker.scheduler import Scheduler
from bot.worker.streams import Inbox

KEPT = 256
"""Requests that are remembered after their end."""


@dataclass(slots=True, eq=False)
class _Reader(Inbox):
    """One answer that is being written. `rows` maps the request's row numbers to the reader's own, of those that have
    not finished."""

    rows: dict[int, int] = field(default_factory=dict)

    def put(self, event: Partial | Continuation) -> None:
        if event.row not in self.rows:
            return
        own = replace(event, row=self.rows[event.row])
        if isinstance(event, Continuation):
            del self.rows[event.row]
        Inbox.put(self, own)


@dataclass(slots=True, eq=False)
class _Record:
    request: GenerateRequest
    finished: dict[int, Continuation] = field(default_factory=dict)
    readers: set[_Reader] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class Requests:
    """All requests that a worker knows: those that run, and the last that ended."""

    def __init__(self, loop: Scheduler) -> None:
        self._loop = loop
        self._records: OrderedDict[str, _Record] = OrderedDict()

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[list[Partial | Continuation], None]:
        """Yield what there is to tell, at least one event each time, until every row has finished.

        Leaving early cancels the work, unless somebody else reads it too. Raises `InferenceError`.
        """
        record = self._record(request)
        reader = _Reader(rows=_places(record.request, request))
        for continuation in record.finished.values():
            reader.put(continuation)
        record.readers.add(reader)
        try:
            while True:
                if reader.rows and record.task is None and reader.failure is None:
                    record.task = asyncio.create_task(self._run(record))
                if events := reader.take():
                    yield events
                elif reader.failure is not None:
                    raise reader.failure
                elif not reader.rows:
                    return
                else:
                    await reader.changed.wait()
        finally:
            record.readers.discard(reader)
            if record.task is not None and not record.readers:
                record.task.cancel()
                record.task = None

    def _record(self, request: GenerateRequest) -> _Record:
        record = self._records.setdefault(request.request_id, _Record(request))
        self._records.move_to_end(request.request_id)
        resting = [key for key, one in self._records.items() if not one.readers]
        for key in resting[:-KEPT]:
            del self._records[key]
        return record

    async def _run(self, record: _Record) -> None:
        """Run the rows that have not finished, and tell the readers."""
        rows = [row for row in range(len(record.request.rows)) if row not in record.finished]
        part = replace(record.request, rows=tuple(record.request.rows[row] for row in rows))
        task = asyncio.current_task()
        try:
            async with aclosing(self._loop.generate(part)) as events:
                async for event in events:
                    own = replace(event, row=rows[event.row])
                    if isinstance(own, Continuation):
                        record.finished[own.row] = own
                    for reader in record.readers:
                        reader.put(own)
        except InferenceError as error:
            for reader in record.readers:
                reader.fail(error)
        finally:
            if record.task is task:
                record.task = None
                for reader in record.readers:
                    reader.changed.set()


def _places(known: GenerateRequest, request: GenerateRequest) -> dict[int, int]:
    """Find the rows of `request` among those of the known one: {known number: own number}."""
    places: dict[int, int] = {}
    for own, row in enumerate(request.rows):
        place = next((n for n, other in enumerate(known.rows) if other == row and n not in places), None)
        if place is None:
            break
        places[place] = own
    bare = replace(request, rows=(), deadline_s=None)
    if len(places) < len(request.rows) or bare != replace(known, rows=(), deadline_s=None):
        raise WorkerRefused(f"request_id {request.request_id!r} was used for another request")
    return places

"""What waits in the queue: a job, whose it is and what it costs; what is told while it waits and works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.inference.protocol import Engine

ResultT = TypeVar("ResultT")
ResultT_co = TypeVar("ResultT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """On whose behalf a job runs: the queue is fair between servers, then between people.
    A private message or the command line has its own number as its server."""

    server_id: int
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Waiting: `position` 1 is the next to start; `eta_s` is the expected time to the result, in seconds."""

    position: int
    eta_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """Running: `text` is what can be shown of the first idea so far (empty when there is nothing to show)."""

    text: str
    done: int
    total: int
    eta_s: float


Progress = Queued | Working
Report = Callable[[str, int, int], None]
"""report(text, done, total): called by a running job as it gets on; cheap, may be called at every token."""


class Job(Protocol, Generic[ResultT_co]):
    """Work for the models. `rows` is how many causal rows it decodes at most (its share of the batch), and
    `tokens` about how many tokens it will make in all (for the ETA)."""

    @property
    def owner(self) -> Owner: ...

    @property
    def rows(self) -> int: ...

    @property
    def tokens(self) -> int: ...

    async def run(self, engine: Engine, report: Report) -> ResultT_co: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the queue. `rows` is how many rows may decode at once, over all running jobs."""

    waiting: int = 200
    per_person: int = 3
    per_server: int = 60
    rows: int = 192

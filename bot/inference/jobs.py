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
class Waking:
    """The models are being loaded, and the job waits for that: `loaded` is the share of it that is done, 0..1.
    `position` is 0 where the job is the next to be worked on, else its place in the queue."""

    loaded: float
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Waiting: `position` 1 is the next to start; `eta_s` is the expected time to the result, in seconds: None where
    nothing like it was measured yet, and where it takes longer than was told (`late`). It never counts up."""

    position: int
    eta_s: float | None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """Running: `text` is what can be shown of a draft so far (empty when there is nothing to show), `share` how much
    is done, 0..1; it never goes back. `eta_s` and `late` are as those of `Queued`."""

    text: str
    share: float
    eta_s: float | None
    late: bool = False


Progress = Waking | Queued | Working
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

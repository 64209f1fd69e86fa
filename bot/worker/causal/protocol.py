"""What the scheduler asks of a causal engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.errors import InferenceError
from bot.inference.protocol import Continuation, GenerateRequest, ModelInfo, Partial, Reproducible

Clock = Callable[[], float]
"""Seconds that only go forward, as `time.monotonic`."""


LARGE_FROM = 400_000_000
"""From how many weights on a model on a CPU is a large one: there a row of 48 tokens costs a second or more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an engine can do. `samplers` are those it has in full (others are replaced, and the receipt says by
    what); `reproducible` is how far a seed repeats a text."""

    samplers: frozenset[str]
    reproducible: Reproducible


@dataclass(frozen=True, slots=True, kw_only=True)
class RowUpdate:
    """News of one row of a request."""

    request_id: str
    event: Partial | Continuation


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A request that failed for a reason of its own, while others went on."""

    request_id: str
    error: InferenceError


class CausalEngine(Protocol):
    """Decodes the rows of all running requests together. One thread calls it; no call waits for another.

    A request's rows come to one `Continuation` each, in any order, whatever happens to them.
    """

    capabilities: Capabilities

    @property
    def info(self) -> ModelInfo:
        """The model that is loaded, or as much as is known of it."""

    def add(self, request: GenerateRequest) -> None:
        """Let the rows of `request` join; they share one prefill. Raises `WorkerRefused` where it is wrong."""

    def cancel(self, request_id: str) -> None:
        """End the rows of a request; the next step gives what they have. Unknown ids are ignored."""

    def step(self, level: int | None = None) -> list[RowUpdate]:
        """Do a short piece of work: at most one bounded piece of prefill and one decode step of every row. With a
        `level` at most so many rows of each tenant take part, those that came first; the others are held, and go on
        later where they are."""

    @property
    def rows_running(self) -> int:
        """How many rows have not ended, those that wait for their prefill included. At 0 there is nothing to do."""


@runtime_checkable
class ElsewhereEngine(CausalEngine, Protocol):
    """A causal engine whose rows decode on another machine: a step never waits for them, and takes no time from the
    works of this one."""

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake`, from any thread, when a step has something to tell."""

    def failures(self) -> Sequence[Failure]:
        """Return the requests that failed since the last call; no more is heard of them."""

    @property
    def rows_here(self) -> int:
        """How many rows decode on this machine after all. At 0 a step costs nothing."""

    def close(self) -> None:
        """Break off what runs, and end the connections."""

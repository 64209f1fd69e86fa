"""Forward passes that pieces of work wait for, and the turns in which they come.

A piece of work is a generator: it yields each pass that it needs and is sent the answer. Works take turns, and whoever
waits for the same kind of pass as the one whose turn it is goes along, so that the weights are read once for all.
(Iteration-level scheduling and selective batching: Yu et al. 2022, Orca.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """One forward pass. `run` takes what any number of works ask of it and answers each; passes of one `run` may be
    joined while together they have no more than `most` tokens."""

    run: Callable[[Sequence[Any]], list[Any]]
    ask: Any
    tokens: int
    most: int


Work = Generator[Pass, Any, ResultT]
Done = Callable[[Any, Exception | None], None]
"""Called with what a work returned, or with what it raised."""


@dataclass(slots=True, eq=False)
class _Running:
    """A work on its way; `wanted` is the pass that it waits for, None before its first."""

    work: Work[Any]
    done: Done
    wanted: Pass | None = None


class Turns:
    """Works in the order of their turns. Used by one thread."""

    def __init__(self) -> None:
        self._running: deque[_Running] = deque()

    def __len__(self) -> int:
        return len(self._running)

    def add(self, work: Work[Any], done: Done) -> None:
        """Let a work in; it does nothing before the next step."""
        self._running.append(_Running(work, done))

    def drop(self, work: Work[Any]) -> None:
        """Close a work that nobody waits for any more. Unknown ones are ignored."""
        for running in [each for each in self._running if each.work is work]:
            self._running.remove(running)
            work.close()

    def step(self) -> None:
        """Run the pass of the work whose turn it is, joined by the others' as far as they fit."""
        for running in [each for each in self._running if each.wanted is None]:
            self._running.remove(running)
            self._go_on(running, None)
        if self._running:
            together = self._together()
            for running in together:
                self._running.remove(running)
            self._run(together)

    def _together(self) -> list[_Running]:
        first = self._running[0].wanted
        assert first is not None
        found: list[_Running] = []
        tokens = 0
        for running in self._running:
            wanted = running.wanted
            assert wanted is not None
            if wanted is first or (wanted.run == first.run and tokens + wanted.tokens <= first.most):
                found.append(running)
                tokens += wanted.tokens
        return found

    def _run(self, together: Sequence[_Running]) -> None:
        wanted = [running.wanted for running in together if running.wanted is not None]
        try:
            answers = wanted[0].run([each.ask for each in wanted])
        except Exception as error:
            if len(together) == 1:
                together[0].work.close()
                together[0].done(None, error)
                return
            for running in together:  # one of them has itself to blame, the others do not
                self._run([running])
            return
        for running, answer in zip(together, answers, strict=True):
            self._go_on(running, answer)

    def _go_on(self, running: _Running, answer: Any) -> None:
        """Send a work its answer, and put it behind the others with the pass that it wants next."""
        try:
            running.wanted = running.work.send(answer)
        except StopIteration as stop:
            running.done(stop.value, None)
        except Exception as error:
            running.done(None, error)
        else:
            self._running.append(running)


def complete(works: Sequence[Work[ResultT]]) -> list[ResultT]:
    """Run works to their end, side by side, and return their results. Raises what one of them raises."""
    results: dict[int, ResultT] = {}

    def take(number: int) -> Done:
        def done(result: ResultT, error: Exception | None) -> None:
            if error is not None:
                raise error
            results[number] = result

        return done

    turns = Turns()
    for number, work in enumerate(works):
        turns.add(work, take(number))
    while turns:
        turns.step()
    return [results[number] for number in range(len(works))]

"""Forward passes that pieces of work wait for, and the turns in which they come.

A piece of work is a generator: it yields each pass that it needs and is sent the answer. Works take turns, and whoever
waits for the same kind of pass as the one whose turn it is goes along, so that the weights are read once for all.
(Iteration-level scheduling and selective batching: Yu et al. 2022, Orca.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:  # it imports torch, for which what needs no torch must not wait
    from bot.worker.compute_threads import ComputeThreads

ResultT = TypeVar("ResultT")

ROOMIER = 2
"""How many times as many tokens are joined where nobody else waits for the end of the pass."""
UNEVEN = 1.2
"""How many times its equal share of the tokens a thread may have when works are divided between threads."""


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """One forward pass. `run` takes what any number of works ask of it and answers each. Passes of one `run` may be
    joined while together they have no more than `most` tokens, `ROOMIER` times as many where nobody else waits."""

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
    tenant: str
    wanted: Pass | None = None


class Turns:
    """Works in the order of their turns. Used by one thread; with `compute_threads`, works go on side by side in
    them."""

    def __init__(self, compute_threads: ComputeThreads | None = None) -> None:
        self._running: deque[_Running] = deque()
        self.compute_threads = compute_threads

    def __len__(self) -> int:
        return len(self._running)

    @property
    def tenants(self) -> set[str]:
        """Whose works there are."""
        return {running.tenant for running in self._running}

    def add(self, work: Work[Any], done: Done, tenant: str = "") -> None:
        """Let a work in; it does nothing before the next step."""
        self._running.append(_Running(work, done, tenant))

    def drop(self, work: Work[Any]) -> None:
        """Close a work that nobody waits for any more. Unknown ones are ignored."""
        for running in [each for each in self._running if each.work is work]:
            self._running.remove(running)
            work.close()

    def step(self, *, hurried: bool = False, tenant: str | None = None) -> dict[str, int]:
        """Run the pass of the work whose turn it is, joined by the others' as far as they fit; return how many tokens
        were whose. `hurried`: somebody waits for its end who is not in it. With a `tenant` it is the turn of that one's
        works alone, where it has any."""
        new = [each for each in self._running if each.wanted is None]
        for running in new:
            self._running.remove(running)
        self._running += [running for running in new if _goes_on(running, None)]
        tokens: dict[str, int] = {}
        if self._running:
            together = self._together(1 if hurried else ROOMIER, tenant)
            for running in together:
                self._running.remove(running)
                tokens[running.tenant] = tokens.get(running.tenant, 0) + _tokens(running)
            shares = self._shares(together)
            going = self.compute_threads.run(_run, shares) if self.compute_threads is not None else map(_run, shares)
            self._running += chain.from_iterable(going)
        return tokens

    def _together(self, room: int, tenant: str | None) -> list[_Running]:
        own = [running for running in self._running if running.tenant == tenant] or self._running
        first = own[0].wanted
        assert first is not None
        found: list[_Running] = []
        tokens = 0
        for running in own:
            wanted = running.wanted
            assert wanted is not None
            if wanted is first or (wanted.run == first.run and tokens + wanted.tokens <= room * first.most):
                found.append(running)
                tokens += wanted.tokens
        return found

    def _shares(self, together: Sequence[_Running]) -> list[list[_Running]]:
        """Divide works between the threads, so that what they do with the answers is done side by side as well; or
        leave them together, where the parts would not be about equal: then the pass itself is divided."""
        count = 1 if self.compute_threads is None else self.compute_threads.count
        shares: list[list[_Running]] = [[] for _ in range(count)]
        tokens = [0] * count
        for running in sorted(together, key=_tokens, reverse=True):
            thread = tokens.index(min(tokens))
            shares[thread].append(running)
            tokens[thread] += _tokens(running)
        return shares if max(tokens) * count <= UNEVEN * sum(tokens) else [list(together)]


def _tokens(running: _Running) -> int:
    return 0 if running.wanted is None else running.wanted.tokens


def _run(together: Sequence[_Running]) -> list[_Running]:
    """Run one pass for several works that want the same kind, and return those that go on."""
    wanted = [running.wanted for running in together if running.wanted is not None]
    try:
        answers = wanted[0].run([each.ask for each in wanted])
    except Exception as error:
        if len(together) > 1:  # one of them has itself to blame, the others do not
            return [going for running in together for going in _run([running])]
        together[0].work.close()
        together[0].done(None, error)
        return []
    return [running for running, answer in zip(together, answers, strict=True) if _goes_on(running, answer)]


def _goes_on(running: _Running, answer: Any) -> bool:
    """Send a work its answer; tell whether it wants another pass."""
    try:
        running.wanted = running.work.send(answer)
    except StopIteration as stop:
        running.done(stop.value, None)
    except Exception as error:
        running.done(None, error)
    else:
        return True
    return False


def complete(works: Sequence[Work[ResultT]], compute_threads: ComputeThreads | None = None) -> list[ResultT]:
    """Run works to their end, side by side, and return their results. Raises what one of them raises."""
    results: dict[int, ResultT] = {}

    def take(number: int) -> Done:
        def done(result: ResultT, error: Exception | None) -> None:
            if error is not None:
                raise error
            results[number] = result

        return done

    turns = Turns(compute_threads)
    for number, work in enumerate(works):
        turns.add(work, take(number))
    while turns:
        turns.step()
    return [results[number] for number in range(len(works))]

"""The loop that both trainers share: batches in order, the decay in time, checkpoints, the curve, a request to stop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm  # type: ignore[import-untyped]  # it ships no types

from training.schedule import Schedule, Unit
from training.stopping import StopRequest

BatchT = TypeVar("BatchT")
BatchInT = TypeVar("BatchInT", contravariant=True)

SAVE_EVERY_S = 300.0
"""Seconds of the clock between two checkpoints."""
CORES_KEPT = 1
"""Cores that are not used to draw batches for a GPU."""
CHECKPOINT = "checkpoint.pt"
"""The newest checkpoint, in the folder of the run."""
BEFORE_DECAY = "before-decay.pt"
"""The checkpoint from which the decay began: a longer run may go on from it."""


class Counters(Protocol):
    """How far a run is: steps, tokens read, seconds of work, the recent loss, and where its decay began."""

    step: int
    seen: int
    spent_s: float
    loss: float
    decay_from: float | None


class Learner(Protocol[BatchInT]):
    """What the loop drives."""

    @property
    def progress(self) -> Counters: ...

    @property
    def schedule(self) -> Schedule: ...

    def step(self, batch: BatchInT, /) -> float: ...


class Batches(Dataset[BatchT]):
    """The batch of a step, drawn from the seed and the step alone, so that a resumed run sees the same ones and any
    process can draw it."""

    def __init__(self, draw: Callable[[int], BatchT]) -> None:
        self._draw = draw

    def __getitem__(self, step: int) -> BatchT:
        return self._draw(step)

    def since(self, step: int, workers: int) -> Iterator[BatchT]:
        """The batches from a step on, in order, drawn ahead of time by `workers` processes (0: by this one)."""
        loader: DataLoader[BatchT] = DataLoader(
            self,
            batch_size=None,
            sampler=_Counting(step),
            num_workers=workers,
            collate_fn=_as_it_is,
            multiprocessing_context="spawn" if workers else None,  # a fork of a process with threads may hang or crash
        )
        return iter(loader)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where a run keeps its files, how long it is (`length` in `unit`, the decay included; None: until `OUT/decay` is
    made), how many processes draw its batches, and after how many steps it is measured."""

    out: Path
    unit: Unit = "tokens"
    length: float | None = None
    workers: int = 0
    score_every: int = 200

    @property
    def checkpoint(self) -> Path:
        """The newest state."""
        return self.out / CHECKPOINT

    def done(self, progress: Counters) -> float:
        """How far a run is, in its unit."""
        return done(progress, self.unit)

    def decay_is_due(self, progress: Counters, decay: float) -> bool:
        """Whether a decay that takes so long has to begin now for the run to end in time, or was asked for."""
        if progress.decay_from is not None:
            return False
        in_time = self.length is not None and self.done(progress) >= self.length - decay
        return in_time or (self.out / "decay").exists()


def done(progress: Counters, unit: Unit) -> float:
    """How far a run is, in tokens or in seconds of work."""
    return progress.seen if unit == "tokens" else progress.spent_s


def learn(
    learner: Learner[BatchT],
    plan: Plan,
    batches: Batches[BatchT],
    *,
    clock: Callable[[], float],
    save: Callable[[Path], None],
    score: Callable[[], None],
) -> None:
    """Take steps until the decay is over, or until asked to stop. `clock` counts seconds of work; `save` writes a
    checkpoint, `score` adds a line to the curve. A run that has nothing left to do writes nothing."""
    stop, progress = StopRequest(), learner.progress
    begun, saved = progress.step, time.monotonic()
    if not progress.step:
        score()
    if learner.schedule.finished(plan.done(progress)):
        return
    bar = tqdm(initial=progress.step, unit="step", mininterval=10)
    stream = batches.since(progress.step, plan.workers)
    while not stop.asked and not learner.schedule.finished(plan.done(progress)):
        if plan.decay_is_due(progress, learner.schedule.decay):
            save(plan.out / BEFORE_DECAY)
            progress.decay_from = plan.done(progress)
        started = clock()
        learner.step(next(stream))
        progress.spent_s += clock() - started
        bar.set_postfix(loss=f"{progress.loss:.3f}", decay=progress.decay_from is not None, refresh=False)
        bar.update(1)
        if progress.step % plan.score_every == 0:
            score()
        if time.monotonic() - saved > SAVE_EVERY_S:
            save(plan.checkpoint)
            saved = time.monotonic()
    bar.close()
    if progress.step > begun:
        save(plan.checkpoint)
        score()


def drawing_workers(device: str, wished: int | None) -> int:
    """How many processes draw batches: as many as wished, else none for a CPU, which needs its cores itself, and all
    cores but `CORES_KEPT` for a GPU."""
    if wished is not None:
        return wished
    return 0 if device == "cpu" else max(1, (os.cpu_count() or 1) - CORES_KEPT)


def work_clock(device: str, threads: int = 1) -> Callable[[], float]:
    """A clock of seconds of work: on a CPU the processor's, a thread, so that a pause costs nothing; on a GPU the
    wall's, as its time is paid for whether it waits or not."""
    if device == "cpu":
        return lambda: time.process_time() / threads
    return time.perf_counter


class _Counting:
    """The numbers from `first` on."""

    def __init__(self, first: int) -> None:
        self._first = first

    def __iter__(self) -> Iterator[int]:
        step = self._first
        while True:
            yield step
            step += 1


def _as_it_is(batch: Any) -> Any:
    """Leave a batch as it was drawn: made of arrays, or a list of shares."""
    return batch

"""Causal engines over tiny models, and a small driver for their tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.inference.protocol import Continuation, GenerateRequest, Partial, Piece, Row
from bot.rules.moods import MOOD_NAMES, MOODS, MoodName, Sampling
from bot.settings import EngineChoice
from bot.worker.causal.engine_choice import open_causal
from bot.worker.causal.protocol import CausalEngine
from bot.worker.weights.model import ResolvedModel


@dataclass(slots=True)
class HandClock:
    """A clock that goes on when it is told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True)
class Told:
    """What an engine told of one row: the partials in order, and the end."""

    partials: list[Partial] = field(default_factory=list)
    end: Continuation | None = None

    @property
    def final(self) -> Continuation:
        assert self.end is not None, "the row did not end"
        return self.end


Record = dict[tuple[str, int], Told]


def open_engine(path: Path, engine: EngineChoice, cache: Path, clock: Callable[[], float]) -> CausalEngine:
    """Open a folder or a GGUF file in float32 on the CPU."""
    gguf = path if path.suffix == ".gguf" else None
    folder = path.parent if gguf else path
    model = ResolvedModel(role="causal", name="tiny", revision="r1", folder=folder, gguf=gguf, languages=("en",))
    return open_causal(model, engine=engine, device="cpu", dtype="float32", cache=cache, clock=clock)


def row(seed: int = 0, mood: MoodName = "open", sampling: Sampling | None = None) -> Row:
    """Make a row; the mood's own values unless others are given."""
    return Row(seed=seed, mood=mood, sampling=sampling or MOODS[mood])


def ask(
    request_id: str,
    text: str | Sequence[Piece] = "The fox opened the door",
    *,
    rows: Sequence[Row] | None = None,
    tokens: int = 24,
    stop: tuple[str, ...] = (),
    deadline_s: float | None = None,
) -> GenerateRequest:
    """Make a request; by default one row of each mood."""
    return GenerateRequest(
        request_id=request_id,
        pieces=(Piece(text=text, label="text"),) if isinstance(text, str) else tuple(text),
        rows=tuple(row(seed, mood) for seed, mood in enumerate(MOOD_NAMES)) if rows is None else tuple(rows),
        max_new_tokens=tokens,
        stop=stop,
        deadline_s=deadline_s,
    )


def note(record: Record, engine: CausalEngine, *, level: int | None = None) -> None:
    """Take one step and note what it told. A row that was told to end must not be heard of again."""
    for update in engine.step(level):
        told = record.setdefault((update.request_id, update.event.row), Told())
        assert told.end is None, "news of a row that had ended"
        if isinstance(update.event, Partial):
            told.partials.append(update.event)
        else:
            told.end = update.event


def run(engine: CausalEngine, *requests: GenerateRequest, steps: int = 2000) -> Record:
    """Add the requests and step until nothing is left to do."""
    record: Record = {}
    for request in requests:
        engine.add(request)
    drain(engine, record, steps=steps)
    return record


def drain(engine: CausalEngine, record: Record, *, steps: int = 2000) -> None:
    """Step until nothing is left to do."""
    for _ in range(steps):
        if not engine.rows_running:
            return
        note(record, engine)
    raise AssertionError(f"{engine.rows_running} rows still run after {steps} steps")


def texts(record: Record, request_id: str) -> list[str]:
    """Return the final texts of a request in the order of its rows."""
    mine = sorted((index, told.final.text) for (id_, index), told in record.items() if id_ == request_id)
    return [text for _, text in mine]

"""One person of a quiet server beside three hundred asks of another: how much longer than alone it takes.

A /continue (or /infill) is asked alone, and again while a busy server has 300 waiting and under way; the two take turns
and the median of their ratios counts. The promise is at most three times.

    python -m benchmarks.fairness [--asks 300] [--rounds 3] [--kind continue|infill|both] [--busy continue|infill]
                                  [--json]

The models come from INKLING_DATA (`inkling models fetch` brings the causal one).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from bot.inference.jobs import Limits, Owner
from bot.inference.protocol import Health
from bot.inference.queue import Inference, Ticket
from bot.inference.supervisor import Supervisor
from bot.settings import Settings, load_settings
from bot.writing.blocklist import Blocklist
from bot.writing.continuation.job import ContinueJob
from bot.writing.continuation.request import ContinueRequest
from bot.writing.infill.job import InfillJob
from bot.writing.infill.request import InfillRequest
from bot.writing.row_counts import MOST

BUSY, QUIET = 1, 2
"""The ids of the two servers."""
FULL_S = 300.0
"""Seconds within which the busy server's rows must fill the batch."""
OPENINGS = (
    "The lighthouse keeper had not spoken for a year, and the boats no longer stopped at the quay.",
    "My sister found the letter behind the clock, and she read it twice before she sat down.",
    "Every evening the old woman set a second plate on the table and waited by the window.",
    "They crossed the river before dawn, when the guards were asleep and the water was low.",
)
"""The texts that the jobs go on from, in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seconds of one kind of ask, alone and beside the busy server, round by round; `ratio` is the median of theirs.
    `done_meanwhile` is how many of the busy server's jobs ended while the quiet one's ran."""

    kind: str
    alone_s: tuple[float, ...]
    beside_s: tuple[float, ...]
    ratio: float
    done_meanwhile: tuple[int, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where the promise is not kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fairness", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--asks", type=int, default=300, help="how many the busy server has")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kind", choices=("continue", "infill", "both"), default="both")
    parser.add_argument("--busy", choices=("continue", "infill"), default="continue", help="what the busy server asks")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    kinds = ("continue", "infill") if options.kind == "both" else (options.kind,)
    figures = asyncio.run(measure(load_settings(), kinds, options.busy, asks=options.asks, rounds=options.rounds))
    print(json.dumps([asdict(one) for one in figures]) if options.json else table(figures, options.asks))
    return int(any(one.ratio > 3.0 for one in figures))


async def measure(settings: Settings, kinds: Sequence[str], busy: str, *, asks: int, rounds: int) -> list[Figures]:
    """Take turns: alone, then beside the busy server."""
    words = Blocklist.load()
    found: list[Figures] = []
    async with _running(settings, asks) as inference:
        for kind in kinds:
            await inference.submit(_job(kind, words, QUIET, 0))  # whatever is done once, is done now
            alone: list[float] = []
            beside: list[float] = []
            done: list[int] = []
            for number in range(1, rounds + 1):
                alone.append(await _timed(inference.submit(_job(kind, words, QUIET, number))))
                async with _busy(inference, busy, words, asks, number) as tickets:
                    before = _ended(tickets)
                    beside.append(await _timed(inference.submit(_job(kind, words, QUIET, rounds + number))))
                    done.append(_ended(tickets) - before)
                print(f"{kind}: alone {alone[-1]:.1f} s, beside {beside[-1]:.1f} s", file=sys.stderr, flush=True)
            ratio = statistics.median(b / a for a, b in zip(alone, beside, strict=True))
            found.append(
                Figures(
                    kind=kind,
                    alone_s=tuple(alone),
                    beside_s=tuple(beside),
                    ratio=ratio,
                    done_meanwhile=tuple(done),
                )
            )
    return found


def table(figures: Sequence[Figures], asks: int) -> str:
    """Lay the figures out for a person."""
    lines = [f"One ask alone, and beside {asks} of another server; medians of {len(figures[0].alone_s)} rounds", ""]
    for one in figures:
        alone, beside = statistics.median(one.alone_s), statistics.median(one.beside_s)
        lines.append(
            f"  /{one.kind:<9} alone {alone:6.1f} s   beside {beside:6.1f} s   {one.ratio:.2f} times as long; "
            f"meanwhile {statistics.median(one.done_meanwhile):.0f} of the others were done"
        )
    return "\n".join(lines)


@asynccontextmanager
async def _running(settings: Settings, asks: int) -> AsyncIterator[Inference]:
    """The bot's own way to its models, with room for everybody who asks."""
    limits = Limits(per_person=asks, per_server=asks, waiting=2 * asks, rows=settings.queue_rows)
    async with Supervisor(settings) as supervisor:
        inference = Inference(supervisor.engine, limits)
        dispatcher = asyncio.create_task(inference.run())
        try:
            await _until(inference, lambda health: health.ready)
            yield inference
        finally:
            dispatcher.cancel()
            await asyncio.gather(dispatcher, return_exceptions=True)


@asynccontextmanager
async def _busy(
    inference: Inference, kind: str, words: Blocklist, asks: int, number: int
) -> AsyncIterator[list[Ticket[Any]]]:
    """The busy server's asks: so many that the batch is full of them, and nearly all wait."""
    tickets = [inference.submit(_job(kind, words, BUSY, number * asks + one)) for one in range(asks)]
    try:
        async with asyncio.timeout(FULL_S):
            if kind == "continue":
                await _until(
                    inference, lambda health: health.rows_running > 0.7 * MOST["continue"] * inference.running > 0
                )
        await asyncio.sleep(2.0)  # they are well on their way, and not all at their beginning
        yield tickets
    finally:
        for ticket in tickets:
            ticket.cancel()
        await _until(inference, lambda health: not health.rows_running)


async def _until(inference: Inference, reached: Callable[[Health], bool]) -> None:
    """Wait until the worker says so."""
    while True:
        health = await inference.engine.health()
        if reached(health):
            return
        await asyncio.sleep(0.1)


def _job(kind: str, words: Blocklist, server: int, number: int) -> Any:
    # The beginnings differ, so that nothing is had for nothing that was read before.
    opening = f"It was day {number}. {OPENINGS[number % len(OPENINGS)]}"
    owner = Owner(server_id=server, person_id=1000 * server + number)
    if kind == "continue":
        return ContinueJob(ContinueRequest(text=opening), words, number, owner)
    text = f"{opening} She opened the ___ and found a ___ inside."
    return InfillJob(InfillRequest(text=text), words, number, owner)


async def _timed(ticket: Ticket[Any]) -> float:
    began = time.perf_counter()
    await ticket
    return time.perf_counter() - began


def _ended(tickets: Sequence[Ticket[Any]]) -> int:
    return sum(ticket.finished for ticket in tickets)


if __name__ == "__main__":
    sys.exit(main())

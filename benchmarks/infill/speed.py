"""What an infill costs: passes, seconds, what it takes from a running /continue, and ten at once or five in turn."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.infill.blanks import Missing
from benchmarks.infill.tally import SHOWN
from bot.inference.forwarding import ForwardingEngine
from bot.inference.protocol import Engine, Fill, ProposeRequest, ScoreRequest
from bot.inference.supervisor import Supervisor
from bot.writing.blocklist import Blocklist
from bot.writing.continuation.job import ContinueJob
from bot.writing.continuation.request import ContinueRequest
from bot.writing.infill.job import InfillJob
from bot.writing.infill.request import InfillRequest

AnswerT = TypeVar("AnswerT")

ROUNDS = 5
"""Rounds of the timed part; the median of them counts."""
COUNTED = 8
"""Blanks whose passes are counted."""
FEW, MANY = 5, 10
"""Blanks in turn, and at once."""
BLANKS = COUNTED + ROUNDS * (FEW + MANY + 1)
"""Blanks that are needed; those of a round are the ones in turn, the ones at once and one beside a /continue."""


class CountingEngine(ForwardingEngine):
    """The engine, asked one question at a time, with the forward passes that each kind of question took."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.passes: dict[str, int] = {}
        self._lock = asyncio.Lock()

    async def propose(self, request: ProposeRequest) -> list[list[Fill]]:
        return await self._count(request.model, super().propose(request))

    async def score(self, request: ScoreRequest) -> list[list[float]]:
        return await self._count(request.model, super().score(request))

    async def embed(self, texts: Sequence[str], tenant: str = "") -> list[list[float]]:
        return await self._count("masked", super().embed(texts, tenant))

    async def _count(self, kind: str, asking: Awaitable[AnswerT]) -> AnswerT:
        async with self._lock:
            before = (await self.health()).steps
            answer = await asking
            taken = (await self.health()).steps - before
            self.passes[kind] = self.passes.get(kind, 0) + taken
            return answer


async def measure(supervisor: Supervisor, blanks: Sequence[Missing]) -> dict[str, Any]:
    """Take all figures with `BLANKS` blanks of one word."""
    engine, words = supervisor.engine, Blocklist.load()
    # Each is used once: a context that was read before is kept for a while, and would be had for nothing.
    unread = iter(blanks)

    async def infill(asked: Engine = engine) -> None:
        missing = next(unread)
        await InfillJob(_ask(f"{missing.left}___{missing.right}"), words, 1).run(asked, _unheard)

    async def together(count: int) -> tuple[float, float]:
        began, cpu = time.perf_counter(), worker_cpu_s(supervisor.pid)
        await asyncio.gather(*(infill() for _ in range(count)))
        return time.perf_counter() - began, worker_cpu_s(supervisor.pid) - cpu

    passes: list[dict[str, int]] = []
    for _ in range(COUNTED):
        counting = CountingEngine(engine)
        await infill(counting)
        passes.append(counting.passes)
    alone: list[tuple[float, float]] = []
    in_turn: list[tuple[float, float]] = []
    at_once: list[tuple[float, float]] = []
    slowed: list[float] = []
    for _ in range(ROUNDS):
        one_by_one = [await together(1) for _ in range(FEW)]
        alone += one_by_one
        in_turn.append((sum(wall for wall, _ in one_by_one), sum(cpu for _, cpu in one_by_one)))
        at_once.append(await together(MANY))
        slowed.append(await _slowdown(engine, words, infill))
    return {
        "masked_passes": max(found.get("masked", 0) for found in passes),
        "causal_passes": max(found.get("causal", 0) for found in passes),
        "seconds": statistics.median(wall for wall, _ in alone),
        "processor_seconds": statistics.median(cpu for _, cpu in alone),
        "ten_at_once_to_five_in_turn": statistics.median(
            once[0] / turn[0] for once, turn in zip(at_once, in_turn, strict=True)
        ),
        "the_same_in_processor_time": statistics.median(
            once[1] / turn[1] for once, turn in zip(at_once, in_turn, strict=True)
        ),
        "continue_slowed_by": statistics.median(slowed) - 1.0,
    }


async def _slowdown(engine: Engine, words: Blocklist, infill: Any) -> float:
    """How many times as long the rows of a /continue take when an infill runs beside them."""
    alone = await _decoding(engine, words, None)
    beside = await _decoding(engine, words, infill)
    again = await _decoding(engine, words, None)
    return beside / ((alone + again) / 2)


async def _decoding(engine: Engine, words: Blocklist, infill: Any) -> float:
    """Seconds until the rows of a /continue have ended (the choice among them is the job's own), with `infill` begun at
    their first token."""
    ask = ContinueRequest(
        text="The rain had been falling since noon, and the lighthouse keeper had not spoken for a year.",
        length=160,
    )
    began, ended = time.perf_counter(), asyncio.Event()
    beside: list[asyncio.Task[None]] = []
    last = began

    def heard(text: str, done: int, total: int) -> None:
        nonlocal last
        if infill is not None and not beside:
            beside.append(asyncio.create_task(infill()))
        last = time.perf_counter()
        if done >= total:
            ended.set()

    job = asyncio.create_task(ContinueJob(ask, words, 7).run(engine, heard))
    waiting = asyncio.create_task(ended.wait())
    await asyncio.wait((job, waiting), return_when=asyncio.FIRST_COMPLETED)
    seconds = last - began
    await asyncio.gather(job, *beside)
    waiting.cancel()
    return seconds


def worker_cpu_s(pid: int | None) -> float:
    """Seconds of processor time of the worker; 0 where /proc does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _ask(text: str) -> InfillRequest:
    return InfillRequest(text=text, count=SHOWN)


def _unheard(text: str, done: int, total: int) -> None:
    """Progress that nobody watches."""

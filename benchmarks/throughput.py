"""Sixteen people at once: ours against the usual bot and against the bare engine, in one run.

Each asks for four candidates of 48 tokens behind a prompt of 200. The contenders take turns, round by round, so that a
noisy machine is noisy to all; ratios are made within a round and the median counts. Then sixteen people use the whole
/continue (twelve rows each, the slate, the card). Memory is the peak of worker and bot together.

    python -m benchmarks.throughput [--people 16] [--rounds 3] [--naive-people 3] [--json]

The model comes from INKLING_DATA (`inkling models fetch` brings it). The usual bot works one request after another, so
a few people are enough to know its speed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contenders import MIN_P, TEMPERATURE, Timing, Work, bare_engine, contender, naive_bot
from bot.inference.engine import Continuation, Engine, GenerateRequest, Piece, Row
from bot.inference.jobs import Limits, Owner, Report, Working
from bot.inference.queue import Inference, Ticket
from bot.inference.supervisor import Supervisor
from bot.rules.generations import Generation, Place, Suggestion
from bot.rules.moods import Sampling
from bot.settings import Settings, load_settings
from bot.ui.cards import card
from bot.ui.locale import Catalogue, catalogue
from bot.writing.asks import ContinueAsk
from bot.writing.continuing import ContinueJob
from bot.writing.demeaning import DemeaningWords

_TEXT = (
    "the old keeper of a quiet harbour walked along the wall and counted every boat that had come home before dark "
    "while his sister mended nets by lamplight and told the children how a winter storm once carried their mother's "
    "house over the hill and set it down beside the mill where nobody but the miller and his grey dog ever went"
)
_WORDS = _TEXT.split(" ")


@dataclass(slots=True)
class Lag:
    """How late the event loop was, in milliseconds, each time a short sleep ended."""

    late_ms: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        """Sample until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            self.late_ms.append((time.perf_counter() - began - 0.005) * 1000)

    @property
    def p99_ms(self) -> float:
        """The 99th percentile."""
        return percentile(self.late_ms, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures: seconds, milliseconds and megabytes as their names say; ratios are medians over the rounds."""

    throughput_ratio: float
    engine_ratio: float
    engine_cpu_ratio: float
    naive_tokens_per_s: float
    bare_tokens_per_s: float
    tokens_per_s: float
    total_s: float
    first_text_s: float
    first_text_median_s: float
    p95_s: float
    loop_lag_p99_ms: float
    rss_mb: float
    worker_rss_mb: float
    command_total_s: float
    command_first_text_s: float
    command_p95_s: float
    import_s: float
    generating_s: float
    ready_s: float


class Candidates:
    """A job that asks for rows and notes when the first text came."""

    def __init__(self, owner: Owner, prompt: str, work: Work, seed: int) -> None:
        self.owner, self.rows, self.tokens = owner, work.rows, work.rows * work.tokens
        self._request = GenerateRequest(
            request_id=uuid.uuid4().hex,
            pieces=(Piece(text=prompt, label="text"),),
            rows=tuple(
                Row(seed=seed + k, mood="open", sampling=Sampling(temperature=TEMPERATURE, min_p=MIN_P))
                for k in range(work.rows)
            ),
            max_new_tokens=work.tokens,
        )
        self.first: float | None = None

    async def run(self, engine: Engine, report: Report) -> int:
        """Return how many tokens were made."""
        tokens = [0] * self.rows
        async with aclosing(engine.generate(self._request)) as events:  # type: ignore[type-var]  # a generator
            async for event in events:
                tokens[event.row] = event.tokens
                if self.first is None and event.text.strip():
                    self.first = time.perf_counter()
                report(event.text if event.row == 0 else "", sum(tokens), self.tokens)
                assert isinstance(event, Continuation) or event.tokens <= self.tokens
        return sum(tokens)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--prompt", type=int, default=200, help="tokens of each prompt")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--naive-people", type=int, default=3, help="how many requests the usual bot answers a round")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    report = asyncio.run(measure(load_settings(), options))
    print(json.dumps(asdict(report)) if options.json else table(report, options))
    return 0


async def measure(settings: Settings, options: argparse.Namespace) -> Figures:
    """Start everything, and let all work in turn."""
    import_s = _seconds_to_import()
    naives: list[Timing] = []
    bares: list[Timing] = []
    mine: list[Timing] = []
    lag = Lag()
    with contender(naive_bot, settings) as naive, contender(bare_engine, settings) as bare:
        began = time.perf_counter()
        async with _running(settings) as (supervisor, inference):
            await _all_at_once(inference, Work(prompts=("Once",), rows=1, tokens=1), seed=1)
            generating_s = time.perf_counter() - began
            await _until_ready(supervisor)
            ready_s = time.perf_counter() - began
            for number in range(options.rounds):
                work = _work(options, number)
                few = Work(prompts=work.prompts[: options.naive_people], rows=work.rows, tokens=work.tokens)
                naives.append(_told("the usual bot", await asyncio.to_thread(naive, few)))
                bares.append(_told("the bare engine", await asyncio.to_thread(bare, work)))
                async with _watched(lag):
                    timing = await _all_at_once(inference, work, seed=1000 * number, worker=supervisor.pid)
                mine.append(_told("ours", timing))
            worker_mb, lag_ms = _peak_mb(supervisor.pid), lag.p99_ms
            async with _watched(lag):
                whole = _told("the whole command", await _commands(inference, _work(options, 999)))
            worker_mb = max(worker_mb, _peak_mb(supervisor.pid))
    return Figures(
        throughput_ratio=_ratio(mine, naives),
        engine_ratio=_ratio(mine, bares),
        engine_cpu_ratio=statistics.median(
            b.cpu_s / b.made / (a.cpu_s / a.made) for a, b in zip(mine, bares, strict=True)
        ),
        naive_tokens_per_s=statistics.median(timing.tokens_per_s for timing in naives),
        bare_tokens_per_s=statistics.median(timing.tokens_per_s for timing in bares),
        tokens_per_s=statistics.median(timing.tokens_per_s for timing in mine),
        total_s=statistics.median(timing.total_s for timing in mine),
        first_text_s=statistics.median(max(timing.first_s) for timing in mine),
        first_text_median_s=statistics.median(statistics.median(timing.first_s) for timing in mine),
        p95_s=statistics.median(percentile(timing.done_s, 0.95) for timing in mine),
        loop_lag_p99_ms=max(lag_ms, lag.p99_ms),
        rss_mb=worker_mb + _own_peak_mb(),
        worker_rss_mb=worker_mb,
        command_total_s=whole.total_s,
        command_first_text_s=max(whole.first_s),
        command_p95_s=percentile(whole.done_s, 0.95),
        import_s=import_s,
        generating_s=generating_s,
        ready_s=ready_s,
    )


def table(report: Figures, options: argparse.Namespace) -> str:
    """Lay the figures out for a person."""
    r = report
    lines = [
        f"{options.people} people at once, {options.rows} candidates of {options.tokens} tokens each, prompts of "
        f"{options.prompt} tokens; medians of {options.rounds} rounds",
        "",
        f"  the usual bot    {r.naive_tokens_per_s:8.0f} tokens/s",
        f"  the bare engine  {r.bare_tokens_per_s:8.0f} tokens/s",
        f"  ours             {r.tokens_per_s:8.0f} tokens/s   {r.throughput_ratio:.1f} times the usual bot, "
        f"{r.engine_ratio:.2f} of the bare engine "
        f"({r.engine_cpu_ratio:.2f} by processor time)",
        "",
        f"  all done in {r.total_s:.1f} s (95% of people {r.p95_s:.1f} s); first text for all {r.first_text_s:.2f} s, "
        f"for half {r.first_text_median_s:.2f} s",
        f"  the whole command: all done in {r.command_total_s:.1f} s (95% {r.command_p95_s:.1f} s), first text for all "
        f"{r.command_first_text_s:.2f} s",
        f"  event loop late by {r.loop_lag_p99_ms:.1f} ms at the 99th percentile",
        f"  memory {r.rss_mb:.0f} MB at its peak, {r.worker_rss_mb:.0f} MB of it the worker's",
        f"  start: imports {r.import_s:.1f} s; generating after {r.generating_s:.1f} s, "
        f"all models after {r.ready_s:.1f} s",
    ]
    return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


@asynccontextmanager
async def _running(settings: Settings) -> AsyncIterator[tuple[Supervisor, Inference]]:
    """The bot's own way to its models: the supervised worker and the fair queue."""
    limits = Limits(per_person=16, per_server=1000, waiting=1000, rows=settings.queue_rows)
    async with Supervisor(settings) as supervisor:
        inference = Inference(supervisor.engine, limits)
        dispatcher = asyncio.create_task(inference.run())
        try:
            yield supervisor, inference
        finally:
            dispatcher.cancel()
            await asyncio.gather(dispatcher, return_exceptions=True)


async def _until_ready(supervisor: Supervisor) -> None:
    while True:
        health = await supervisor.engine.health()
        if health.ready:
            return
        await asyncio.sleep(0.1)


@asynccontextmanager
async def _watched(lag: Lag) -> AsyncIterator[None]:
    task = asyncio.create_task(lag.watch())
    try:
        yield
    finally:
        task.cancel()


def _told(name: str, timing: Timing) -> Timing:
    """Tell whoever waits how far it is."""
    print(
        f"{name}: {timing.made} in {timing.total_s:.1f} s, processor {timing.cpu_s:.1f} s, "
        f"first text for all {max(timing.first_s):.2f} s",
        file=sys.stderr,
        flush=True,
    )
    return timing


async def _all_at_once(inference: Inference, work: Work, *, seed: int, worker: int | None = None) -> Timing:
    """Submit a job a person in the same moment."""
    began, used = time.perf_counter(), _cpu_s(worker)
    jobs = [Candidates(_owner(person), prompt, work, seed + 10 * person) for person, prompt in enumerate(work.prompts)]
    done = [0.0] * len(jobs)

    async def wait(person: int, ticket: Ticket[int]) -> int:
        made = await ticket
        done[person] = time.perf_counter() - began
        return made

    made = await asyncio.gather(*(wait(person, inference.submit(job)) for person, job in enumerate(jobs)))
    first = tuple((job.first or began) - began for job in jobs)
    cpu_s = _cpu_s(worker) - used
    return Timing(total_s=max(done), first_s=first, done_s=tuple(done), made=sum(made), cpu_s=cpu_s)


async def _commands(inference: Inference, work: Work) -> Timing:
    """Let everybody use /continue: twelve rows, slate and card."""
    say, words = catalogue("en"), DemeaningWords.load()
    began, used = time.perf_counter(), time.process_time()

    async def command(person: int, prompt: str) -> tuple[float, float]:
        place = Place(server_id=person % 4, channel_id=person)
        ask = ContinueAsk(owner=_owner(person), place=place, text=prompt, length=work.tokens)
        ticket = inference.submit(ContinueJob(ask, words, 100 * person))
        first = 0.0
        async for progress in ticket:
            if not first and isinstance(progress, Working) and progress.text.strip():
                first = time.perf_counter() - began
        _show(say, ask, await ticket)
        done = time.perf_counter() - began
        return first or done, done

    times = await asyncio.gather(*(command(person, prompt) for person, prompt in enumerate(work.prompts)))
    first, done = zip(*times, strict=True)
    cpu_s = time.process_time() - used
    return Timing(total_s=max(done), first_s=first, done_s=done, made=len(times), cpu_s=cpu_s)


def _show(say: Catalogue, ask: ContinueAsk, suggestions: tuple[Suggestion, ...]) -> None:
    generation = Generation(
        id=1,
        kind="continue",
        place=ask.place,
        person_id=ask.owner.person_id,
        text=ask.text,
        mood=ask.mood,
        count=ask.count,
        length=ask.length,
        suggestions=suggestions,
        created_ms=0,
        expires_ms=1,
    )
    view: Any = card(say, generation, name="Somebody")
    view.to_components()  # as it goes to Discord; discord.py gives it no types


def _owner(person: int) -> Owner:
    return Owner(server_id=person % 4, person_id=person)


def _work(options: argparse.Namespace, number: int) -> Work:
    """Make prompts that nobody has sent before, for the engines keep what they have read."""
    chance = random.Random(number)
    prompts = []
    for _ in range(options.people):
        # Of these words and marks 17 tokens make 15.
        words = [chance.choice(_WORDS) for _ in range(options.prompt)]
        text = " ".join(
            word + ("." if i % 16 == 15 else "") for i, word in enumerate(words[: options.prompt * 15 // 17])
        )
        prompts.append(text[:1].upper() + text[1:])
    return Work(prompts=tuple(prompts), rows=options.rows, tokens=options.tokens)


def _ratio(ours: Sequence[Timing], theirs: Sequence[Timing]) -> float:
    return statistics.median(a.tokens_per_s / b.tokens_per_s for a, b in zip(ours, theirs, strict=True))


def _seconds_to_import() -> float:
    """Return how long a fresh interpreter needs for all that the bot imports."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import bot.app"], check=True)
    return time.perf_counter() - began


def _peak_mb(pid: int | None) -> float:
    """Return the most memory that a process ever had, 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return float(status.split("VmHWM:")[1].split()[0]) / 1024


def _cpu_s(worker: int | None) -> float:
    """Return the seconds of processor time that worker and bot have used, the worker's where the system tells."""
    try:
        fields = Path(f"/proc/{worker}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return time.process_time()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _own_peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    sys.exit(main())

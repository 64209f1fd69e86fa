"""Sixteen people at once: ours against the usual bot and against the bare engine, of one tier or of both, in one run.

Each asks for four candidates of 48 tokens behind a prompt of 200. The contenders of all tiers take turns, round by
round, so that a noisy machine is noisy to all; ratios are made within a round and the median counts. Then people use
the whole /continue (rows by tier and by crowd, the choice, the card): one alone, one behind a prompt of 1,000 tokens,
four at once, sixteen at once. Memory is the peak of worker and bot together.

    python -m benchmarks.throughput [--tier small|large|both] [--people 16] [--rounds 3] [--naive-people 3] [--json]

The models come from INKLING_DATA (`inkling models fetch` brings them); without a tier it is the story model of the
settings. The usual bot works one request after another, so a few people are enough to know its speed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace

from benchmarks.contenders import OriginRun, Timing, Work, bare_engine, contender, naive_bot
from benchmarks.crowd import (
    Lag,
    all_at_once,
    commands,
    own_peak_mb,
    peak_mb,
    percentile,
    prompts_of,
    running,
    until_ready,
    watched,
)
from bot.inference.queue import Inference
from bot.inference.supervisor import Supervisor
from bot.settings import BUNDLED, LARGE, Settings, load_settings

TIERS = {"small": BUNDLED, "large": LARGE}
"""The story model of each tier."""
FAR = 1000
"""Tokens of a long prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a tier: seconds, milliseconds and megabytes as their names say; ratios are medians over the
    rounds. `alone_`, `far_` and `four_` are of the whole /continue for one, for one with a long prompt, and for four
    people; `alone_processor_s` is what the one alone took of the processors."""

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
    alone_rss_mb: float
    alone_first_s: float
    alone_total_s: float
    alone_processor_s: float
    far_first_s: float
    far_total_s: float
    four_first_s: float
    four_total_s: float
    command_total_s: float
    command_first_text_s: float
    command_p95_s: float
    import_s: float
    generating_s: float
    ready_s: float


@dataclass(slots=True)
class Side:
    """A tier at work: its contenders, the bot's own way to its models, and what they took in each round."""

    name: str
    naive: OriginRun
    bare: OriginRun
    supervisor: Supervisor
    inference: Inference
    generating_s: float
    ready_s: float
    naives: list[Timing] = field(default_factory=list)
    bares: list[Timing] = field(default_factory=list)
    mine: list[Timing] = field(default_factory=list)
    lag: Lag = field(default_factory=Lag)

    async def round(self, work: Work, number: int, naive_people: int) -> None:
        """Let each contender do the same."""
        few = Work(prompts=work.prompts[:naive_people], rows=work.rows, tokens=work.tokens)
        self.naives.append(self._told("the usual bot", await asyncio.to_thread(self.naive, few)))
        self.bares.append(self._told("the bare engine", await asyncio.to_thread(self.bare, work)))
        async with watched(self.lag):
            timing = await all_at_once(self.inference, work, seed=1000 * number, worker=self.supervisor.pid)
        self.mine.append(self._told("ours", timing))

    async def command(self, name: str, people: int, length: int, tokens: int) -> Timing:
        """Let so many people use /continue behind prompts of so many tokens."""
        work = Work(prompts=prompts_of(people, length, 10_000 + 100 * people + length), rows=0, tokens=tokens)
        async with watched(self.lag):
            return self._told(name, await commands(self.inference, work, worker=self.supervisor.pid))

    def _told(self, name: str, timing: Timing) -> Timing:
        """Tell whoever waits how far it is."""
        print(
            f"{self.name}, {name}: {timing.made} in {timing.total_s:.1f} s, processor {timing.cpu_s:.1f} s, "
            f"first text for all {max(timing.first_s):.2f} s",
            file=sys.stderr,
            flush=True,
        )
        return timing


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tier", choices=(*TIERS, "both"), help="which story model (default: that of the settings)")
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--prompt", type=int, default=200, help="tokens of each prompt")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--naive-people", type=int, default=3, help="how many requests the usual bot answers a round")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    reports = asyncio.run(measure(load_settings(), options))
    if options.json:
        print(json.dumps({name: asdict(report) for name, report in reports.items()}))
    else:
        print("\n\n".join(table(name, report, options) for name, report in reports.items()))
    return 0


async def measure(settings: Settings, options: argparse.Namespace) -> dict[str, Figures]:
    """Start everything, and let all work in turn; return the figures of each tier."""
    import_s = _seconds_to_import()
    names = tuple(TIERS) if options.tier == "both" else (options.tier or "chosen",)
    async with AsyncExitStack() as stack:
        sides = [await stack.enter_async_context(_side(name, settings)) for name in names]
        for number in range(options.rounds):
            work = Work(
                prompts=prompts_of(options.people, options.prompt, number), rows=options.rows, tokens=options.tokens
            )
            for side in sides:
                await side.round(work, number, options.naive_people)
        return {side.name: await _figures(side, options, import_s) for side in sides}


@asynccontextmanager
async def _side(name: str, settings: Settings) -> AsyncIterator[Side]:
    chosen = replace(settings, causal_model=TIERS.get(name, settings.causal_model))
    with contender(naive_bot, chosen) as naive, contender(bare_engine, chosen) as bare:
        began = time.perf_counter()
        async with running(chosen) as (supervisor, inference):
            await all_at_once(inference, Work(prompts=("Once",), rows=1, tokens=1), seed=1)
            generating_s = time.perf_counter() - began
            await until_ready(supervisor)
            yield Side(name, naive, bare, supervisor, inference, generating_s, time.perf_counter() - began)


async def _figures(side: Side, options: argparse.Namespace, import_s: float) -> Figures:
    alone = await side.command("one /continue alone", 1, options.prompt, options.tokens)
    alone_rss_mb = (await side.supervisor.engine.health()).rss_mb
    far = await side.command(f"one behind {FAR} tokens", 1, FAR, options.tokens)
    four = await side.command("four at once", 4, options.prompt, options.tokens)
    whole = await side.command(f"{options.people} at once", options.people, options.prompt, options.tokens)
    worker_mb = peak_mb(side.supervisor.pid)
    mine, bares = side.mine, side.bares
    return Figures(
        throughput_ratio=_ratio(mine, side.naives),
        engine_ratio=_ratio(mine, bares),
        engine_cpu_ratio=statistics.median(
            b.cpu_s / b.made / (a.cpu_s / a.made) for a, b in zip(mine, bares, strict=True)
        ),
        naive_tokens_per_s=statistics.median(timing.tokens_per_s for timing in side.naives),
        bare_tokens_per_s=statistics.median(timing.tokens_per_s for timing in bares),
        tokens_per_s=statistics.median(timing.tokens_per_s for timing in mine),
        total_s=statistics.median(timing.total_s for timing in mine),
        first_text_s=statistics.median(max(timing.first_s) for timing in mine),
        first_text_median_s=statistics.median(statistics.median(timing.first_s) for timing in mine),
        p95_s=statistics.median(percentile(timing.done_s, 0.95) for timing in mine),
        loop_lag_p99_ms=side.lag.p99_ms,
        rss_mb=worker_mb + own_peak_mb(),
        worker_rss_mb=worker_mb,
        alone_rss_mb=alone_rss_mb,
        alone_first_s=max(alone.first_s),
        alone_total_s=alone.total_s,
        alone_processor_s=alone.cpu_s,
        far_first_s=max(far.first_s),
        far_total_s=far.total_s,
        four_first_s=max(four.first_s),
        four_total_s=four.total_s,
        command_total_s=whole.total_s,
        command_first_text_s=max(whole.first_s),
        command_p95_s=percentile(whole.done_s, 0.95),
        import_s=import_s,
        generating_s=side.generating_s,
        ready_s=side.ready_s,
    )


def table(name: str, report: Figures, options: argparse.Namespace) -> str:
    """Lay the figures of a tier out for a person."""
    r = report
    lines = [
        f"{name}: {options.people} people at once, {options.rows} candidates of {options.tokens} tokens each, prompts "
        f"of {options.prompt} tokens; medians of {options.rounds} rounds",
        "",
        f"  the usual bot    {r.naive_tokens_per_s:8.0f} tokens/s",
        f"  the bare engine  {r.bare_tokens_per_s:8.0f} tokens/s",
        f"  ours             {r.tokens_per_s:8.0f} tokens/s   {r.throughput_ratio:.1f} times the usual bot, "
        f"{r.engine_ratio:.2f} of the bare engine "
        f"({r.engine_cpu_ratio:.2f} by processor time)",
        "",
        f"  all done in {r.total_s:.1f} s (95% of people {r.p95_s:.1f} s); first text for all {r.first_text_s:.2f} s, "
        f"for half {r.first_text_median_s:.2f} s",
        f"  /continue alone: first text {r.alone_first_s:.2f} s, done in {r.alone_total_s:.1f} s "
        f"(processor {r.alone_processor_s:.1f} s), {r.alone_rss_mb:.0f} MB resident",
        f"  behind {FAR} tokens: first text {r.far_first_s:.2f} s, done in {r.far_total_s:.1f} s",
        f"  four at once: first text for all {r.four_first_s:.2f} s, all done in {r.four_total_s:.1f} s",
        f"  {options.people} at once: all done in {r.command_total_s:.1f} s (95% {r.command_p95_s:.1f} s), first text "
        f"for all {r.command_first_text_s:.2f} s",
        f"  event loop late by {r.loop_lag_p99_ms:.1f} ms at the 99th percentile",
        f"  memory {r.rss_mb:.0f} MB at its peak, {r.worker_rss_mb:.0f} MB of it the worker's",
        f"  start: imports {r.import_s:.1f} s; generating after {r.generating_s:.1f} s, "
        f"all models after {r.ready_s:.1f} s",
    ]
    return "\n".join(lines)


def _ratio(ours: Sequence[Timing], theirs: Sequence[Timing]) -> float:
    return statistics.median(a.tokens_per_s / b.tokens_per_s for a, b in zip(ours, theirs, strict=True))


def _seconds_to_import() -> float:
    """Return how long a fresh interpreter needs for all that the bot imports."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import bot.app"], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())

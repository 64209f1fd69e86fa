"""People who all want something at once, over the bot's own way to its models: what they ask, and how long it takes."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contenders import MIN_P, TEMPERATURE, Timing, Work
from bot.errors import BadInput
from bot.inference.jobs import Limits, Owner, Report, Working
from bot.inference.protocol import Continuation, Engine, GenerateRequest, Piece, Row
from bot.inference.queue import Inference, Ticket
from bot.inference.supervisor import Supervisor
from bot.rules.generations import Generation, Place, Suggestion
from bot.rules.moods import Sampling
from bot.rules.servers import MAX_TEXT
from bot.settings import Settings
from bot.ui.locale import Catalogue, catalogue
from bot.writing.blocklist import Blocklist
from bot.writing.continuation.job import ContinueJob, heading_of
from bot.writing.continuation.request import ContinueRequest
from bot.writing.request import Submission
from cogs.feature_cards import CARDS

_TEXT = (
    "the old keeper of a quiet harbour walked along the wall and counted every boat that had come home before dark "
    "while his sister mended nets by lamplight and told the children how a winter storm once carried their mother's "
    "house over the hill and set it down beside the mill where nobody but the miller and his grey dog ever went"
)
"""The text from which prompts are drawn."""
_WORDS = _TEXT.split(" ")
"""The words of it."""


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
        async with aclosing(engine.generate(self._request)) as events:
            async for event in events:
                tokens[event.row] = event.tokens
                if self.first is None and event.text.strip():
                    self.first = time.perf_counter()
                report(event.text if event.row == 0 else "", sum(tokens), self.tokens)
                assert isinstance(event, Continuation) or event.tokens <= self.tokens
        return sum(tokens)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[Supervisor, Inference]]:
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


async def until_ready(supervisor: Supervisor) -> None:
    while True:
        health = await supervisor.engine.health()
        if health.ready:
            return
        await asyncio.sleep(0.1)


@asynccontextmanager
async def watched(lag: Lag) -> AsyncIterator[None]:
    task = asyncio.create_task(lag.watch())
    try:
        yield
    finally:
        task.cancel()


async def all_at_once(inference: Inference, work: Work, *, seed: int, worker: int | None = None) -> Timing:
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


async def commands(inference: Inference, work: Work, *, worker: int | None = None) -> Timing:
    """Let everybody use /continue: rows, choice and card."""
    say, words = catalogue("en"), Blocklist.load()
    began, used = time.perf_counter(), _cpu_s(worker)

    async def command(person: int, prompt: str) -> tuple[float, float]:
        place = Place(server_id=person % 4, channel_id=person)
        request = ContinueRequest(text=prompt[-MAX_TEXT:], length=work.tokens, context=_before(prompt[:-MAX_TEXT]))
        ticket = inference.submit(ContinueJob(request, words, 100 * person, _owner(person)))
        first = 0.0
        async for progress in ticket:
            if not first and isinstance(progress, Working) and progress.text.strip():
                first = time.perf_counter() - began
        # Behind words at random a model may write nothing usable, which the person is told as soon.
        with suppress(BadInput):
            _show(say, Submission(owner=_owner(person), place=place, request=request), await ticket)
        done = time.perf_counter() - began
        return first or done, done

    times = await asyncio.gather(*(command(person, prompt) for person, prompt in enumerate(work.prompts)))
    first, done = zip(*times, strict=True)
    cpu_s = _cpu_s(worker) - used
    return Timing(total_s=max(done), first_s=first, done_s=done, made=len(times), cpu_s=cpu_s)


def _before(passages: str) -> tuple[Piece, ...]:
    """Return what is longer than a request's text may be, as a story's passages stand before it."""
    return (heading_of(passages), Piece(text=passages, label="passages", priority=0)) if passages else ()


def _show(say: Catalogue, asked: Submission[ContinueRequest], suggestions: tuple[Suggestion, ...]) -> None:
    generation = Generation(
        id=1,
        kind="continue",
        place=asked.place,
        person_id=asked.owner.person_id,
        text=asked.request.text,
        mood=asked.request.mood,
        count=asked.request.count,
        length=asked.request.length,
        suggestions=suggestions,
        created_ms=0,
        expires_ms=1,
    )
    view: Any = CARDS[generation.kind].card(say, generation, name="Somebody")
    view.to_components()  # as it goes to Discord; discord.py gives it no types


def _owner(person: int) -> Owner:
    return Owner(server_id=person % 4, person_id=person)


def prompts_of(people: int, length: int, number: int) -> tuple[str, ...]:
    """Make prompts of so many tokens that nobody has sent before, for the engines keep what they have read."""
    chance = random.Random(number)
    prompts = []
    for _ in range(people):
        # Of these words and marks 17 tokens make 15.
        words = [chance.choice(_WORDS) for _ in range(length)]
        text = " ".join(word + ("." if i % 16 == 15 else "") for i, word in enumerate(words[: length * 15 // 17]))
        prompts.append(text[:1].upper() + text[1:])
    return tuple(prompts)


def peak_mb(pid: int | None) -> float:
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


def own_peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)

"""`inkling models try` and `use`: a model at work through the whole product, before it is chosen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.app import create_inference, utc_now_ms
from bot.cli import models
from bot.cli.dotenv import quoted, set_in_dotenv
from bot.cli.model_lookup import VARIABLES, Found, find_model
from bot.cli.terminal import Terminal
from bot.cli.writing import explain
from bot.errors import PersonError, WeightsError
from bot.inference.forwarding import ForwardingEngine
from bot.inference.protocol import Continuation, Engine, GenerateRequest, Health, ModelRole, Partial
from bot.rules.generations import Suggestion
from bot.settings import DOTENV, Settings, names_in_environment
from bot.worker.weights import measured
from bot.worker.weights.downloads import told
from bot.worker.weights.facts import knows_chinese, size_of
from bot.worker.weights.machine import free_memory
from bot.worker.weights.story_choice import LOCAL, plan_story
from bot.writing.blocklist import Blocklist
from bot.writing.continuation.job import ContinueJob
from bot.writing.continuation.request import ContinueRequest
from bot.writing.infill.job import InfillJob
from bot.writing.infill.request import InfillRequest

SEED = 1
"""The same one each time, so that models can be compared."""
SUGGESTIONS = 3
"""How many are shown of each."""
POLL_S = 0.2
"""How often the models' process is asked how far it is, in seconds."""
WORKING = 600 << 20
"""Bytes that the models' process needs beside the weights, at the least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a model is tried with in one language."""

    language: str
    text: str
    blanks: str


ENGLISH = Sample(
    language="English",
    text="The lighthouse keeper had not spoken for a year. When the boat came in that evening, she",
    blanks="She opened the ___ and found a letter ___ inside.",
)
"""For models that write English."""
CHINESE = Sample(
    language="Chinese",
    text="守塔人已经一年没有开口说话了。那天傍晚，船靠岸的时候，她",
    blanks="她打开那扇旧___，在里面找到了一封___。",
)
"""For models that write Chinese."""


def attempt(settings: Settings, name: str, role: ModelRole | None, terminal: Terminal, *, yes: bool) -> int:
    """Try a model, and say what to put into `.env`. Raises `HostError` and `InferenceError`."""
    found = _try(settings, name, role, terminal, yes=yes)
    terminal.say()
    terminal.say(f"To use it: inkling models use {quoted(str(found.choice))}")
    terminal.say(f"or put this into .env: {_line(found)}")
    return 0


def use(settings: Settings, name: str, role: ModelRole | None, terminal: Terminal, *, yes: bool) -> int:
    """Try a model, and write it into `.env`. Raises `HostError` and `InferenceError`."""
    found = _try(settings, name, role, terminal, yes=yes)
    variable = VARIABLES[found.model.role]
    set_in_dotenv(DOTENV, variable, str(found.choice))
    terminal.say()
    terminal.say(f"{DOTENV} says {_line(found)} now; it holds from the next start on.")
    if variable in names_in_environment():
        terminal.note(f"inkling: the environment sets {variable} too, and wins over .env: unset it there.")
    return 0


def _line(found: Found) -> str:
    return f"{VARIABLES[found.model.role]}={quoted(str(found.choice))}"


def _try(settings: Settings, name: str, role: ModelRole | None, terminal: Terminal, *, yes: bool) -> Found:
    found = find_model(settings, name, role, terminal, yes=yes)
    terminal.say(found.line)
    _check_memory(found)
    tried = _beside(settings, found)
    models.ensure(tried, terminal)
    chinese = knows_chinese(found.model)
    asyncio.run(_show(tried, found, (ENGLISH, CHINESE) if chinese else (ENGLISH,), terminal))
    return found


def _beside(settings: Settings, found: Found) -> Settings:
    """Settings in which the model takes its role, in a process of its own; a masked one beside the small pair's causal
    model alone."""
    local = replace(settings, inference_url=None)
    if settings.engine not in LOCAL:
        local = replace(local, engine="auto")
    if found.model.role == "causal":
        return replace(local, causal_model=plan_story(found.choice, settings.data).now)
    return replace(local, causal_model=settings.infill_model, masked_model=found.choice)


def _check_memory(found: Found) -> None:
    free = free_memory()
    needed = size_of(found.model) + WORKING
    if free is not None and free < needed:
        raise WeightsError(
            f"{found.choice} needs more than {told(needed)} of memory, and {told(free)} are free: end other programs, "
            "or take a smaller model, or a smaller file of it (Q4_K_M)."
        )


async def _show(settings: Settings, found: Found, samples: Sequence[Sample], terminal: Terminal) -> None:
    async with create_inference(settings) as inference:
        health = await _ready(inference.engine, terminal)
        counting = Counting(inference.engine)
        for sample in samples:
            terminal.say()
            terminal.say(f"{sample.language}:")
            if found.model.role == "causal":
                await _continued(counting, sample, terminal)
            await _filled(counting, sample, terminal)
        health = await inference.engine.health()
    terminal.say()
    terminal.say(_kept(settings, found, counting, health))


async def _ready(engine: Engine, terminal: Terminal) -> Health:
    """Wait until everything is loaded. Raises `WeightsError` where it cannot be."""
    while True:
        health = await engine.health()
        if health.ready:
            return health
        if health.stage == "restarting":
            raise WeightsError(
                "The models' process ended while it loaded, most likely for want of memory: see the log."
            )
        if health.stage != "starting" and not health.stage.startswith("loading"):
            raise WeightsError(health.stage)
        terminal.status(f"{health.stage} …")
        await asyncio.sleep(POLL_S)


async def _continued(engine: Engine, sample: Sample, terminal: Terminal) -> None:
    request = ContinueRequest(text=sample.text, count=SUGGESTIONS)
    terminal.say(f"  {sample.text} …")
    terminal.status("writing …")
    work = ContinueJob(request, Blocklist.load(), SEED).run(engine, _silent)
    await _tell(work, lambda suggestion: " ".join(suggestion.text.split()), terminal)


async def _filled(engine: Engine, sample: Sample, terminal: Terminal) -> None:
    request = InfillRequest(text=sample.blanks, count=SUGGESTIONS)
    terminal.say(f"  {sample.blanks}")
    terminal.status("filling …")
    work = InfillJob(request, Blocklist.load(), SEED).run(engine, _silent)
    await _tell(work, lambda suggestion: " … ".join(suggestion.fills), terminal)


async def _tell(work: Awaitable[Sequence[Suggestion]], words: Callable[[Suggestion], str], terminal: Terminal) -> None:
    """Wait for suggestions and show the words of each, or what was wrong."""
    try:
        suggestions = await work
    except PersonError as error:
        terminal.say(f"     {explain(error)}")
        return
    for number, suggestion in enumerate(suggestions, start=1):
        terminal.say(f"  {number}. {words(suggestion)}")


def _kept(settings: Settings, found: Found, counting: Counting, health: Health) -> str:
    """Keep what was measured, and return the sentence that tells it."""
    info = next(
        each for each in health.models if each.role in (found.model.role, "story") and each.name == found.model.name
    )
    rate = counting.tokens / counting.seconds if counting.seconds else 0.0
    day = datetime.fromtimestamp(utc_now_ms() / 1000, UTC).date().isoformat()
    result = measured.Measured(
        engine=info.engine, tokens_per_s=round(rate, 1), rows=counting.rows, peak_mb=health.peak_mb, on=day
    )
    measured.keep(settings.data, found.model, result)
    quick = f"{rate:.0f} tokens a second, {counting.rows} rows at once; " if rate else ""
    return f"{info.engine}: {quick}{health.peak_mb:.0f} MB of memory at its peak, the infill pair included."


class Counting(ForwardingEngine):
    """An engine that counts the tokens of what it writes, and the seconds."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.tokens = 0
        self.rows = 0
        self.seconds = 0.0

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Partial | Continuation, None]:
        began, made = time.monotonic(), dict[int, int]()
        async with aclosing(super().generate(request)) as events:
            async for event in events:
                made[event.row] = event.tokens
                yield event
        self.seconds += time.monotonic() - began
        self.tokens += sum(made.values())
        self.rows = max(self.rows, len(request.rows))


def _silent(text: str, done: int, total: int) -> None:
    """Report to nobody."""

"""`inkling continue` and `inkling infill`: the models for scripts, and for people at a terminal.

Neither Discord nor the database is touched, so they work while the bot runs.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import threading
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bot.app import create_inference
from bot.cli.terminal import Terminal
from bot.errors import HostError, InferenceError, PersonError, WorkerUnavailable
from bot.inference.jobs import Working
from bot.inference.queue import Inference, Ticket
from bot.rules.generations import Suggestion
from bot.rules.servers import DEFAULT_COUNT, DEFAULT_LENGTH
from bot.rules.text.segments import ending
from bot.settings import Settings
from bot.text_files import NotUtf8, decode, wide_encoding
from bot.ui.locale import catalogue
from bot.writing.blocklist import Blocklist
from bot.writing.continuation.request import ContinueRequest
from bot.writing.features import FEATURES
from bot.writing.infill.request import InfillRequest
from bot.writing.request import NOBODY, Request
from storage.tagged_json import receipt_as_json

Kind = Literal["continue", "infill"]
AT_ONCE = 32
"""How many lines are read ahead: enough to keep the models' batch full."""
POLL_S = 0.2
"""Seconds between two questions whether the models are loaded."""
MARK_BYTES = 4
"""So many bytes of a file tell whether it is in UTF-16 or UTF-32."""
SHOWN = 70
"""So many of the last characters of a text are shown while it is written."""
OPTIONS: Mapping[str, type] = {"mood": str, "count": int, "length": int, "seed": int, "note": str}
"""What a line of --jsonl may have besides its text, with the types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One text and its options, as they came."""

    id: str | int | None
    text: str
    mood: str | None = None
    count: int = DEFAULT_COUNT
    length: int = DEFAULT_LENGTH
    seed: int | None = None
    note: str = ""


REQUESTS: Mapping[str, Callable[[Wish], Request]] = {
    "continue": lambda wish: ContinueRequest(
        text=wish.text,
        mood=wish.mood,  # type: ignore[arg-type]  # Feature.check refuses what is no mood
        count=wish.count,
        length=wish.length,
        note=wish.note,
    ),
    "infill": lambda wish: InfillRequest(text=wish.text, count=wish.count),
}
"""What a wish asks for, by the command."""


class BadLine(Exception):
    """A line that cannot be answered: its id, where it has one, and why."""

    def __init__(self, line_id: str | int | None, reason: str) -> None:
        super().__init__(reason)
        self.id = line_id


async def answer_one(settings: Settings, kind: Kind, wish: Wish, terminal: Terminal, *, as_json: bool) -> int:
    """Print the suggestions for one text. Raises `PersonError`, `InferenceError` and `HostError`."""
    async with create_inference(settings) as inference, _stages(inference, terminal):
        ticket = Writer(inference, kind).submit(wish)
        async for progress in ticket:
            if isinstance(progress, Working) and progress.text:
                terminal.status(ending(" ".join(progress.text.split()), SHOWN))
        suggestions = await ticket
    if as_json:
        terminal.say(_dumps(_result(wish.id, kind, suggestions)))
    else:
        for number, suggestion in enumerate(suggestions, start=1):
            terminal.say(f"{number}. {suggestion.text.strip()}\n")
    return 0


async def answer_lines(settings: Settings, kind: Kind, name: str, defaults: Wish, terminal: Terminal) -> int:
    """Answer each line of the file `name` ("-": standard input) by one line, in order; 1 where one could not be.

    Raises `HostError`."""
    with _open(name) as descriptor:
        wide = replace(settings, queue_waiting=2 * AT_ONCE, queue_per_person=2 * AT_ONCE, queue_per_server=2 * AT_ONCE)
        async with create_inference(wide) as inference, _stages(inference, terminal):
            writer = Writer(inference, kind)
            return await _in_order(_lines(descriptor), lambda line: writer.answer(line, defaults), terminal)


class Writer:
    """Turns wishes into tickets, and lines into results."""

    def __init__(self, inference: Inference, kind: Kind) -> None:
        self._inference = inference
        self._kind: Kind = kind
        self._words = Blocklist.load()

    def submit(self, wish: Wish) -> Ticket[tuple[Suggestion, ...]]:
        """Queue a wish. Raises `BadInput`."""
        feature = FEATURES[self._kind]
        request = REQUESTS[self._kind](wish)
        feature.check(request)
        seed = secrets.randbits(32) if wish.seed is None else wish.seed
        return self._inference.submit(feature.job(request, self._words, seed, NOBODY))

    async def answer(self, line: bytes, defaults: Wish) -> dict[str, Any]:
        """Return the result of a line, or its error."""
        try:
            wish = read_line(line, defaults)
        except BadLine as error:
            return {"id": error.id, "error": str(error)}
        try:
            return _result(wish.id, self._kind, await self.submit(wish))
        except (PersonError, InferenceError) as error:
            return {"id": wish.id, "error": explain(error)}


def read_line(line: bytes, defaults: Wish) -> Wish:
    """Return what a line of JSON in UTF-8 asks for. Raises `BadLine`."""
    try:
        given = json.loads(decode(line))
    except NotUtf8 as error:
        raise BadLine(None, f"this line cannot be read: {error}, and must be text in UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadLine(None, f"this line is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise BadLine(None, "a line must be a JSON object")
    line_id = given.pop("id", None)
    if line_id is not None and type(line_id) not in {str, int}:
        raise BadLine(None, "id must be a text or a whole number")
    text = given.pop("text", None)
    if not isinstance(text, str):
        raise BadLine(line_id, "text is missing, or is not a text")
    for option, value in given.items():
        if option not in OPTIONS:
            raise BadLine(line_id, f"{option!r} is unknown. Write one of {', '.join(OPTIONS)}")
        if value is not None and type(value) is not OPTIONS[option]:
            raise BadLine(line_id, f"{option} must be a {'text' if OPTIONS[option] is str else 'whole number'}")
    seed = given.get("seed")
    if seed is not None and not 0 <= seed < 2**32:
        raise BadLine(line_id, f"seed must lie between 0 and {2**32 - 1}")
    return replace(
        defaults, id=line_id, text=text, **{name: value for name, value in given.items() if value is not None}
    )


def explain(error: PersonError | InferenceError) -> str:
    """Return the sentence for an error, in English, as a person on Discord would read it, without Markdown."""
    if isinstance(error, PersonError):
        return catalogue("en").plain(f"error.{error.key}", **error.params)
    return str(error) or type(error).__name__


async def _in_order(
    lines: AsyncIterator[bytes], answer: Callable[[bytes], Coroutine[Any, Any, dict[str, Any]]], terminal: Terminal
) -> int:
    """Answer up to `AT_ONCE` lines at the same time and print each as soon as those before it are printed."""
    answers: asyncio.Queue[asyncio.Task[dict[str, Any]] | None] = asyncio.Queue(AT_ONCE)

    async def read() -> None:
        async for line in lines:
            await answers.put(group.create_task(answer(line)))
        await answers.put(None)

    failed = 0
    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        while (task := await answers.get()) is not None:
            result = await task
            failed |= "error" in result
            terminal.say(_dumps(result))
    return int(failed)


async def _lines(descriptor: int) -> AsyncIterator[bytes]:
    """Give the lines of an open file as they come, the empty ones left out. Raises `HostError`.

    A thread of its own reads, without a buffer: it may wait for a terminal while the program ends."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | OSError | HostError | None] = asyncio.Queue()
    space = threading.Semaphore(AT_ONCE)

    def put(item: bytes | OSError | HostError | None) -> None:
        space.acquire()
        loop.call_soon_threadsafe(queue.put_nowait, item)

    def read() -> None:
        with suppress(RuntimeError):  # the loop has been closed: nobody wants more
            try:
                for line in _split(descriptor):
                    put(line)
                put(None)
            except (OSError, HostError) as error:
                put(error)

    threading.Thread(target=read, name="reader", daemon=True).start()
    while (raw := await queue.get()) is not None:
        space.release()
        if isinstance(raw, OSError):
            raise HostError(f"The lines could not be read: {raw.strerror or raw}.")
        if isinstance(raw, HostError):
            raise raw
        line = raw.removeprefix(BOM_UTF8).strip(b" \t\r\n")
        if line:
            yield line


def _split(descriptor: int) -> Iterator[bytes]:
    rest, looked = b"", False
    while block := os.read(descriptor, 1 << 16):
        rest += block
        if not looked and len(rest) < MARK_BYTES and b"\n" not in rest:
            continue
        if not looked and (encoding := wide_encoding(rest)) is not None:
            raise HostError(f"The lines are in {encoding}: save them as UTF-8 (iconv -f {encoding} -t UTF-8).")
        looked = True
        *lines, rest = rest.split(b"\n")
        yield from lines
    yield rest


@asynccontextmanager
async def _stages(inference: Inference, terminal: Terminal) -> AsyncIterator[None]:
    """Show what is being loaded, until all is, while the body may submit already: jobs wait for the models."""

    async def show() -> None:
        while True:
            with suppress(WorkerUnavailable):  # whoever waits for a ticket is told
                health = await inference.engine.health()
                if health.ready:
                    return
                terminal.status(f"{health.stage} …")
            await asyncio.sleep(POLL_S)

    task = asyncio.create_task(show(), name="stages")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextmanager
def _open(name: str) -> Iterator[int]:
    """Open a file for its descriptor; "-" is standard input. Raises `HostError`."""
    if name == "-":
        yield 0
        return
    try:
        file = Path(name).expanduser().open("rb", buffering=0)
    except (OSError, RuntimeError) as error:
        raise HostError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    with file:
        yield file.fileno()


def _result(line_id: str | int | None, kind: Kind, suggestions: Sequence[Suggestion]) -> dict[str, Any]:
    candidates = []
    for suggestion in suggestions:
        fills = {"fills": list(suggestion.fills)} if kind == "infill" else {}
        score = suggestion.score if suggestion.confidence is None else suggestion.confidence
        told = {"score": score, "receipt": receipt_as_json(suggestion.receipt)}
        candidates.append({"text": suggestion.text, **fills, **told})
    return {"id": line_id, "candidates": candidates}


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=dict)

"""Logging: one line a record, as text or as JSON. Secrets, interaction tokens and people's text never stand in it.

What libraries say below INFO is never logged: discord.py and aiohttp write whole payloads there. The message of an
exception is logged only where its type is known to carry none of people's text (see `describe`); of the others the
type, the place and the length of the message are. Messages of our own name no text in their arguments.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from typing import Any

from bot.errors import InklingError, PersonError
from bot.settings import LogFormat

STRUCK_OUT = "[secret]"
"""Stands in the log in the place of a secret."""
OURS = ("bot", "cogs", "storage")
"""The loggers that follow the host's level below INFO."""
QUIETER = {
    "alembic": logging.WARNING,
    "discord.client": logging.WARNING,
    "gguf": logging.WARNING,
    "httpx": logging.WARNING,
    "huggingface_hub": logging.WARNING,
    "transformers": logging.WARNING,
}
"""Libraries that say too much at the level that a host wants of Inkling itself."""
TELLING = (
    AssertionError,
    AttributeError,
    ImportError,
    NameError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    InklingError,
)
"""Exceptions whose messages name code, files and addresses, never what a person wrote."""
TELLING_MODULES = ("aiohttp.", "sqlite3")
"""Libraries all of whose exceptions are like that."""
OVER = (10062, 40060)
"""Discord's codes for an interaction that is over: it expired, or was answered already. Nothing is to be mended."""
_INTERACTION_TOKEN = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^\s/?#'\"]+")
"""The token in an address of Discord, by which anybody could answer for the bot."""
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {10: "\\n", 13: "\\r", 9: "\t"}
"""Control characters as a line of text shows them, so that no message can look like two records."""


def describe(error: BaseException) -> str:
    """Return the type of `error` and its message, or only how long that is where people's text may be in it."""
    if isinstance(error, InklingError) and not isinstance(error, PersonError):
        return str(error) or type(error).__name__
    name = type(error).__qualname__
    if type(error).__module__ not in ("builtins", "__main__"):
        name = f"{type(error).__module__}.{name}"
    if (answer := _answer_of(error)) is not None:
        return f"{name}: {answer}"
    message = str(error)
    if not message:
        return name
    known = isinstance(error, TELLING) or name.startswith(TELLING_MODULES)
    return f"{name}: {message}" if known else f"{name} (a message of {len(message)} characters)"


class TextFormatter(logging.Formatter):
    """`2026-01-31 12:00:00 INFO bot.app: message`, in UTC."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(sorted(filter(None, secrets), key=len, reverse=True))

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(record.created))
        line = f"{moment} {record.levelname} {record.name}: {self.message(record).translate(_CONTROLS)}"
        return "\n".join([line, *self.trace(record)])

    def message(self, record: logging.LogRecord) -> str:
        """Return what `record` says, without what must not be said."""
        if record.name == "asyncio":  # it has put the exception, or a callback's arguments, into the text already
            return self.strike_out(str(record.msg).partition("\n")[0].partition("(")[0])
        spoken = logging.makeLogRecord(record.__dict__)
        if isinstance(record.args, tuple):
            spoken.args = tuple(map(_speakable, record.args))
        return self.strike_out(spoken.getMessage())

    def trace(self, record: logging.LogRecord) -> list[str]:
        """Return the lines of the traceback that belongs to `record`."""
        error = record.exc_info[1] if record.exc_info else None
        return [self.strike_out(line) for line in _trace(error, set())] if error is not None else []

    def strike_out(self, text: str) -> str:
        """Return `text` without secrets and interaction tokens."""
        for secret in self._secrets:
            text = text.replace(secret, STRUCK_OUT)
        return _INTERACTION_TOKEN.sub(rf"\1{STRUCK_OUT}", text)


class JsonFormatter(TextFormatter):
    """One JSON object a line: time (UTC, ISO 8601), level, logger, message, and exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": self.message(record),
        }
        if trace := self.trace(record):
            entry["exception"] = "\n".join(trace)
        return json.dumps(entry, ensure_ascii=False)


def set_up_logging(level: str = "INFO", log_format: LogFormat = "text", secrets: Iterable[str] = ()) -> None:
    """Send every record to standard error, and nowhere else. Calling it again replaces what was set up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(without_fuss)
    handler.setFormatter(JsonFormatter(secrets) if log_format == "json" else TextFormatter(secrets))
    wanted = logging.getLevelNamesMapping()[level]
    logging.basicConfig(handlers=[handler], level=max(wanted, logging.INFO), force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(wanted)
    for name, quiet in QUIETER.items():
        logging.getLogger(name).setLevel(max(quiet, wanted))
    logging.captureWarnings(True)
    threading.excepthook = _log_of_a_thread


def without_fuss(record: logging.LogRecord) -> bool:
    """Let pass all records; of those that tell of an answer to an interaction that is over, only a line. discord.py
    writes an error with a traceback where it sends the answer itself: the choices of an autocomplete."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, Exception) and _answer_of(error) is not None and getattr(error, "code", 0) in OVER:
        record.msg, record.args = "%s: %s", (record.getMessage(), error)
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


class _Speakable:
    """An exception among the arguments of a record: it is described, whether by %s or by %r."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __repr__(self) -> str:
        return describe(self._error)


def _speakable(argument: Any) -> Any:
    return _Speakable(argument) if isinstance(argument, BaseException) else argument


def _answer_of(error: BaseException) -> str | None:
    """Return status, code and the places of mistakes of a refusal by Discord, whose sentences may repeat what was
    sent; None where `error` is none. By its shape, as the models' process does not know discord.py."""
    if not type(error).__module__.startswith("discord.") or not hasattr(error, "status"):
        return None
    places = ", ".join(_mistakes(getattr(error, "_errors", None)))
    return f"{error.status} (error code: {getattr(error, 'code', 0)}{'; ' if places else ''}{places})"


def _mistakes(errors: Any, path: str = "") -> Iterator[str]:
    if not isinstance(errors, dict):
        return
    for name, inner in errors.items():
        if name == "_errors" and isinstance(inner, list):
            yield " ".join([path, *(str(each.get("code")) for each in inner if isinstance(each, dict))])
        else:
            yield from _mistakes(inner, f"{path}.{name}" if path else str(name))


def _trace(error: BaseException, seen: set[int]) -> Iterator[str]:
    """Give the lines of a traceback as Python writes them, each exception as `describe` has it."""
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _trace(before, seen)
        yield "-- from which followed:" if error.__cause__ is not None else "-- while that was dealt with:"
    yield "Traceback (most recent call last):"
    yield from (line for frame in traceback.format_tb(error.__traceback__) for line in frame.splitlines())
    yield describe(error).translate(_CONTROLS)
    if isinstance(error, BaseExceptionGroup):
        for number, inner in enumerate(error.exceptions, 1):
            yield f"-- {number} of {len(error.exceptions)}:"
            yield from _trace(inner, seen)


def _log_of_a_thread(args: threading.ExceptHookArgs) -> None:
    """What nobody caught in a thread: without this, Python itself would print its message."""
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        name = args.thread.name if args.thread is not None else "?"
        logging.getLogger("bot").error("the thread %s ended", name, exc_info=args.exc_value)

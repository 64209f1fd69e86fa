"""The log: readable lines or JSON, and never a secret."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from discord import app_commands
from sqlalchemy.exc import IntegrityError

from bot.errors import BadInput, Busy, StorageError
from bot.logs import OURS, set_up_logging
from bot.settings import LogFormat

SECRET = "MTIz.abc.very-secret"
TEXT = "Marta lit the lamp"


@pytest.fixture(autouse=True)
def _keep_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    levels = {name: logging.getLogger(name).level for name in OURS}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, known in levels.items():
        logging.getLogger(name).setLevel(known)
    threading.excepthook = hook
    logging.captureWarnings(False)


def _fail() -> None:
    raise RuntimeError(f"refused: Authorization: Bot {SECRET}")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_secrets_are_struck_out_of_message_arguments_and_traceback(
    log_format: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("INFO", log_format, (SECRET, "second"))
    log = logging.getLogger("some.library")
    try:
        _fail()
    except RuntimeError:
        log.exception("with %s and %r", SECRET, {"token": "second"})
    told = capsys.readouterr().err
    assert SECRET not in told
    assert "second" not in told
    assert "RuntimeError: refused: Authorization: Bot [secret]" in told


def refusal(errors: dict[str, Any] | str) -> discord.HTTPException:
    """What discord.py makes of a 400, whose body repeats what was sent."""
    body = errors if isinstance(errors, str) else {"code": 50035, "message": "Invalid Form Body", "errors": errors}
    return discord.HTTPException(SimpleNamespace(status=400, reason="Bad Request"), body)  # type: ignore[arg-type]


def what_may_hold_text() -> list[BaseException]:
    """An error for each way in which what somebody wrote comes into a message."""
    option = app_commands.TransformerError(TEXT, discord.AppCommandOptionType.string, app_commands.Transformer())
    leaf = {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": f"{TEXT} is too long"}]}}
    return [
        ValueError(f"invalid literal: {TEXT!r}"),
        KeyError(TEXT),
        LookupError(TEXT),
        UnicodeEncodeError("utf-8", TEXT, 0, 1, TEXT),
        Exception(TEXT),
        BadInput("story_unknown", story=TEXT),
        Busy("slow_down", retry_after_s=3, text=TEXT),
        option,
        refusal({"data": leaf}),
        refusal(f"<html>{TEXT}</html>"),
        IntegrityError("INSERT INTO passages VALUES (?)", {"text": TEXT}, sqlite3.IntegrityError("UNIQUE"), False),
        ExceptionGroup(TEXT, [ValueError(TEXT), KeyError(TEXT)]),
    ]


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("error", what_may_hold_text(), ids=lambda error: type(error).__name__)
def test_logs_hold_nothing_that_people_wrote(
    error: BaseException, log_format: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging("DEBUG", log_format)
    log = logging.getLogger("bot.somewhere")
    try:
        try:
            raise error
        except BaseException as inner:
            raise app_commands.AppCommandError(f"{TEXT} failed") from inner
    except app_commands.AppCommandError as outer:
        log.exception("as a traceback")
        log.warning("as an argument: %s, %r", error, outer)
    told = capsys.readouterr().err
    assert "Marta" not in told
    assert type(error).__name__ in told
    assert "test_logs.py" in told, "the place is told"


def test_logs_say_what_helps_the_host(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging()
    log = logging.getLogger("bot")
    log.error("%s", StorageError("/data/inkling.db: the disk is full."))
    log.error("%s", OSError(28, "No space left on device", "/data"))
    log.error("%s", refusal({"data": {"content": {"_errors": [{"code": "TOO_LONG", "message": "x"}]}}}))
    told = [line.split(": ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    assert told == [
        "/data/inkling.db: the disk is full.",
        "OSError: [Errno 28] No space left on device: '/data'",
        "discord.errors.HTTPException: 400 (error code: 50035; data.content TOO_LONG)",
    ]


def test_libraries_never_log_what_they_handle(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("DEBUG")
    for name in ("discord.gateway", "discord.http", "aiohttp.client", "aiosqlite", "asyncio", "any.other"):
        logging.getLogger(name).debug("payload %s", TEXT)
    assert capsys.readouterr().err == ""
    for name in OURS:
        logging.getLogger(f"{name}.part").debug("a step")
    assert capsys.readouterr().err.count("a step") == len(OURS)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_logs_strike_out_interaction_tokens(log_format: LogFormat, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", log_format)
    base = "https://discord.com/api/v10"
    logging.getLogger("discord.http").warning("POST %s/interactions/12/aW50ZXJh:x-_.y/callback", base)
    logging.getLogger("discord.http").warning("PATCH %s/webhooks/34/aW50ZXJh/messages/@original?wait=1", base)
    told = capsys.readouterr().err
    assert "aW50ZXJh" not in told
    assert f"{base}/interactions/12/[secret]/callback" in told
    assert f"{base}/webhooks/34/[secret]/messages/@original" in told


async def test_logs_of_asyncio_and_threads_on_a_failure_hold_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("DEBUG")

    def fail(text: str) -> None:
        raise ValueError(text)

    async def fail_later() -> None:
        fail(TEXT)

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(fail_later())
    await asyncio.wait([task])
    loop.call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": ValueError(TEXT), "future": task}
    )
    loop.call_soon(fail, TEXT)
    await asyncio.sleep(0)
    thread = threading.Thread(target=fail, args=(TEXT,))
    thread.start()
    thread.join()
    told = capsys.readouterr().err
    assert told.count("ValueError (a message of 18 characters)") == 3
    assert "Marta" not in told
    assert task.exception() is not None


def test_log_message_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging()
    logging.getLogger("a").warning("one\n2026-01-31 12:00:00 INFO bot: forged\x1b[2J")
    (line,) = capsys.readouterr().err.splitlines()
    assert "\\n2026" in line
    assert "\x1b" not in line


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "json")
    logging.getLogger("a.b").warning("two\nlines: %s", "雨")
    logging.getLogger("a.b").debug("not this")
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert entry.pop("time").endswith("Z")
    assert entry == {"level": "WARNING", "logger": "a.b", "message": "two\nlines: 雨"}


def test_setting_up_again_does_not_say_everything_twice(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("INFO", "text")
    set_up_logging("WARNING", "text")
    logging.getLogger("x").warning("once")
    logging.getLogger("x").info("not now")
    assert capsys.readouterr().err.count("\n") == 1

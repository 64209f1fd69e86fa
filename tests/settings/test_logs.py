"""The log: readable lines or JSON, and never a secret."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from bot.logs import set_up_logging
from bot.settings import LogFormat

SECRET = "MTIz.abc.very-secret"


@pytest.fixture(autouse=True)
def _keep_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
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

"""The grammar of the command line, its help and its exit codes."""

from __future__ import annotations

import re

import pytest

from bot.__main__ import main
from tests.cli.conftest import Inkling

COMMANDS = ("run", "sandbox", "sync", "models", "backup", "restore", "continue", "infill")


def usage(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert isinstance(left.value.code, int)
    return left.value.code


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage("--help") == 0
    told = capsys.readouterr().out
    assert all(re.search(rf"^    {command} ", told, re.MULTILINE) for command in COMMANDS)
    assert "exit codes" in told


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_is_its_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert usage(command, "--help") == 0
    told = capsys.readouterr().out
    assert told.startswith(f"usage: inkling {command}")
    assert max(map(len, told.splitlines())) <= 120


@pytest.mark.parametrize(
    "arguments",
    [
        ("write",),
        ("continue",),
        ("continue", "--text", "a", "--jsonl", "b"),
        ("continue", "--text", "a", "--count", "many"),
        ("continue", "--text", "a", "--mood", "grumpy"),
        ("infill", "--text", "a ___", "--seed", "-1"),
        ("sync", "--guild", "12"),
        ("sandbox", "--port", "70000"),
        ("models", "burn"),
        ("backup",),
        ("backup", ""),
        ("restore", " "),
        ("models", "try", ""),
        ("infill", "--jsonl", ""),
    ],
)
def test_parser_exits_with_2_and_says_what_is_allowed(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert usage(*arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "usage: inkling" in told.err
    assert "error: " in told.err


def test_parser_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage("--version") == 0
    assert capsys.readouterr().out.startswith("inkling ")


def test_mistakes_in_the_settings_come_a_line_each_before_anything_is_done(
    inkling: Inkling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGINE", "steam")
    monkeypatch.setenv("DISCORD_TOKEN", "Bot secret-token")
    monkeypatch.setenv("KEEP_DAYS", "0")
    code, out, err = inkling("continue", "--text", "Once")
    assert (code, out) == (1, "")
    assert [line.split()[1] for line in err.splitlines()] == ["DISCORD_TOKEN", "ENGINE", "KEEP_DAYS"]
    assert "secret-token" not in err


def test_sync_command_without_a_token_says_what_to_do(inkling: Inkling) -> None:
    code, out, err = inkling("sync")
    assert (code, out) == (1, "")
    assert err == "inkling: DISCORD_TOKEN is empty: put the bot's token into .env first.\n"

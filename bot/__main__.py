"""The command line: `python -m bot …`, installed as `inkling`. See `bot.cli.parser` for its grammar."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

from bot.cli.parser import DEFAULT_COMMAND, build_parser
from bot.cli.terminal import Terminal
from bot.errors import InferenceError, InklingError, PersonError, SettingsError
from bot.logs import set_up_logging
from bot.settings import AUTO, LARGE, Settings, load_settings, look_alikes

_log = logging.getLogger("bot")

DONE, FAILED, INTERRUPTED, BROKEN_PIPE, TERMINATED = 0, 1, 130, 141, 143
"""The exit codes; those from 128 on are 128 and the number of a signal."""
QUIET = {"continue", "infill", "models", "doctor", "backup", "restore", "sync"}
"""Commands whose answer is all that is wanted: of the log only warnings, unless LOG_LEVEL is lower."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = build_parser()
    chosen = parser.parse_args(arguments)
    if chosen.command is None:
        chosen = parser.parse_args([DEFAULT_COMMAND])
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text stream, also when piped
    terminal = Terminal()
    try:
        settings = load_settings()
        _set_up_logging(settings, chosen.command)
        code = _run(chosen, settings, terminal)
    except (KeyboardInterrupt, Exception, BaseExceptionGroup) as error:
        code = _explain(_leaf(error), terminal)
    stopped = code in (INTERRUPTED, TERMINATED) and getattr(chosen, "stop_is_success", False)
    return DONE if stopped else code


def _run(chosen: argparse.Namespace, settings: Settings, terminal: Terminal) -> int:
    """Do what was chosen. Imports wait until here: `--help` and mistakes answer at once."""
    match chosen.command:
        case "models":
            return _about_models(chosen, settings, terminal)
        case "doctor":
            from bot.cli import doctor

            return doctor.examine(settings, terminal)
        case "backup" | "restore":
            from bot.cli import backups

            command = backups.make_backup if chosen.command == "backup" else backups.restore_backup
            return command(settings, chosen.file, terminal)
        case "sync":
            from bot.cli import online

            return _until_stopped(online.sync(settings, chosen.guild, terminal))
        case "continue" | "infill":
            return _write(chosen, settings, terminal)
        case _:
            return _serve(chosen, settings, terminal)


def _about_models(chosen: argparse.Namespace, settings: Settings, terminal: Terminal) -> int:
    if chosen.action in ("try", "use"):
        from bot.cli import model_trial

        act = model_trial.attempt if chosen.action == "try" else model_trial.use
        return act(settings, chosen.name, chosen.role, terminal, yes=chosen.yes)
    from bot.cli import listing, models, story

    if chosen.small:
        settings = story.kept_small(settings)
    if chosen.action == "list":
        return listing.show(settings, terminal, as_json=chosen.json)
    if chosen.action == "fetch":
        return models.fetch(settings, terminal, quiet=chosen.quiet)
    return models.verify(settings, terminal)


def _serve(chosen: argparse.Namespace, settings: Settings, terminal: Terminal) -> int:
    from bot.cli import models, story

    if chosen.small:
        settings = story.kept_small(settings)
    chosen_story = story.settle(settings)
    if settings.causal_model in (AUTO, LARGE):  # the host knows what the host has named
        _log.info("%s", chosen_story.reason)
    models.ensure(settings, terminal)
    if chosen.command == "run" and settings.discord_token is not None:
        from bot.cli import online

        return _until_stopped(online.go_online(settings))
    from bot import sandbox

    if chosen.command == "run":
        terminal.note("DISCORD_TOKEN is empty: this is the sandbox. See .env.example for Discord.")
    return _until_stopped(sandbox.run(settings, chosen.port, terminal.say))


def _write(chosen: argparse.Namespace, settings: Settings, terminal: Terminal) -> int:
    from bot.cli import models, story, writing

    settings, planned = story.at_once(settings)
    if planned.later is not None:
        terminal.note(f"inkling: {planned.reason}")
    models.ensure(settings, terminal)
    given = {name: value for name, value in vars(chosen).items() if name in writing.OPTIONS}
    wish = writing.Wish(id=None, text=chosen.text or "", **given)
    if chosen.jsonl is not None:
        return _until_stopped(writing.answer_lines(settings, chosen.command, chosen.jsonl, wish, terminal))
    return _until_stopped(writing.answer_one(settings, chosen.command, wish, terminal, as_json=chosen.json))


def _until_stopped(work: Coroutine[Any, Any, int]) -> int:
    """Run `work`; Ctrl-C, SIGTERM and a closed terminal cancel it, so that it ends in order."""
    terminated = False

    async def watched() -> int:
        task = asyncio.current_task()
        assert task is not None, "a coroutine under asyncio.run is a task"

        def terminate() -> None:
            nonlocal terminated
            terminated = True
            task.cancel()

        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, terminate)
        return await work

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        return TERMINATED if terminated else INTERRUPTED


def _set_up_logging(settings: Settings, command: str) -> None:
    level = "WARNING" if command in QUIET and settings.log_level == "INFO" else settings.log_level
    set_up_logging(level, settings.log_format, settings.secrets)
    for warning in look_alikes():
        _log.warning("%s", warning)


def _leaf(error: BaseException) -> BaseException:
    """Return the first error inside of nested groups: the one that began it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _explain(error: BaseException, terminal: Terminal) -> int:
    """Tell the person what happened, on standard error, in readable lines; return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the last flush is silent
        return BROKEN_PIPE
    if isinstance(error, SettingsError):
        for mistake in error.mistakes:
            terminal.note(f"inkling: {mistake}")
    elif isinstance(error, (PersonError, InferenceError)):
        from bot.cli.writing import explain

        terminal.note(f"inkling: {explain(error)}")
    elif isinstance(error, InklingError):
        terminal.note(f"inkling: {error}")
    elif isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" ({error.filename})" if error.filename else ""
        terminal.note(f"inkling: the disk is full{where}. Make room, then try again.")
    else:
        _log.critical("This should not have happened; please report it.", exc_info=error)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())

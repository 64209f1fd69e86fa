"""The grammar of the command line. It imports nothing heavy: `--help` answers at once."""

from __future__ import annotations

import argparse
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot.rules.generations import MAX_NOTE
from bot.rules.moods import MOOD_NAMES
from bot.rules.servers import COUNT_RANGE, DEFAULT_COUNT, DEFAULT_LENGTH, LENGTH_RANGE

DEFAULT_COMMAND = "run"
"""The command where none is given."""
EXIT_CODES = """\
exit codes: 0 done; 1 it failed, and why is on standard error (with --jsonl: a line could not be answered);
2 the command line is wrong; 130 Ctrl-C. Settings come from the environment and .env: see .env.example."""
"""Stands at the end of the help."""
SCRIPT_HELP = """\
With --jsonl, each line is an object {{"id": …, "text": …}}, which may also have
{options}, and is answered by one line, in the same order:
    {{"id": …, "candidates": [{{{fields}}}, …]}}
    {{"id": …, "error": …}}
All lines share the models' batch. --json prints one such object."""
"""Stands at the end of the help of commands that write."""

NAME_HELP = """\
NAME is: auto, large or bundled (Inkling's own); a folder; a GGUF file; or a hub id with an optional @revision and
the name, or the end of the name, of one file: Qwen/Qwen2.5-0.5B@main, org/name:model-Q4_K_M.gguf, org/name:Q4_K_M.
Licence and size are shown before anything large is fetched. HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and proxies hold."""
"""Tells how models are named."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps our line breaks and leaves room for the names."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=100)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; `command` is None where none was named."""
    parser = argparse.ArgumentParser(
        prog="inkling",
        description="Inkling: people write, two small models suggest, the community decides.",
        epilog=EXIT_CODES,
        formatter_class=_Formatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="command", title="commands")
    _running(commands)
    _models(commands)
    _upkeep(commands)
    _writing(commands)
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, **more: str
) -> argparse.ArgumentParser:
    description = text[0].upper() + text[1:] + "."
    return commands.add_parser(
        name,
        help=text,
        description="\n\n".join([description, *more.values()]),
        epilog=EXIT_CODES,
        formatter_class=_Formatter,
    )


def _running(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = _add(commands, "run", "the bot: on Discord with a token, in the sandbox without (the default)")
    sandbox = _add(commands, "sandbox", "the bot in a local browser page, without a Discord account")
    for parser in (run, sandbox):
        parser.add_argument(
            "--port", type=_port, default=0, help="the port of the sandbox's page (default: any free one)"
        )
        parser.add_argument("--small", action="store_true", help="keep to the small story model (make run LARGE=no)")
        parser.add_argument(
            "--stop-is-success", action="store_true", help="exit with 0 after Ctrl-C or SIGTERM too (for make)"
        )
    sync = _add(
        commands,
        "sync",
        "register the slash commands with Discord",
        more="Once after the first start, and after an update that changes commands: everywhere, or in one server.",
    )
    sync.add_argument("--guild", type=_snowflake, metavar="ID", help="only in the server with this id")


def _models(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    models = _add(commands, "models", "what is in use; try another model, use it; fetch and check what is chosen")
    actions = models.add_subparsers(dest="action", metavar="action", title="actions")
    listing = _add(actions, "list", "what is in use for what, and what is known of it (the default)")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    fetch = _add(actions, "fetch", "bring what is chosen and missing; of a hub model without a commit, the newest")
    fetch.add_argument("--small", action="store_true", help="leave out the large story model")
    fetch.add_argument("--quiet", action="store_true", help="say nothing of what is there")
    verify = _add(actions, "verify", "check every byte of what is chosen")
    verify.add_argument("--small", action="store_true", help="leave out the large story model")
    attempt = _add(
        actions, "try", "load a model beside, and show what it writes, how fast, in how much memory", more=NAME_HELP
    )
    use = _add(actions, "use", "the same, then write it into .env, its revision pinned", more=NAME_HELP)
    for parser in (attempt, use):
        parser.add_argument("name", type=_named, metavar="NAME", help="see above")
        parser.add_argument(
            "--for",
            dest="role",
            choices=("causal", "masked"),
            help="the role to try it in, where a name has both (default: what the model is)",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask before fetching")
    models.set_defaults(action="list", small=False, quiet=False, json=False)


def _upkeep(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _add(commands, "doctor", "look at settings, machine and models, and say what to mend")
    backup = _add(commands, "backup", "copy the database to a file, while the bot runs, and verify the copy")
    backup.add_argument("file", type=_path, metavar="FILE", help="where the copy goes; it must not exist yet")
    restore = _add(commands, "restore", "bring the database back from a backup, while the bot does not run")
    restore.add_argument("file", type=_path, metavar="FILE", help="a file made by backup")


def _writing(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    options = '"mood", "count", "length", "seed" and "note"'
    fields = '"text": …, "score": …, "receipt": …'
    more = SCRIPT_HELP.format(options=options, fields=fields)
    continuing = _add(commands, "continue", "suggest how a text goes on, for scripts and people", more=more)
    more = SCRIPT_HELP.format(options='"count" and "seed"', fields=f'"text": …, "fills": […], {fields[11:]}')
    infill = _add(commands, "infill", "fill the blanks (___, ___3 or [MASK]) of a text", more=more)
    for parser in (continuing, infill):
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--text", metavar="TEXT", help="the text itself")
        source.add_argument(
            "--jsonl", type=_named, metavar="FILE", help="a file of JSON lines, or - for standard input"
        )
        parser.add_argument("--json", action="store_true", help="with --text: print one JSON object")
        parser.add_argument(
            "--count", type=int, default=DEFAULT_COUNT, help=f"how many suggestions: {_span(COUNT_RANGE)} (%(default)s)"
        )
        parser.add_argument(
            "--seed", type=_seed, help="repeat what the engine can repeat (default: a new one each time)"
        )
    continuing.add_argument("--mood", choices=MOOD_NAMES, help="one mood (default: all four)")
    continuing.add_argument(
        "--note", default="", help=f'what you want of it ("make it funny"), up to {MAX_NOTE} characters'
    )
    continuing.add_argument(
        "--length",
        type=int,
        default=DEFAULT_LENGTH,
        help=f"tokens of a suggestion: {_span(LENGTH_RANGE)} (%(default)s)",
    )


def _span(numbers: range) -> str:
    return f"{numbers[0]} to {numbers[-1]}"


def _named(text: str) -> str:
    """Refuse what names nothing, such as an empty variable of a script: as a path it would be this folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty: give a name")
    return text


def _path(text: str) -> Path:
    return Path(_named(text))


def _port(text: str) -> int:
    return _whole(text, 0, 65535)


def _snowflake(text: str) -> int:
    return _whole(text, 10**14, 2**63 - 1)


def _seed(text: str) -> int:
    return _whole(text, 0, 2**32 - 1)


def _whole(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
    return int(text)


def _version() -> str:
    try:
        return version("inkling")
    except PackageNotFoundError:
        return "(not installed)"

"""Time is passed in: nothing but the composition root asks the wall clock, which anybody may set at any time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_imports import MODULES, ROOT

WALL_CLOCK = {
    "time.time",
    "time.time_ns",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "discord.utils.utcnow",
    "utils.utcnow",
    "interaction.is_expired",
    "tasks.loop",
}
"""What asks for the wall clock; discord.py's loops sleep until a time of it."""
MAY_ASK = {
    ROOT / "bot/app.py",  # `utc_now_ms`, which is passed on from there
    ROOT / "bot/sandbox/opening.py",  # SimCord begins at the time of day
    ROOT / "bot/worker/causal/kept_files.py",  # how old a file is
}


def asked(path: Path) -> Iterator[str]:
    """Give each use of the wall clock in a file, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and any(
            ast.unparse(node) == clock or ast.unparse(node).endswith(f".{clock}") for clock in WALL_CLOCK
        ):
            yield f"{path.relative_to(ROOT)}:{node.lineno} asks {ast.unparse(node)}"
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if f"{node.module}.{alias.name}" in WALL_CLOCK | {"discord.ext.tasks"}:
                    yield f"{path.relative_to(ROOT)}:{node.lineno} imports {alias.name}"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_modules_do_not_ask_the_wall_clock(name: str) -> None:
    if MODULES[name] not in MAY_ASK:
        assert list(asked(MODULES[name])) == []


@pytest.mark.parametrize("name", MODULES)
def test_waits_do_not_swallow_cancellations(name: str) -> None:
    """`asyncio.wait_for` of Python 3.11 may (https://github.com/python/cpython/issues/86296), `asyncio.timeout` does
    not. A client's `wait_for` is built on the former, see `cogs.core.task_timing`."""
    source = MODULES[name].read_text(encoding="utf-8")
    waits = source.count("wait_for(") - source.count("def wait_for(")
    assert waits == (1 if name == "cogs.core.task_timing" else 0)

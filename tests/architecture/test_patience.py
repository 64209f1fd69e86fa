"""Tests wait for conditions, never for a time: what passes on an idle machine passes on a busy one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_imports import ROOT, modules

SLEEPS = {"asyncio.sleep", "time.sleep", "sleep"}
CLOCKS = {
    "time.monotonic",
    "time.perf_counter",
    "time.time",
    "time.monotonic_ns",
    "time.perf_counter_ns",
    "time.time_ns",
}
LIMITS = {"timeout", "timeout_s", "within_s", "settle_timeout"}
"""Arguments that say how long something may take."""
LIMITED = {"asyncio.timeout": 0, "asyncio.wait_for": 1}
"""Functions whose argument in that place says so."""
MAY = {
    "tests/support/patience.py": "the one place that knows how to wait",
    "tests/sandbox/film.py": "no test: it takes the moving picture of the README",
    "tests/sandbox/picture.py": "no test: it takes the pictures of the README",
    "tests/sandbox/game_pictures.py": "no test: it takes the pictures of docs/games.md",
    "tests/sandbox/test_presses.py": "waits for what must not come; a longer wait is only stricter",
    "tests/wire/evening.py": "people who act at random moments, and a program that is killed at one",
    "tests/wire/test_stopping_in_time.py": "marked long: how long it takes to stop is what is promised",
    "tests/wire/faults.py": "a Discord that answers late is what is tested",
}
TESTS = modules("tests")


def impatient(path: Path) -> Iterator[str]:
    """Give what in a file depends on how fast the machine is, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and "PATIENCE" in ast.unparse(node):
            yield f"line {node.lineno} has a patience of its own: use that of tests.support.patience"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called in SLEEPS and ast.unparse(node.args[0]) != "0":
            yield f"line {node.lineno} sleeps: wait for a condition (tests.support.patience.until)"
        if called in CLOCKS:
            yield f"line {node.lineno} looks at the clock: no test asserts how long something takes"
        limits = [argument.value for argument in node.keywords if argument.arg in LIMITS]
        limits += node.args[LIMITED[called] : LIMITED[called] + 1] if called in LIMITED else []
        if any(isinstance(limit, ast.Constant) and limit.value is not None for limit in limits):
            yield f"line {node.lineno} has a limit of its own: use PATIENCE_S of tests.support.patience"


@pytest.mark.parametrize("name", sorted(TESTS))
def test_patience_no_test_depends_on_how_fast_the_machine_is(name: str) -> None:
    if str(TESTS[name].relative_to(ROOT)) not in MAY:
        assert list(impatient(TESTS[name])) == []

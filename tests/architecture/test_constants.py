"""Each constant has its own line of documentation: a string below it, or a comment above it or at its end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.architecture.test_imports import PROGRAM, modules

MODULES = modules(*PROGRAM, "training", "benchmarks")
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]+")
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")


@pytest.mark.parametrize("name", sorted(name for name, path in MODULES.items() if "versions" not in path.parts))
def test_constants_are_documented(name: str) -> None:
    assert list(undocumented(MODULES[name].read_text(encoding="utf-8"))) == []


def test_undocumented_constants_are_found() -> None:
    source = 'A1 = 1\nB1 = 2\n"""Said."""\n# Said.\nC1: int = 3\nD1, E1 = 4, 5\nF1 = 6  # said\n'
    assert list(undocumented(source)) == ["A1", "D1", "E1"]


def undocumented(source: str) -> Iterator[str]:
    """The names of the module's constants that nothing is said of."""
    lines = ["", *source.splitlines()]
    body = ast.parse(source).body
    for statement, following in pairwise([*body, ast.Pass()]):
        names = [name for name in _names(statement) if CONSTANT.fullmatch(name)]
        told = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        if names and not told and not _commented(lines, statement):
            yield from names


def _names(statement: ast.stmt) -> Iterator[str]:
    """What a statement gives values to."""
    targets = (
        statement.targets
        if isinstance(statement, ast.Assign)
        else [statement.target]
        if isinstance(statement, ast.AnnAssign)
        else []
    )
    for target in targets:
        yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _commented(lines: list[str], statement: ast.stmt) -> bool:
    """Tell whether a comment stands above the statement, or behind it on its first or last line."""
    ends = (lines[statement.lineno], lines[statement.end_lineno or statement.lineno])
    return lines[statement.lineno - 1].startswith("#") or any("  # " in _STRING.sub("", end) for end in ends)

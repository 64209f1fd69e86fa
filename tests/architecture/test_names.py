"""Modules, classes and public functions have the names of their field; older, private names do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_imports import MODULES, ROOT, modules

OLD_NAMES = (
    "urns?",
    "voted",
    "pen",
    "library",
    "desk",
    "manners",
    ".*courtes(y|ies).*",
    "finding",
    "leading",
    "asking",
    "showing",
    "leftovers?",
    "pacing",
    "shelving",
    "once_more",
    "slate",
    "(is_)?echo(es)?",
    "sides",
    "muse",
    "spott?(ing|s)",
    "wishes",
    "styles",
    "demeaning(_words)?",
    "word_?list",
    "picking",
    "lanes?",
    "passes",
    "growers?",
    "trunks?",
    "branching",
    "crowns?",
    "packed",
    "padded",
    "phrases",
    "hints?",
    "hint_ids",
    "text_?stream",
    "row_?cache",
    "resuming",
    "step_loop",
    "capitals",
    "census",
    "map_?ink",
    "map_?rows",
    "ink",
    "leaf",
    "want(ed)?_.*",
    "houses?",
    "nooks?",
    "holding",
    "beside",
    "weigh(ed)?",
    "appeal",
    "promise",
    "clerk",
)
"""What modules, classes and public functions are not called any more, in snake case, as patterns for the whole name."""
_OLD = re.compile("|".join(OLD_NAMES))
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
MODULES_AND_TESTS = MODULES | modules("tests")


def names_of(path: Path) -> Iterator[tuple[str, int]]:
    """Give the name of a module, of its classes and of its public functions and methods, each with its line."""
    yield path.stem, 1
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name, node.lineno


@pytest.mark.parametrize("name", sorted(MODULES_AND_TESTS))
def test_names_are_no_old_ones(name: str) -> None:
    path = MODULES_AND_TESTS[name]
    old = [
        f"{path.relative_to(ROOT)}:{line} {found}"
        for found, line in names_of(path)
        if _OLD.fullmatch(_WORDS.sub("_", found).lower())
    ]
    assert not old

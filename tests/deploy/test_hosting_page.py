"""docs/hosting.md: every message in its tables is one that the program can say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_imports import MODULES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/hosting.md").read_text(encoding="utf-8")
PLACE = "…"
"""Stands for what differs, in the page."""
ROWS = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
"""The messages in the first column of the tables of the troubleshooting."""


def sentences() -> Iterator[str]:
    """Give every string of the program that is no docstring, with a place for each value that is put into it."""
    for path in MODULES.values():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else PLACE for part in node.values)
                yield "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield re.sub(r"%(\.\d+f|[sd])", PLACE, node.value)


SAID = "\n".join(re.sub(rf"`[^`]*`|{PLACE}+", PLACE, sentence) for sentence in sentences() if " " in sentence)
"""All that the program can say, commands in it as places."""


@pytest.mark.parametrize("message", ROWS)
def test_hosting_page_quotes_what_the_program_says(message: str) -> None:
    assert message.strip(f"{PLACE} ") in SAID

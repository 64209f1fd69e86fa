"""A file has one subject: it is neither longer nor shorter than that needs, or says why."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.test_imports import MODULES

LONGEST, SHORTEST = 350, 25
REASON = re.compile(rf"^(Longer than {LONGEST}|Shorter than {SHORTEST}) lines because \S", re.MULTILINE)
"""How a module's docstring gives its reason."""


def is_measured(path: Path) -> bool:
    """Tell whether a file has a subject: packages only have a docstring, and migrations are as long as their change."""
    return path.name != "__init__.py" and "migrations" not in path.parts


@pytest.mark.parametrize("name", sorted(name for name, path in MODULES.items() if is_measured(path)))
def test_files_have_the_length_of_one_subject(name: str) -> None:
    text = MODULES[name].read_text(encoding="utf-8")
    lines = len(text.splitlines())
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert SHORTEST <= lines <= LONGEST or REASON.search(docstring), (
        f"{lines} lines: split it, or merge it with what has the same subject, or give a reason in its docstring "
        f"(“Longer than {LONGEST} lines because …”)"
    )

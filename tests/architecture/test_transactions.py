"""Transactions belong to the use cases: what is shown and pressed neither reads nor writes the database by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_imports import MODULES, ROOT, imported, within

SHOWN = {name: path for name, path in MODULES.items() if within(name, "cogs") or within(name, "bot.ui")}
USE_CASES = {
    name: path
    for name, path in MODULES.items()
    if any(within(name, package) for package in ("bot.games", "bot.stories", "bot.writing"))
}
REPOSITORIES = {
    *("Stories", "Passages", "Rounds", "Posts", "Lore", "People", "Servers", "Generations", "MoodResults"),
    *("Games", "GameRecords"),
}
"""What a transaction has as its attributes."""


def asked_of_databases(path: Path) -> Iterator[str]:
    """Give each place that begins a transaction, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in {"transaction", "reading", "database"}:
            yield f"{path.relative_to(ROOT)}:{node.lineno} asks for a {node.attr}"


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_cards_and_cogs_begin_no_transaction(name: str) -> None:
    assert list(asked_of_databases(SHOWN[name])) == []
    assert not [module for module in imported(SHOWN[name], at_import_only=True) if within(module, "storage")]


@pytest.mark.parametrize("name", sorted(USE_CASES))
def test_use_cases_take_repositories_from_their_transaction(name: str) -> None:
    for node in ast.walk(ast.parse(USE_CASES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in REPOSITORIES, f"{name}:{node.lineno} makes {node.func.id} of a connection"


def test_sqlite_dialect_is_known_to_one_file() -> None:
    """Repositories say INSERT … ON CONFLICT by way of it; migrations stay as they were written."""
    known = {
        name
        for name, path in MODULES.items()
        if not within(name, "storage.migrations")
        for module in imported(path)
        if within(module, "sqlalchemy.dialects")
    }
    assert known == {"storage.columns", "storage.dialect"}

"""The ranges of commands' options are written in one place, so that no two commands differ in them."""

from __future__ import annotations

import ast

from tests.architecture.test_imports import MODULES

PLACE = "cogs.core.command_options"
"""The one module that writes ranges."""


def test_command_options_have_their_ranges_from_one_module() -> None:
    found = [
        f"{path}:{node.lineno}"
        for name, path in MODULES.items()
        if name != PLACE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute | ast.ImportFrom) and _names_range(node)
    ]
    assert not found


def _names_range(node: ast.Attribute | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in ("Range", "Transform", "Transformer")
    return node.module == "discord.app_commands" and any(
        each.name.startswith(("Range", "Trans")) for each in node.names
    )

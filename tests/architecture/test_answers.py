"""Whatever a cog answers passes the functions that bring it through a network which loses it (`bot.ui.answers`)."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.test_imports import modules

COGS = modules("cogs")
ANSWERS = {"send_message", "edit_message", "send_modal", "defer", "edit_original_response", "delete_original_response"}


@pytest.mark.parametrize("name", sorted(COGS))
def test_cogs_do_not_answer_by_themselves(name: str) -> None:
    tree = ast.parse(COGS[name].read_text(encoding="utf-8"))
    called = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    assert not ANSWERS & set(called)
    assert "followup" not in called

"""One list of permissions: the README, the catalogues and the invitation have what the bot asks for, and no more."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import discord

from bot.ui.locale import LANGUAGES, catalogue
from bot.ui.permissions import CARDS, CARDS_IN_THREADS, INVITATION, PERMISSIONS, STORIES, STORIES_BETTER

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
NEEDS = (CARDS, CARDS_IN_THREADS, STORIES, STORIES_BETTER)


def test_permissions_each_have_a_row_in_the_readme() -> None:
    table = README.read_text(encoding="utf-8").partition("| permission |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([A-Z][^|]*) \| [^|]+ \|$", table, re.MULTILINE)
    assert rows == [catalogue("en")(f"permission.{name}") for name in PERMISSIONS]


def test_permissions_each_have_a_name_in_every_language() -> None:
    for language in LANGUAGES:
        names = [catalogue(language)(f"permission.{name}") for name in PERMISSIONS]
        assert len(set(names)) == len(PERMISSIONS)


def test_invitation_asks_for_each_permission_and_for_nothing_else() -> None:
    assert discord.Permissions(**dict.fromkeys(PERMISSIONS, True)) == INVITATION
    link = discord.utils.oauth_url(1, permissions=INVITATION)
    (value,) = re.findall(r"permissions=(\d+)", link)
    asked = discord.Permissions(int(value))
    assert asked.create_public_threads
    assert asked.pin_messages
    assert not asked.administrator


def test_permissions_checked_are_those_asked_for() -> None:
    assert {name for needed in NEEDS for name in needed} <= set(PERMISSIONS)


def test_permissions_of_the_bot_are_named_nowhere_else() -> None:
    """What people may do in the sandbox's Discord is another thing (`bot/sandbox`)."""
    for folder in ("bot/ui", "bot/cli", "bot/stories", "cogs"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name != "permissions.py":
                nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                named = {node.value for node in nodes if isinstance(node, ast.Constant) and node.value in PERMISSIONS}
                assert not named, f"{path.name} names {named} itself: take it from bot.ui.permissions"

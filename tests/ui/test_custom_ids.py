"""Custom ids: each stands in one place, and those on old messages are still what the routes write and read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bot.ui.custom_ids import TEMPLATE, Route
from tests.support.all_routes import all_routes
from tests.support.old_custom_ids import OLD_CUSTOM_IDS

ROOT = Path(__file__).parents[2]


def test_action_belongs_to_one_route_and_none_is_lost() -> None:
    keys = [route.key for route in all_routes()]
    assert len(keys) == len(set(keys))
    assert not {route.action for route in all_routes() if route.key != route.action} & set(keys)
    assert {route.action for route in all_routes()} == OLD_CUSTOM_IDS.keys()


@pytest.mark.parametrize("route", all_routes(), ids=repr)
def test_routes_write_the_custom_ids_of_old_messages(route: Route) -> None:
    own = [custom_id for custom_id in OLD_CUSTOM_IDS[route.action] if f"{custom_id}:".startswith(f"ink:{route.key}:")]
    assert own
    for custom_id in own:
        match = re.fullmatch(TEMPLATE, custom_id)
        assert match is not None
        ids = custom_id.removeprefix(f"ink:{route.key}").split(":")[1:]
        assert (match["action"], route.id(*ids)) == (route.action, custom_id)


def test_route_does_not_write_what_is_no_custom_id() -> None:
    route = Route("go", "generation_id", optional=("position",))
    assert (route.id(1), route.id(1, -1)) == ("ink:go:1", "ink:go:1:-1")
    for ids in ((), (1, 2, 3), ("a:b",), ("é",), ("a b",), ("1" * 100,)):
        with pytest.raises(ValueError, match="go"):
            route.id(*ids)


def test_custom_ids_are_written_by_routes_alone() -> None:
    for folder in ("bot", "cogs"):
        for path in (ROOT / folder).rglob("*.py"):
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
            written = [each for each in texts if re.match(r"ink:[a-z]*", each)]
            assert not written, f"{path.name} writes {written} itself: use the route's `id` or `button`"

"""Discord's own OpenAPI description as a judge of what the bot sends.

The description is read from the path in the environment variable DISCORD_OPENAPI. Two liberties are taken with it:
a snowflake may also be an integer (discord.py sends them so, and Discord takes them), and "exactly one of" is
read as "one of", because the first liberty can make two branches fit.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]  # likewise
from referencing import Registry
from referencing.jsonschema import DRAFT202012

VARIABLE = "DISCORD_OPENAPI"
SKIP_REASON = f"{VARIABLE} is unset: request bodies are not checked against Discord's OpenAPI description"

_URN = "urn:discord-openapi"
_SNOWFLAKE = {"anyOf": [{"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}, {"type": "integer", "minimum": 0}]}
_MEDIA_TYPES = ("application/json", "multipart/form-data")


class OpenAPI:
    """Judges request bodies by the description in the file at `path`."""

    def __init__(self, path: Path) -> None:
        document = _liberal(json.loads(path.read_text(encoding="utf-8")))
        resource = DRAFT202012.create_resource(document)
        self._registry: Registry[Any] = Registry().with_resource(_URN, resource)
        self._paths: dict[str, Any] = document["paths"]
        self._validators: dict[tuple[str, str], Any] = {}

    def check(self, method: str, path: str, body: Any) -> None:
        """Raise `AssertionError` where Discord does not describe the request or forbids `body`.

        `path` is the URL's path, with or without `/api/v10` before it and a query behind; `body` is the parsed JSON
        (of a multipart request: of its `payload_json`), None where the request has none.
        """
        method = method.lower()
        template = self.template(method, path)
        described = self._paths[template][method].get("requestBody")
        if body is None:
            assert not (described or {}).get("required"), f"{method.upper()} {template} needs a body"
            return
        assert described is not None, f"{method.upper()} {template} takes no body, it got {_short(body)}"
        errors = self._validator(method, template).iter_errors(body)
        lines = [f"  {error.json_path}: {_short_message(error)}" for error in _explained(errors)]
        assert not lines, "\n".join([f"{method.upper()} {template}: Discord's description forbids the body:", *lines])

    def template(self, method: str, path: str) -> str:
        """Return the described path that `path` is an instance of, as `/channels/{channel_id}/messages`."""
        wanted = path.partition("?")[0].removeprefix("/api/v10").strip("/").split("/")
        found = [
            described
            for described, operations in self._paths.items()
            if method.lower() in operations and _fits(described.strip("/").split("/"), wanted)
        ]
        assert found, f"Discord describes no {method.upper()} {path}"
        return min(found, key=lambda described: described.count("{"))  # a literal segment beats a parameter

    def _validator(self, method: str, template: str) -> Any:
        if (method, template) not in self._validators:
            content = self._paths[template][method]["requestBody"]["content"]
            schema = next(content[media]["schema"] for media in _MEDIA_TYPES if media in content)
            self._validators[method, template] = Draft202012Validator(schema, registry=self._registry)
        return self._validators[method, template]


@functools.cache
def load_openapi() -> OpenAPI | None:
    """Return the judge, or None where DISCORD_OPENAPI is unset. A path that leads nowhere is an error."""
    path = os.environ.get(VARIABLE)
    return OpenAPI(Path(path)) if path else None


def openapi_or_skip() -> OpenAPI:
    """Return the judge, or skip the calling test and say why."""
    judge = load_openapi()
    if judge is None:
        pytest.skip(SKIP_REASON)
    return judge


def _liberal(node: Any) -> Any:
    if isinstance(node, list):
        return [_liberal(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "snowflake":
        return _SNOWFLAKE
    liberal = {key: _liberal(value) for key, value in node.items()}
    if isinstance(reference := liberal.get("$ref"), str) and reference.startswith("#"):
        liberal["$ref"] = _URN + reference
    if isinstance(liberal.get("oneOf"), list):
        branches = liberal.pop("oneOf")
        liberal["allOf"] = [*liberal.get("allOf", []), {"anyOf": branches}]
    return liberal


def _fits(described: list[str], wanted: list[str]) -> bool:
    return len(described) == len(wanted) and all(
        segment.startswith("{") or segment == given for segment, given in zip(described, wanted, strict=True)
    )


def _explained(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Replace "fits none of these" by what is wrong with the branch that was meant: the one that agrees on
    `type`, and of several the one with the fewest and deepest faults."""
    for error in errors:
        if error.validator != "anyOf":
            yield error
            continue
        branches: dict[int, list[ValidationError]] = {}
        for fault in error.context:
            branches.setdefault(fault.relative_schema_path[0], []).append(fault)
        meant = {number: faults for number, faults in branches.items() if not any(map(_is_of_type, faults))}
        if not meant:
            yield error
            continue
        nearest: list[ValidationError] = min(meant.values(), key=_distance)
        yield from _explained(nearest)


def _distance(faults: list[ValidationError]) -> tuple[int, int]:
    """How far off a branch is: the deeper its deepest fault, and the fewer its faults, the nearer."""
    return -max(map(_depth, faults)), len(faults)


def _is_of_type(fault: ValidationError) -> bool:
    """Tell whether the fault says that another kind of thing was meant."""
    at = list(fault.relative_path)
    return (at == ["type"] and fault.validator in ("enum", "const", "anyOf")) or (not at and fault.validator == "type")


def _depth(fault: ValidationError) -> int:
    return max([len(list(fault.absolute_path)), *(_depth(inner) for inner in fault.context or ())])


def _short_message(error: ValidationError) -> str:
    message = str(error.message)
    return message if len(message) <= 300 else f"{message[:200]} … {message[-99:]}"


def _short(body: Any) -> str:
    text = json.dumps(body, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "…"

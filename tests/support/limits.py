"""Discord's rules that its OpenAPI description does not tell: lengths, numbers, what must not be empty.

Every length is counted in UTF-16 units, which is never less than what Discord counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from discord import ui

from bot.ui.escaping import size

CARD = 1 << 15
"""The flag of a message of components."""
_ROW, _BUTTON, _TEXT_BOX, _TEXT = 1, 2, 4, 10
_SELECTS = (3, 5, 6, 7, 8)
_NAMED: Mapping[str, int] = {"custom_id": 100, "placeholder": 150, "title": 45}
"""How long these may be, on every component and form."""


def faults_of_request(method: str, path: str, body: Any) -> list[str]:
    """Return what Discord would refuse of a request with this parsed JSON body; nothing where all is well."""
    if not isinstance(body, dict) or method not in ("POST", "PATCH", "PUT"):
        return []
    path = path.partition("?")[0].removeprefix("/api/v10")
    if path.endswith("/callback"):
        return _of_callback(body["type"], body.get("data") or {})
    if re.fullmatch(r"/channels/\d+/threads|/channels/\d+", path):
        return list(_length("the name of a thread", body.get("name", "-"), 1, 100))
    if re.search(r"/messages(/\d+|/@original)?$|^/webhooks/\d+/[^/]+$", path):
        calls = re.fullmatch(r"/channels/\d+/messages", path) is not None
        return _of_message(body, fresh=method == "POST", calls=calls)
    return []


def faults_of_view(view: ui.LayoutView) -> list[str]:
    """Return what Discord would refuse of a card."""
    return _of_message({"components": view.to_components(), "flags": CARD, "allowed_mentions": {"parse": []}})  # type: ignore[no-untyped-call]


def faults_of_form(form: ui.Modal) -> list[str]:
    """Return what Discord would refuse of a form."""
    return _of_callback(9, form.to_dict())


def faults_of_content(content: str) -> list[str]:
    """Return what Discord would refuse of a message without a card."""
    return _of_message({"content": content, "allowed_mentions": {"parse": []}})


def _of_callback(kind: int, data: Mapping[str, Any]) -> list[str]:
    match kind:
        case 4 | 7:
            return _of_message(data, fresh=kind == 4)
        case 8:
            found = list(_count("choices", data["choices"], 0, 25))
            for choice in data["choices"]:
                found += _length("the name of a choice", choice["name"], 1, 100)
                found += _length("the value of a choice", str(choice["value"]), 1, 100)
            return found
        case 9:
            found = [*_length("title", data["title"], 1, 45), *_count("fields", data["components"], 1, 5)]
            return [*found, *_of_components(data["components"])]
    return []


def _of_mentions(allowed: Any, content: str, *, calls: bool) -> Iterator[str]:
    """Nothing pings but a new message that `calls` one person, whom it names: see `bot.ui.mention`."""
    users = allowed.get("users") if isinstance(allowed, dict) else None
    if calls and users and allowed == {"parse": [], "users": users}:
        if len(users) != 1 or f"<@{users[0]}>" not in content:
            yield f"it pings {users}, whom it does not name"
    elif allowed != {"parse": []}:
        yield f"it may ping: {allowed}"


def _of_message(message: Mapping[str, Any], *, fresh: bool = True, calls: bool = False) -> list[str]:
    found: list[str] = []
    if "content" in message or "components" in message:
        found += _of_mentions(message.get("allowed_mentions"), message.get("content") or "", calls=calls and fresh)
    content, parts = message.get("content") or "", message.get("components") or []
    found += _length("content", content, 0, 2000)
    if message.get("flags", 0) & CARD and content:
        found.append("a message of components has content")
    if fresh and not content.strip() and not parts and not message.get("attachments") and not message.get("embeds"):
        found.append("the message is empty")
    texts = sum(size(part["content"]) for part in walk(parts) if part["type"] == _TEXT)
    if texts > 4000:
        found.append(f"its texts have {texts} characters together, 4000 are allowed")
    if (count := sum(1 for _ in walk(parts))) > 40:
        found.append(f"it has {count} components, 40 are allowed")
    return [*found, *_of_components(parts)]


def _of_components(components: list[dict[str, Any]]) -> list[str]:
    found = []
    ids = [part["custom_id"] for part in walk(components) if "custom_id" in part]
    found += [f"two components have the id {each}" for each in sorted({each for each in ids if ids.count(each) > 1})]
    for part in walk(components):
        for name, most in _NAMED.items():
            if part.get(name) is not None:
                found += _length(name, part[name], 1, most)
        found += _of_component(part)
    return found


def _of_component(part: Mapping[str, Any]) -> Iterator[str]:
    kind = part["type"]
    if kind == _TEXT and not part["content"].strip():
        yield "a text has nothing in it"
    if kind == _ROW:
        yield from _count("components of a row", part["components"], 1, 5)
    if kind == _BUTTON:
        yield from _length("the label of a button", part.get("label") or "-", 1, 80)
    if kind == _TEXT_BOX:
        filled, most = part.get("value") or "", part.get("max_length", 4000)
        if len(filled) > most:  # however Discord counts what comes out of a box, it counts so what goes in
            yield f"a box is filled with {len(filled)} characters, {most} are allowed"
        yield from _length("the hint in a box", part.get("placeholder") or "", 0, 100)
    if kind in _SELECTS:
        yield from _of_menu(part)
    if "component" in part:
        yield from _length("the label of a field", part["label"], 1, 45)
        yield from _length("the description of a field", part.get("description") or "", 0, 100)
    for item in part.get("items", []) if kind == 12 else []:
        yield from _length("the description of a picture", item.get("description") or "-", 1, 1024)


def _of_menu(menu: Mapping[str, Any]) -> Iterator[str]:
    options = menu.get("options", [])
    if menu["type"] == 3:
        yield from _count("options", options, 1, 25)
        if menu.get("max_values", 1) > len(options):
            yield "more is to be chosen than there is"
    values = [option["value"] for option in options]
    if len(set(values)) < len(values):
        yield "two options have one value"
    for option in options:
        yield from _length("the label of an option", option["label"].strip(), 1, 100)
        yield from _length("the value of an option", option["value"], 1, 100)
        yield from _length("the description of an option", option.get("description") or "-", 1, 100)


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give every component, nested ones too."""
    for component in components:
        yield component
        yield from walk(component.get("components", []))
        yield from walk([component[name] for name in ("accessory", "component") if name in component])


def _length(what: str, text: str, least: int, most: int) -> Iterator[str]:
    if not least <= size(text) <= most:
        yield f"{what} has {size(text)} characters, {least} to {most} are allowed: {text[:60]!r}"


def _count(what: str, things: list[Any], least: int, most: int) -> Iterator[str]:
    if not least <= len(things) <= most:
        yield f"there are {len(things)} {what}, {least} to {most} are allowed"

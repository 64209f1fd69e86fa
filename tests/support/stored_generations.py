"""Generations as version 0006 of the database kept them, and what their cards showed then: of every kind, and in every
form that earlier versions wrote. They were made by the program of that time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Insert, column, create_engine, insert, inspect, table

from storage.database import FILE
from storage.migrating import configuration

STORED: Mapping[str, Any] = json.loads(
    Path(__file__).with_name("stored").joinpath("generations_0006.json").read_text(encoding="utf-8")
)
NAMES: tuple[str, ...] = tuple(entry["name"] for entry in STORED["entries"])
ASKER: str = "Ben"
"""How the person who asked for all of them is called."""


def entry_of(name: str) -> Mapping[str, Any]:
    """What was kept and shown of one."""
    found: Mapping[str, Any] = next(entry for entry in STORED["entries"] if entry["name"] == name)
    return found


def parts(components: Any) -> list[str]:
    """What components show and lead to, in order."""
    return list(_parts(components))


def _parts(found: Any) -> Iterator[str]:
    if isinstance(found, Mapping):
        names = ("content", "label", "custom_id", "placeholder", "description", "value")
        yield from (found[name] for name in names if isinstance(found.get(name), str))
        if found.get("disabled"):
            yield "(disabled)"
        for each in found.values():
            yield from _parts(each)
    elif isinstance(found, list):
        for each in found:
            yield from _parts(each)


def keep(folder: Path, ids: Mapping[int, int] | None = None, revision: str = "0006") -> None:
    """Make a database of an earlier version in an empty folder and keep them all in it, without what that version did
    not know yet; `ids` are the servers, channels and people to put in the place of theirs."""
    engine = create_engine(f"sqlite:///{folder / FILE}")
    with engine.connect() as connection:
        command.upgrade(configuration(connection), revision)
        known = {each["name"] for each in inspect(connection).get_columns("generations")}
        for entry in STORED["entries"]:
            row = dict(entry["generation"])
            for name in ("server_id", "channel_id", "person_id"):
                row[name] = (ids or {}).get(row[name], row[name])
            connection.execute(_row("generations", {name: row[name] for name in row if name in known}))
            for suggestion in entry["suggestions"]:
                connection.execute(_row("suggestions", suggestion))
        connection.commit()
    engine.dispose()


def _row(name: str, values: Mapping[str, Any]) -> Insert:
    return insert(table(name, *(column(each) for each in values))).values(values)

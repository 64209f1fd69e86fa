"""The tables. STRICT in SQLite; times are UTC milliseconds, Discord's ids are integers, lists are JSON text.

A column that names a person is made by `_person`: `storage.privacy` finds it by that, and so does the test that
nobody is forgotten there.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text

from storage.columns import REAL, WHOLE, JsonText

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _snowflake(name: str, **options: Any) -> Column[int]:
    return Column(name, WHOLE, info={"snowflake": True}, **options)


def _person(name: str, **options: Any) -> Column[int]:
    return Column(name, WHOLE, info={"snowflake": True, "person": True}, **options)


SERVERS = Table(
    "servers",
    METADATA,
    _snowflake("server_id", primary_key=True, autoincrement=False),
    Column("mood", Text),
    Column("count", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("language", Text),
    Column("channels", JsonText, nullable=False),
    Column("switched_off", JsonText, nullable=False),
    Column("changed_ms", WHOLE, nullable=False),
    sqlite_strict=True,
)

PEOPLE = Table(
    "people",
    METADATA,
    _person("person_id", primary_key=True, autoincrement=False),
    Column("first_seen_ms", WHOLE, nullable=False),
    Column("last_seen_ms", WHOLE, nullable=False),
    sqlite_strict=True,
)

GENERATIONS = Table(
    "generations",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    _snowflake("server_id"),
    _snowflake("channel_id", nullable=False),
    _snowflake("message_id"),
    _person("person_id", nullable=False),
    Column("text", Text, nullable=False),
    Column("mood", Text),
    Column("count", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("parent_id", WHOLE, ForeignKey("generations.id", ondelete="SET NULL")),
    Column("created_ms", WHOLE, nullable=False),
    Column("expires_ms", WHOLE, nullable=False),
    Index(None, "expires_ms"),
    Index(None, "person_id"),
    Index(None, "message_id"),
    Index(None, "parent_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""`sqlite_autoincrement`: an id is never used again, so that an old button cannot meet a new generation."""

SUGGESTIONS = Table(
    "suggestions",
    METADATA,
    Column("generation_id", WHOLE, ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("fills", JsonText, nullable=False),
    Column("score", REAL, nullable=False),
    Column("receipt", JsonText, nullable=False),
    sqlite_strict=True,
)

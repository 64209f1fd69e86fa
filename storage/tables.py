"""The tables. STRICT in SQLite; times are UTC milliseconds, Discord ids are integers, lists are JSON text."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer: STRICT tables know no BIGINT, and their INTEGER holds 64 bits."""
REAL: TypeEngine[float] = Double().with_variant(sqlite.REAL(), "sqlite")

SERVERS = Table(
    "servers",
    METADATA,
    Column("server_id", WHOLE, primary_key=True, autoincrement=False),
    Column("mood", Text),
    Column("count", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("language", Text),
    Column("channels", Text, nullable=False),
    Column("switched_off", Text, nullable=False),
    Column("changed_ms", WHOLE, nullable=False),
    sqlite_strict=True,
)

PEOPLE = Table(
    "people",
    METADATA,
    Column("person_id", WHOLE, primary_key=True, autoincrement=False),
    Column("first_seen_ms", WHOLE, nullable=False),
    Column("last_seen_ms", WHOLE, nullable=False),
    sqlite_strict=True,
)

GENERATIONS = Table(
    "generations",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("server_id", WHOLE),
    Column("channel_id", WHOLE, nullable=False),
    Column("message_id", WHOLE),
    Column("person_id", WHOLE, nullable=False),
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
    Column("fills", Text, nullable=False),
    Column("score", REAL, nullable=False),
    Column("receipt", Text, nullable=False),
    sqlite_strict=True,
)

"""Column types that mean the same in SQLite's STRICT tables and elsewhere. Migrations rely on them: never change one,
add another."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import BigInteger, Dialect, Double, Integer, Text, TypeDecorator
from sqlalchemy.dialects import sqlite

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer: STRICT tables know no BIGINT, and their INTEGER holds 64 bits."""

REAL: Double[float] = Double().with_variant(sqlite.REAL(), "sqlite")


class JsonText(TypeDecorator[Any]):
    """JSON as text: STRICT tables know no JSON. What cannot be read back (NaN) is refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Return the text to store."""
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return what was stored."""
        return None if value is None else json.loads(value)

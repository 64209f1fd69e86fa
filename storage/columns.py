"""Column types that mean the same in SQLite's STRICT tables and elsewhere. Migrations rely on them: never change one,
add another."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Dialect, Double, Integer, Text, TypeDecorator
from sqlalchemy.dialects import sqlite

from bot.rules.generations import Payload
from bot.rules.provenance import Span
from bot.rules.receipts import Receipt
from storage.tagged_json import payload_as_json, payload_from_json, receipt_as_json, receipt_from_json

WHOLE = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer: STRICT tables know no BIGINT, and their INTEGER holds 64 bits."""

REAL: Double[float] = Double().with_variant(sqlite.REAL(), "sqlite")
"""A floating-point number: STRICT tables know REAL alone."""


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


class SpansText(JsonText):
    """Spans of provenance as JSON: `[[start, end, origin], …]`."""

    cache_ok = True

    def process_bind_param(self, value: Iterable[Span] | None, dialect: Dialect) -> str:
        """Return the text to store."""
        return super().process_bind_param([[span.start, span.end, span.origin] for span in value or ()], dialect)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Span, ...]:
        """Return what was stored."""
        return tuple(Span(start, end, origin) for start, end, origin in super().process_result_value(value, dialect))


class ReceiptText(JsonText):
    """A receipt as JSON with its tag; None is the text `null`, as it always was."""

    cache_ok = True

    def process_bind_param(self, value: Receipt | None, dialect: Dialect) -> str:
        """Return the text to store."""
        return super().process_bind_param(None if value is None else receipt_as_json(value), dialect)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Receipt | None:
        """Return what was stored, by whichever version."""
        found = super().process_result_value(value, dialect)
        return None if found is None else receipt_from_json(found)


class PayloadText(JsonText):
    """A payload of a suggestion as JSON with its tag."""

    cache_ok = True

    def process_bind_param(self, value: Payload | None, dialect: Dialect) -> str:
        """Return the text to store."""
        return super().process_bind_param(None if value is None else payload_as_json(value), dialect)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Payload | None:
        """Return what was stored, None where its type is unknown."""
        found = super().process_result_value(value, dialect)
        return None if found is None else payload_from_json(found)

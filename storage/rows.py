"""From rows to values: many of them without holding up the event loop; spans of provenance as `[[start, end, origin],
…]`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Row

from bot.rules.provenance import Span

ValueT = TypeVar("ValueT")

AT_ONCE = 200
"""Rows that are made into values before others have their turn: a few milliseconds, even of rows with much in them."""


async def values_of(rows: Iterable[Row[Any]], make: Callable[[Row[Any]], ValueT]) -> list[ValueT]:
    """Return what `make` makes of each row. Of many (a whole story) a part at a time."""
    found: list[ValueT] = []
    for row in rows:
        found.append(make(row))
        if len(found) % AT_ONCE == 0:
            await asyncio.sleep(0)
    return found


def spans_to_json(spans: Iterable[Span]) -> list[Any]:
    """Return what the column holds."""
    return [[span.start, span.end, span.origin] for span in spans]


def spans_from_json(column: Iterable[Any]) -> tuple[Span, ...]:
    """Return the spans that the column holds."""
    return tuple(Span(start, end, origin) for start, end, origin in column)

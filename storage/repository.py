"""What repositories share: their connection, and making values of rows without holding up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Row

from storage.writer import Connection

ValueT = TypeVar("ValueT")

AT_ONCE = 200
"""Rows that are made into values before others have their turn: a few milliseconds, even of rows with much in them."""


class Repository:
    """The statements for one aggregate. It lives as long as the transaction whose connection it has."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection


async def values_of(rows: Iterable[Row[Any]], make: Callable[[Row[Any]], ValueT]) -> list[ValueT]:
    """Return what `make` makes of each row. Of many (a whole story) a part at a time."""
    found: list[ValueT] = []
    for row in rows:
        found.append(make(row))
        if len(found) % AT_ONCE == 0:
            await asyncio.sleep(0)
    return found

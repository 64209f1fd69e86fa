"""How rows of tokens are put together into passes, and taken apart again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, TypeVar

ValueT = TypeVar("ValueT")

PASS_TOKENS = 2048
"""Tokens of one forward pass, padding included, so that none keeps the decode steps waiting for long."""
PADDING = 24
"""Tokens of padding that a row may have: rows of several works differ in length."""


def batches(lengths: Sequence[int]) -> list[list[int]]:
    """Group row numbers by length, the longest first, so that no batch holds more than PASS_TOKENS tokens with its
    padding, and no row more than PADDING tokens of that."""
    batches: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        longest = lengths[batches[-1][0]] if batches else 0
        fits = bool(batches) and (len(batches[-1]) + 1) * longest <= PASS_TOKENS
        if fits and longest - lengths[number] <= PADDING:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches


def portions(values: Sequence[ValueT], asks: Sequence[Sequence[Any]]) -> list[list[ValueT]]:
    """Give each its own again of what was asked together."""
    left = iter(values)
    return [list(islice(left, len(ask))) for ask in asks]


def halves(rows: Sequence[ValueT], count: int) -> list[Sequence[ValueT]]:
    """Divide a batch into at most `count` shares."""
    size = -(-len(rows) // count)
    return [rows[at : at + size] for at in range(0, len(rows), size)]

"""Chance at a table: drawn from its seed and what it is for, so that it can be repeated and not foreseen.

Shorter than 25 lines because what is drawn by lot is worth a look of its own.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import TypeVar

ValueT = TypeVar("ValueT")


def draw(seed: str, move: int, purpose: str) -> int:
    """Return a number of 64 bits: HMAC-SHA-256 of the move and the purpose, under the seed."""
    message = f"{move}:{purpose}".encode()
    return int.from_bytes(hmac.digest(seed.encode(), message, hashlib.sha256)[:8], "big")


def shuffled(values: Sequence[ValueT], seed: str, move: int, purpose: str) -> list[ValueT]:
    """Return the values in an order drawn by lot."""
    lots = [(draw(seed, move, f"{purpose}:{place}"), place) for place in range(len(values))]
    return [values[place] for _, place in sorted(lots)]

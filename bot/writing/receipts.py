"""Receipts as they are kept: JSON-ready mappings of where a suggestion came from and what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.inference.protocol import Continuation, Receipt
from bot.writing.overlap import Echo


def as_mapping(receipt: Receipt) -> dict[str, Any]:
    """Return an engine's receipt as JSON has it: lists for tuples, no values that are absent."""
    return {name: _plain(value) for name, value in asdict(receipt).items() if value is not None}


def of_continuation(row: Continuation, shared: Echo, log_prob: float | None) -> dict[str, Any]:
    """Return the receipt of a continuation.

    Besides the engine's: `finish`, `shared_run` (the longest run of words that it shares with the text before
    it), `shared_percent` (of its words in such runs of five or more) and, where the engine told it, `token_log_prob`
    (the mean natural log-probability of its tokens under the plain model).
    """
    measured: dict[str, Any] = {
        "finish": row.finish,
        "shared_run": shared.longest_run,
        "shared_percent": round(100 * shared.shared),
    }
    if log_prob is not None:
        measured["token_log_prob"] = round(log_prob, 2)
    return as_mapping(row.receipt) | measured


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value

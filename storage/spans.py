"""Spans of provenance as JSON: `[[start, end, origin], …]`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.rules.provenance import Span


def packed(spans: Iterable[Span]) -> list[Any]:
    """Return what the column holds."""
    return [[span.start, span.end, span.origin] for span in spans]


def unpacked(column: Iterable[Any]) -> tuple[Span, ...]:
    """Return the spans that the column holds."""
    return tuple(Span(start, end, origin) for start, end, origin in column)

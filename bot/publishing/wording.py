"""What a book says besides its story: dates, shares, licences, names of the models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from bot.rules.stories import Licence
from bot.ui.locale import Catalogue

LICENCE_PAGES: Mapping[Licence, str] = {
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "cc-by-sa-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "cc-by-nc-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
"""Where the text of a licence stands."""


def label(say: Catalogue, name: str) -> str:
    """Return a heading or caption of the book."""
    return say(f"publishing.label.{name}")


def date(say: Catalogue, ms: int) -> str:
    """Return the day (UTC) of a time in ms, as people write it."""
    day = datetime.fromtimestamp(ms / 1000, UTC)
    return say("publishing.date", day=day.day, month=say(f"publishing.month.{day.month}"), year=day.year)


def iso(ms: int) -> str:
    """Return a time in ms as programs read it, in whole seconds: 2026-11-24T15:00:00Z."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def share(words: int, total: int) -> str:
    """Return `words` of `total` in whole per cent; what is there is never shown as nothing."""
    per_cent = 100 * words / total if total else 0
    return "<1%" if 0 < per_cent < 0.5 else f"{round(per_cent)}%"


def years(say: Catalogue, created_ms: int, ended_ms: int | None) -> str:
    """Return from when to when a story was written."""
    if ended_ms is None:
        return say("publishing.since", begun=date(say, created_ms))
    begun, ended = date(say, created_ms), date(say, ended_ms)
    return begun if begun == ended else say("publishing.between", begun=begun, ended=ended)

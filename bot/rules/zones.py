"""Time zones: the names of the IANA database, found by what people type, and what time it is there.

The names are those of the package `tzdata`, so that they are the same on every machine; where the machine has a newer
database, its rules for the clocks are taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from bot.errors import BadInput

UTC = "UTC"
"""The zone of servers that chose none."""
MAX_ZONE = 64
"""Characters of a time zone, as somebody types it."""
KNOWN_WELL = (
    *(UTC, "Europe/London", "Europe/Paris", "Europe/Berlin", "Europe/Moscow", "Africa/Lagos", "Asia/Kolkata"),
    *("Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo", "America/New_York"),
    *("America/Chicago", "America/Denver", "America/Los_Angeles"),
)
"""What is offered to somebody who has not typed anything."""
_OFFSET = re.compile(r"(?:utc|gmt)?([+\-−])(\d{1,2})(?::?00)?")
"""A time zone as a distance from UTC in whole hours, folded: "utc+8"."""
_FIXED = re.compile(r"Etc/GMT([+-])(\d{1,2})")
"""The names of such zones in the database. They have the sign that POSIX gives them, which is the other one."""


@cache
def zone_names() -> Sequence[str]:
    """Return the names of all time zones, in the order of the alphabet."""
    return tuple(sorted((resources.files("tzdata") / "zones").read_text(encoding="utf-8").split()))


def find_zone(given: str) -> str:
    """Return the name of the zone that somebody means: by its whole name, its city, or its distance from UTC. Raises
    `BadInput` (`zone_unknown`: given)."""
    folded = _folded(given)
    wanted = [folded]
    if (offset := _OFFSET.fullmatch(folded)) is not None:
        sign, hours = "-" if offset[1] == "+" else "+", int(offset[2])
        wanted.append(_folded(f"Etc/GMT{sign}{hours}" if hours else UTC))
    found = [name for each in wanted for name, whole, _ in _names() if whole == each]
    found += [name for name, _, city in _names() if city == folded]
    if not found:
        raise BadInput("zone_unknown", given=given[:MAX_ZONE])
    return found[0]


def zones_like(typed: str, limit: int) -> list[str]:
    """Return the zones that somebody may mean who has typed so much: those whose city begins with it come first."""
    folded = _folded(typed)
    if not folded:
        return list(KNOWN_WELL[:limit])
    found = [name for name, whole, city in _names() if city.startswith(folded)]
    found += [name for name, whole, city in _names() if folded in whole and not city.startswith(folded)]
    try:
        exact = find_zone(typed)
    except BadInput:
        return found[:limit]
    return [exact, *(name for name in found if name != exact)][:limit]


def told_zone(zone: str) -> str:
    """Return a zone as people say it: "UTC+8" for `Etc/GMT-8`, else its name."""
    fixed = _FIXED.fullmatch(zone)
    return zone if fixed is None else f"{UTC}{'+' if fixed[1] == '-' else '-'}{fixed[2]}"


def time_there(zone: str, now_ms: int) -> str:
    """Return what the clocks of a zone show at `now_ms` (UTC): "20:05"."""
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone)).strftime("%H:%M")


@cache
def _names() -> Sequence[tuple[str, str, str]]:
    """Every zone with its name and its city, folded."""
    return tuple((name, _folded(name), _folded(name.rsplit("/", 1)[-1])) for name in zone_names())


def _folded(text: str) -> str:
    return "".join(text.casefold().replace("_", " ").split())

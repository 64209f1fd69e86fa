"""Time zones as people type them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.errors import BadInput
from bot.rules.zones import KNOWN_WELL, MAX_ZONE, find_zone, time_there, told_zone, zone_names, zones_like


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("SHANGHAI", "Asia/Shanghai"),
        ("utc", "UTC"),
        ("UTC+8", "Etc/GMT-8"),
        ("gmt −3", "Etc/GMT+3"),
        ("+08:00", "Etc/GMT-8"),
        ("UTC+0", "UTC"),
    ],
)
def test_a_zone_is_found_by_its_name_city_or_distance(given: str, zone: str) -> None:
    assert find_zone(given) == zone


@pytest.mark.parametrize("given", ["", " ", "Atlantis", "Europe", "../etc/passwd", "UTC+20", "UTC+5:30", "x" * 5000])
def test_what_is_no_zone_is_refused_with_what_was_given(given: str) -> None:
    with pytest.raises(BadInput) as refused:
        find_zone(given)
    assert (refused.value.key, refused.value.params) == ("zone_unknown", {"given": given[:MAX_ZONE]})


def test_every_name_is_a_zone_of_this_machine_and_finds_itself() -> None:
    assert len(zone_names()) > 400
    assert all(find_zone(name) == name and ZoneInfo(name) for name in zone_names())
    assert set(KNOWN_WELL) <= set(zone_names())


def test_what_was_typed_so_far_is_completed_and_cities_come_first() -> None:
    assert zones_like("", 5) == list(KNOWN_WELL[:5])
    assert zones_like("berl", 3)[0] == "Europe/Berlin"
    assert zones_like("utc+2", 25)[0] == "Etc/GMT-2"
    assert zones_like("a", 25) == zones_like("A", 25)
    assert zones_like("Atlantis", 25) == []


def test_what_clocks_show_there() -> None:
    noon_ms = 1_796_126_400_000  # 2026-12-01 12:00 UTC
    assert time_there("UTC", noon_ms) == "12:00"
    assert time_there("Asia/Shanghai", noon_ms) == "20:00"
    assert time_there("Etc/GMT-8", noon_ms) == "20:00"
    assert (told_zone("Etc/GMT-8"), told_zone("Etc/GMT+3"), told_zone("Europe/Paris")) == (
        "UTC+8",
        "UTC-3",
        "Europe/Paris",
    )

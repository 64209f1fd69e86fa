"""Changing a server's settings: all of a change or nothing, and a reason."""

from __future__ import annotations

import dataclasses
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.rules.moods import MOOD_NAMES
from bot.rules.servers import (
    ACTIVITIES,
    COUNT_RANGE,
    LANGUAGES,
    LENGTH_RANGE,
    MAX_CHANNELS,
    SWITCH_OF,
    SWITCHES,
    ServerSettings,
    SettingsChange,
    change_settings,
    listed_words,
)
from bot.writing.features import FEATURES

VALID: dict[str, st.SearchStrategy[Any]] = {
    "mood": st.none() | st.sampled_from(MOOD_NAMES),
    "count": st.sampled_from(COUNT_RANGE),
    "length": st.sampled_from(LENGTH_RANGE),
    "language": st.none() | st.sampled_from(LANGUAGES),
    "channels": st.frozensets(st.integers(0, 2**63 - 1), max_size=5),
    "switched_off": st.frozensets(st.sampled_from(SWITCHES)),
    "words": st.lists(st.text("abcé词 ", min_size=1, max_size=8).filter(str.strip), max_size=4).map(listed_words),
}
CHANGES = st.fixed_dictionaries({}, optional=VALID).map(lambda change: cast("SettingsChange", change))
SETTINGS = st.builds(ServerSettings, server_id=st.integers(0, 2**63 - 1), **VALID)


@given(settings=SETTINGS, change=CHANGES)
def test_server_change_sets_what_it_names_and_nothing_else(settings: ServerSettings, change: SettingsChange) -> None:
    changed = change_settings(settings, **change)
    assert dataclasses.asdict(changed) == dataclasses.asdict(settings) | change


@given(settings=SETTINGS, first=CHANGES, second=CHANGES)
def test_changing_twice_is_changing_once(
    settings: ServerSettings, first: SettingsChange, second: SettingsChange
) -> None:
    twice = change_settings(change_settings(settings, **first), **second)
    assert twice == change_settings(settings, **cast("SettingsChange", {**first, **second}))


@pytest.mark.parametrize(
    ("change", "key", "params"),
    [
        ({"mood": "furious"}, "mood_unknown", {"mood": "furious", "allowed": "steady, open, wild, plain"}),
        ({"count": 0}, "count_range", {"given": 0, "low": 1, "high": 5}),
        ({"count": 6}, "count_range", {"given": 6, "low": 1, "high": 5}),
        ({"length": 7}, "length_range", {"given": 7, "low": 8, "high": 160}),
        ({"length": 161}, "length_range", {"given": 161, "low": 8, "high": 160}),
        ({"language": "de"}, "language_unknown", {"given": "de", "allowed": "en, zh-CN"}),
        (
            {"channels": frozenset(range(MAX_CHANNELS + 1))},
            "channels_too_many",
            {"given": MAX_CHANNELS + 1, "limit": MAX_CHANNELS},
        ),
        (
            {"switched_off": frozenset({"vote"})},
            "feature_unknown",
            {"given": "vote", "allowed": "continue, infill, stories, games"},
        ),
        ({"words": tuple(map(str, range(201)))}, "words_too_many", {"given": 201, "limit": 200}),
        ({"words": ("ok", "x" * 41)}, "word_too_long", {"word": "x" * 41, "limit": 40}),
        (
            {"roles": {"vote": frozenset({1})}},
            "feature_unknown",
            {"given": "vote", "allowed": "continue, infill, bridge, twist, rounds, stories, games"},
        ),
        ({"roles": {"twist": frozenset(range(26))}}, "roles_too_many", {"given": 26, "limit": 25}),
        ({"mood": "wild", "count": 9}, "count_range", {"given": 9, "low": 1, "high": 5}),
    ],
)
def test_server_change_that_cannot_be_is_refused_with_a_reason(change: Any, key: str, params: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        change_settings(ServerSettings(server_id=1), **change)
    assert (refused.value.key, refused.value.params) == (key, params)


def test_roles_of_one_activity_leave_those_of_others_and_none_lets_everybody() -> None:
    kept = change_settings(ServerSettings(server_id=1), roles={"twist": frozenset({7}), "rounds": frozenset({8, 9})})
    assert change_settings(kept, roles={"twist": frozenset({5})}).roles == {
        "twist": frozenset({5}),
        "rounds": frozenset({8, 9}),
    }
    assert change_settings(kept, roles={"twist": frozenset()}).roles == {"rounds": frozenset({8, 9})}


def test_activities_that_can_be_kept_to_roles_are_all_kinds_of_request() -> None:
    assert {*FEATURES, *SWITCH_OF} == set(ACTIVITIES)
    switches = {feature.switch for feature in FEATURES.values()}
    assert switches | set(SWITCH_OF.values()) == set(SWITCHES), "each activity has a switch, and no switch is idle"


def test_listed_words_leave_out_what_would_be_found_nowhere() -> None:
    assert listed_words(["*", "* *", "\ue000", "🦊", "spider*"]) == ("🦊", "spider*")


def test_word_list_is_kept_as_it_is_compared() -> None:
    changed = change_settings(ServerSettings(server_id=1), words=("  Straße ", "STRASSE", "two\n words", " ", "词"))
    assert changed.words == ("strasse", "two words", "词")
    full = change_settings(changed, words=tuple(f"word {number}" for number in range(200)))
    assert len(full.words) == 200
    assert change_settings(full, words=()).words == ()

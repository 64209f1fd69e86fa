"""Stories: their rules change whole or not at all, and who may do what in which state."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput, NotAllowed, NotHere, PersonError
from bot.rules.stories import (
    GRACE_MS,
    MAX_PREMISE,
    MAX_TITLE,
    MAX_WORDS,
    STATES,
    Additions,
    Licence,
    Standing,
    StoryRules,
    StoryState,
    Unvoted,
    Voters,
    Writers,
    change_rules,
    check_premise,
    check_title,
    move,
    require_ai,
    require_lead,
    require_open,
    require_voter,
    require_writer,
)
from tests.support.stories import STORY as A_STORY

STORY = dataclasses.replace(A_STORY, host_id=7, title="The lighthouse", head_id=None)
STRANGER = Standing(person_id=9)
INVITED = Standing(person_id=8, invited=True)
LEADERS = (
    Standing(person_id=7, host=True),
    Standing(person_id=8, cohost=True),
    Standing(person_id=9, manages=True),
)
CHOICES: dict[str, Any] = {
    "writers": Writers,
    "additions": Additions,
    "voters": Voters,
    "unvoted": Unvoted,
    "licence": Licence,
}


def refused(check: Callable[..., object], *given: Any, **change: Any) -> tuple[type[PersonError], str, dict[str, Any]]:
    with pytest.raises(PersonError) as error:
        check(*given, **change)
    return type(error.value), error.value.key, error.value.params


@given(low=st.integers(-5, 900), high=st.integers(-5, 900))
def test_word_limits_are_in_range_and_in_order(low: int, high: int) -> None:
    if 1 <= low <= high <= MAX_WORDS:
        assert change_rules(StoryRules(), min_words=low, max_words=high).max_words == high
    else:
        told = refused(change_rules, StoryRules(), min_words=low, max_words=high)
        assert told == (BadInput, "words_range", {"low": 1, "high": 800})


def test_story_limits_are_checked_against_those_that_stay() -> None:
    rules = change_rules(StoryRules(), min_words=100)
    assert refused(change_rules, rules, max_words=99)[1] == "words_range"


@pytest.mark.parametrize(
    ("change", "key", "params"),
    [
        ({"round_minutes": 0}, "round_minutes_range", {"given": 0, "low": 1, "high": 20160}),
        ({"round_minutes": 20161}, "round_minutes_range", {"given": 20161, "low": 1, "high": 20160}),
        ({"quorum": 0}, "quorum_range", {"given": 0, "low": 1, "high": 50}),
        ({"quorum": 51}, "quorum_range", {"given": 51, "low": 1, "high": 50}),
        ({"quorum": True}, "quorum_range", {"given": True, "low": 1, "high": 50}),
        *(({name: "both"}, "rule_unknown", {"given": "both"}) for name in CHOICES),
    ],
)
def test_rules_that_cannot_be_are_refused(change: dict[str, Any], key: str, params: dict[str, Any]) -> None:
    assert refused(change_rules, StoryRules(), **change) == (BadInput, key, params)


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(get_args(kind)) for name, kind in CHOICES.items()}))
def test_story_change_sets_what_it_names(change: dict[str, Any]) -> None:
    changed = change_rules(StoryRules(ai=False), **change)
    assert dataclasses.asdict(changed) == dataclasses.asdict(StoryRules(ai=False)) | change


def test_story_titles_and_premises() -> None:
    assert check_title("  The \n lighthouse  ") == "The lighthouse"
    assert check_title("词" * MAX_TITLE) == "词" * MAX_TITLE
    assert refused(check_title, " \n ") == (BadInput, "title_empty", {})
    assert refused(check_title, "x" * 81) == (BadInput, "title_too_long", {"length": 81, "limit": MAX_TITLE})
    assert check_premise(" Two\n\nparagraphs ") == "Two\n\nparagraphs"
    assert check_premise(" ") == ""
    told = refused(check_premise, "x" * 1501)
    assert told == (BadInput, "premise_too_long", {"length": 1501, "limit": MAX_PREMISE})


def test_story_hosting() -> None:
    for leader in LEADERS:
        require_lead(leader)
    for other in (STRANGER, INVITED):
        assert refused(require_lead, other) == (NotAllowed, "story_hosts_only", {})


@pytest.mark.parametrize("state", ["paused", "ended", "deleted"])
def test_story_that_is_not_open_lets_nobody_write(state: StoryState) -> None:
    story = dataclasses.replace(STORY, state=state)
    for standing in (STRANGER, *LEADERS):
        assert refused(require_writer, story, standing) == (NotHere, f"story_{state}", {})
    assert refused(require_open, story)[1] == f"story_{state}"
    require_open(STORY)


def test_story_who_may_write() -> None:
    invited = dataclasses.replace(STORY, rules=StoryRules(writers="invited"))
    require_writer(STORY, STRANGER)
    for standing in (INVITED, *LEADERS):
        require_writer(invited, standing)
    assert refused(require_writer, invited, STRANGER) == (NotAllowed, "story_invited_only", {})


def test_story_who_may_vote() -> None:
    writers_only = StoryRules(writers="invited", voters="writers")
    for rules in (StoryRules(), StoryRules(voters="writers"), StoryRules(writers="invited")):
        require_voter(dataclasses.replace(STORY, rules=rules), STRANGER)
    story = dataclasses.replace(STORY, rules=writers_only)
    for standing in (INVITED, *LEADERS):
        require_voter(story, standing)
    assert refused(require_voter, story, STRANGER) == (NotAllowed, "story_voters_only", {})


def test_story_models_only_where_they_are_wanted() -> None:
    require_ai(STORY)
    told = refused(require_ai, dataclasses.replace(STORY, rules=StoryRules(ai=False)))
    assert told == (NotHere, "story_human_only", {})


ALLOWED = {
    ("open", "paused"),
    ("open", "ended"),
    ("open", "deleted"),
    ("paused", "open"),
    ("paused", "ended"),
    ("paused", "deleted"),
    ("ended", "open"),
    ("ended", "deleted"),
    ("deleted", "open"),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wanted", STATES)
def test_story_moves_between_states(state: StoryState, wanted: StoryState) -> None:
    story = dataclasses.replace(STORY, state=state, purge_ms=5 if state == "deleted" else None)
    if state == wanted:
        assert refused(move, story, wanted, 1000) == (NotHere, f"story_already_{state}", {})
    elif (state, wanted) in ALLOWED:
        moved = move(story, wanted, 1000)
        purge_ms = 1000 + GRACE_MS if wanted == "deleted" else None
        assert moved == dataclasses.replace(story, state=wanted, changed_ms=1000, purge_ms=purge_ms)
    else:
        assert refused(move, story, wanted, 1000) == (NotHere, f"story_{state}", {})

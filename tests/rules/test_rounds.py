"""Rounds: what becomes of them at their deadline, and what cannot be voted for."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput, Gone, NotHere, PersonError
from bot.rules.ballots import Ballot
from bot.rules.rounds import (
    MAX_CANDIDATES,
    NOBODY,
    Candidate,
    Round,
    RoundState,
    check_ballot,
    deadline_from,
    extended,
    on_deadline,
    on_show,
    place_from,
    require_open_round,
    require_room,
    salt_from,
)
from bot.rules.stories import StoryRules

ROUND = Round(
    id=1,
    story_id=2,
    kind="continue",
    state="open",
    opened_by=7,
    after_id=None,
    replaces_id=None,
    before_id=None,
    text="The end so far.",
    salt="00" * 16,
    opened_ms=0,
    deadline_ms=1000,
)


def candidate(number: int, *, none: bool = False, hidden_by: int | None = None) -> Candidate:
    return Candidate(
        id=number,
        round_id=1,
        place=number,
        text="" if none else f"text {number}",
        author_id=None,
        pen_name=None,
        origin="gpt",
        spans=(),
        mood="wild",
        receipt=None,
        none=none,
        hidden_by=hidden_by,
        passage_id=None,
        created_ms=0,
    )


@given(quorum=st.integers(1, 50), voters=st.integers(0, 60))
def test_quorum_closes_a_round_and_without_one_the_story_decides(quorum: int, voters: int) -> None:
    stays, lapses = StoryRules(quorum=quorum), StoryRules(quorum=quorum, unvoted="lapse")
    if voters >= quorum:
        assert on_deadline(ROUND, stays, voters) == on_deadline(ROUND, lapses, voters) == "close"
    else:
        assert (on_deadline(ROUND, stays, voters), on_deadline(ROUND, lapses, voters)) == ("extend", "lapse")


@pytest.mark.parametrize(
    ("state", "error", "key"),
    [
        ("writing", NotHere, "round_writing"),
        ("closed", Gone, "round_over"),
        ("lapsed", Gone, "round_over"),
        ("cancelled", Gone, "round_over"),
    ],
)
def test_round_takes_votes_and_comes_due_only_while_open(state: RoundState, error: type[PersonError], key: str) -> None:
    round_ = dataclasses.replace(ROUND, state=state)
    with pytest.raises(error) as refused:
        require_open_round(round_)
    assert refused.value.key == key
    with pytest.raises(error):
        on_deadline(round_, StoryRules(), 5)
    require_open_round(ROUND)


def test_round_that_is_extended_has_as_long_again() -> None:
    rules = StoryRules(round_minutes=90)
    assert deadline_from(rules, 1000) == 1000 + 90 * 60 * 1000
    twice = extended(extended(ROUND, rules, 1000), rules, 5000)
    assert twice == dataclasses.replace(ROUND, deadline_ms=5000 + 90 * 60 * 1000, extended=2)


def test_card_has_room_for_eight_texts() -> None:
    full = [candidate(number) for number in range(1, MAX_CANDIDATES + 1)]
    none = candidate(99, none=True)
    require_room([*full[1:], none])
    with pytest.raises(BadInput) as refused:
        require_room(full)
    assert (refused.value.key, refused.value.params) == ("round_full", {"limit": 8})
    hidden = dataclasses.replace(full[0], hidden_by=7)
    require_room([hidden, *full[1:], none])


@pytest.mark.parametrize("hidden_by", [7, NOBODY])
def test_candidate_that_is_hidden_or_elsewhere_cannot_be_voted_for(hidden_by: int) -> None:
    there = [candidate(1), candidate(2, hidden_by=hidden_by), candidate(3, none=True)]
    assert [each.id for each in on_show(there)] == [1, 3]
    check_ballot(there, Ballot(frozenset({1, 3}), 3))
    check_ballot(there, Ballot())
    for ballot in (Ballot(frozenset({1, 2})), Ballot(favourite=2), Ballot(frozenset({4})), Ballot(favourite=0)):
        with pytest.raises(Gone) as refused:
            check_ballot(there, ballot)
        assert refused.value.key == "candidate_gone"


def test_salts_and_places_take_enough_chance() -> None:
    assert salt_from(bytes(range(16))) == "000102030405060708090a0b0c0d0e0f"
    assert place_from(b"\x00\x00\x00\x00\x01\x02") == 258
    for few in (b"", b"short"):
        with pytest.raises(ValueError, match="salt"):
            salt_from(few)
        with pytest.raises(ValueError, match="place"):
            place_from(few)

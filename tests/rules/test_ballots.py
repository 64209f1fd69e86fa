"""Ballots: minimax as votelib counts it, ties broken as promised, and what any fair vote must keep to."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from votelib.convert import RankedToCondorcetVotes  # type: ignore[import-untyped]  # it has no types
from votelib.evaluate.condorcet import (  # type: ignore[import-untyped]
    CondorcetWinner,
    MinimaxCondorcet,
)

from bot.rules.ballots import Ballot, Outcome, commitment, decide

Pairs = dict[tuple[int, int], int]

CANDIDATES = st.lists(st.integers(1, 10**6), min_size=1, max_size=9, unique=True)
SALTS = st.text(max_size=8)


@st.composite
def ballots_on(draw: st.DrawFn, candidates: Sequence[int]) -> Ballot:
    liked = draw(st.frozensets(st.sampled_from(candidates)))
    favourite = draw(st.none() | st.sampled_from(candidates))
    assume(liked or favourite is not None)
    return Ballot(liked, favourite)


@st.composite
def elections(draw: st.DrawFn, least: int = 1) -> tuple[list[int], list[Ballot]]:
    candidates = draw(CANDIDATES.filter(lambda drawn: len(drawn) >= least))
    return candidates, draw(st.lists(ballots_on(candidates), min_size=1, max_size=12))


def tiers(candidates: Sequence[int], ballot: Ballot) -> tuple[Any, ...]:
    """The ballot as a ranking with shared ranks, written down without our points."""
    first = {ballot.favourite} - {None}
    second = set(ballot.liked) - first
    third = set(candidates) - first - second
    return tuple(frozenset(tier) for tier in (first, second, third) if tier)


def theirs(candidates: Sequence[int], ballots: Sequence[Ballot]) -> Pairs:
    """votelib's pairwise counts. Pairs that nobody ranks are missing in them; its evaluators need them as zero."""
    counted = RankedToCondorcetVotes().convert(Counter(tiers(candidates, ballot) for ballot in ballots))
    return {pair: counted.get(pair, 0) for pair in itertools.permutations(candidates, 2)}


def winners(elected: list[Any]) -> set[int]:
    return {winner for each in elected for winner in (each if isinstance(each, frozenset) else {each})}


def least_beaten(outcome: Outcome) -> set[int]:
    return {candidate for candidate, worst in outcome.worst.items() if worst == min(outcome.worst.values())}


def check_against_votelib(candidates: Sequence[int], ballots: Sequence[Ballot]) -> None:
    outcome, pairs = decide(candidates, ballots, "salt"), theirs(candidates, ballots)
    assert outcome.pairwise == pairs
    if len(candidates) > 1:
        assert least_beaten(outcome) == winners(MinimaxCondorcet("margins").evaluate(pairs))


@given(elections())
def test_minimax_is_what_votelib_says(election: tuple[list[int], list[Ballot]]) -> None:
    check_against_votelib(*election)


def test_minimax_is_what_votelib_says_of_many_rounds() -> None:
    """As rounds are: three to nine candidates, up to thirty voters, some of whom like much and some little."""
    chance = random.Random(20)
    ties = 0
    for _ in range(400):
        candidates = chance.sample(range(1, 1000), chance.randint(3, 9))
        ballots = []
        for _ in range(chance.randint(1, 30)):
            liked = frozenset(each for each in candidates if chance.random() < 0.35)
            ballots.append(Ballot(liked, chance.choice([*candidates, None] if liked else candidates)))
        check_against_votelib(candidates, ballots)
        ties += len(least_beaten(decide(candidates, ballots, ""))) > 1
    assert 50 < ties < 1000, "ties were tried as well as clear results"


@given(elections(), SALTS)
def test_condorcet_winner_always_wins(election: tuple[list[int], list[Ballot]], salt: str) -> None:
    candidates, ballots = election
    expected = winners(CondorcetWinner().evaluate(theirs(candidates, ballots))) if len(candidates) > 1 else set()
    outcome = decide(candidates, ballots, salt)
    if expected:
        assert {outcome.winner} == expected
        assert outcome.decided_by == "minimax"


@given(elections(), SALTS, st.randoms(use_true_random=False))
def test_ballot_weighs_the_same_whoever_cast_it_and_when(
    election: tuple[list[int], list[Ballot]], salt: str, chance: random.Random
) -> None:
    candidates, ballots = election
    shuffled = chance.sample(ballots, len(ballots))
    assert decide(candidates, ballots, salt) == decide(candidates, shuffled, salt)


@given(elections(), SALTS, st.randoms(use_true_random=False))
def test_candidate_order_on_the_card_is_no_matter(
    election: tuple[list[int], list[Ballot]], salt: str, chance: random.Random
) -> None:
    candidates, ballots = election
    assert decide(chance.sample(candidates, len(candidates)), ballots, salt).order == (
        decide(candidates, ballots, salt).order
    )


@given(elections(), SALTS, st.randoms(use_true_random=False))
def test_candidate_is_no_more_than_another_before_the_draw(
    election: tuple[list[int], list[Ballot]], salt: str, chance: random.Random
) -> None:
    """Neutrality: with other names, the same result under those names, but for what only the draw decides."""
    candidates, ballots = election
    names = dict(zip(candidates, chance.sample(range(1, 10**6), len(candidates)), strict=True))
    renamed = [
        Ballot(frozenset(names[each] for each in ballot.liked), names.get(ballot.favourite or 0)) for ballot in ballots
    ]
    before, after = decide(candidates, ballots, salt), decide(list(names.values()), renamed, salt)
    assert after.worst == {names[each]: worst for each, worst in before.worst.items()}
    assert after.scores == {names[each]: score for each, score in before.scores.items()}
    assert after.decided_by == before.decided_by
    if before.decided_by != "draw":
        assert after.winner == names[before.winner]


@given(elections(), SALTS)
def test_candidate_order_is_by_defeat_then_score_then_lot(election: tuple[list[int], list[Ballot]], salt: str) -> None:
    candidates, ballots = election
    outcome = decide(candidates, ballots, salt)
    assert sorted(outcome.order) == sorted(candidates)
    assert outcome.winner == outcome.order[0]
    keys = [
        (outcome.worst[each], -outcome.scores[each], hashlib.sha256(f"{salt}:{each}".encode()).digest())
        for each in outcome.order
    ]
    assert keys == sorted(keys)
    equal = [key[:2] == keys[0][:2] for key in keys].count(True)
    assert (outcome.decided_by == "draw") == (equal > 1)


@given(elections(), st.data())
def test_liking_the_winner_more_never_hurts_it(election: tuple[list[int], list[Ballot]], data: st.DataObject) -> None:
    """Monotonicity, in the ways in which a ballot can raise the winner and nothing else."""
    candidates, ballots = election
    outcome = decide(candidates, ballots, "salt")
    place = data.draw(st.integers(0, len(ballots) - 1))
    old = ballots[place]
    raised = [Ballot(old.liked | {outcome.winner}, old.favourite)]
    if old.favourite is None:
        raised.append(Ballot(old.liked, outcome.winner))
    for ballot in raised:
        again = decide(candidates, [*ballots[:place], ballot, *ballots[place + 1 :]], "salt")
        assert again.winner == outcome.winner


@given(elections(least=2), st.data())
def test_candidate_that_is_hidden_is_as_if_it_had_never_been_there(
    election: tuple[list[int], list[Ballot]], data: st.DataObject
) -> None:
    candidates, ballots = election
    hidden = data.draw(st.sampled_from(candidates))
    left = [candidate for candidate in candidates if candidate != hidden]
    without = [
        Ballot(ballot.liked - {hidden}, None if ballot.favourite == hidden else ballot.favourite) for ballot in ballots
    ]
    counting = [ballot for ballot in without if ballot.named]
    if counting:
        assert decide(left, ballots, "salt") == decide(left, counting, "salt")
    else:
        with pytest.raises(ValueError, match="nobody voted"):
            decide(left, ballots, "salt")


def test_tally_of_a_round_by_hand() -> None:
    """Nobody beats 1 (it ties with 3), so minimax decides, though 2 has as much of a score as 3."""
    ballots = [Ballot(frozenset({2}), 1), Ballot(frozenset({3}), 2), Ballot(frozenset({1}), 3), Ballot(frozenset({1}))]
    outcome = decide([1, 2, 3], ballots, "salt")
    assert outcome.pairwise == {(1, 2): 3, (2, 1): 1, (1, 3): 2, (3, 1): 2, (2, 3): 2, (3, 2): 1}
    assert outcome.worst == {1: 0, 2: 2, 3: 1}
    assert outcome.scores == {1: 4, 2: 3, 3: 3}
    assert (outcome.winner, outcome.decided_by, outcome.voters) == (1, "minimax", 4)


def test_cycle_by_hand() -> None:
    """1 beats 2, 2 beats 3 and 3 beats 1, each by one ballot of three: all are beaten alike, all have three points."""
    cycle = [Ballot(frozenset({2}), 1), Ballot(frozenset({3}), 2), Ballot(frozenset({1}), 3)]
    outcome = decide([1, 2, 3], cycle, "salt")
    assert (set(outcome.worst.values()), set(outcome.scores.values())) == ({1}, {3})
    assert outcome.decided_by == "draw"
    liked = decide([1, 2, 3], [*cycle, Ballot(frozenset({1, 2, 3}), 2)], "salt")
    assert (liked.winner, liked.decided_by) == (2, "minimax")


@pytest.mark.parametrize(
    ("ballots", "decided_by"),
    [
        ([Ballot(frozenset({1, 2}))], "draw"),
        ([Ballot(frozenset({1})), Ballot(favourite=2)], "score"),
        ([Ballot(frozenset({1, 2}), 1)], "minimax"),
    ],
)
def test_outcome_says_what_decided(ballots: list[Ballot], decided_by: str) -> None:
    outcome = decide([1, 2, 3], ballots, "salt")
    assert outcome.decided_by == decided_by
    assert outcome.order[2] == 3


def test_tally_favourite_counts_for_more_than_a_like() -> None:
    assert [Ballot(frozenset({1}), 1).points(1), Ballot(favourite=1).points(1), Ballot(frozenset({1})).points(1)] == [
        2,
        2,
        1,
    ]
    assert Ballot(frozenset({1}), 2).named == {1, 2}


def test_tally_draw_is_fair_and_binding() -> None:
    tie = [Ballot(frozenset({1, 2, 3}))]
    drawn = Counter(decide([1, 2, 3, 4], tie, f"salt {number}").winner for number in range(3000))
    assert set(drawn) == {1, 2, 3}
    assert all(850 < times < 1150 for times in drawn.values())
    assert commitment("salt") == hashlib.sha256(b"salt").hexdigest()


@pytest.mark.parametrize(
    ("candidates", "ballots"),
    [([], [Ballot(frozenset({1}))]), ([1, 1], [Ballot(frozenset({1}))]), ([1, 2], []), ([1, 2], [Ballot()])],
)
def test_tally_without_choice_or_votes_decides_nothing(candidates: list[int], ballots: list[Ballot]) -> None:
    with pytest.raises(ValueError, match=r"not a choice|nobody voted"):
        decide(candidates, ballots, "salt")

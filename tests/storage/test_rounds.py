"""Rounds: one ballot for each voter whatever they do, one end for each round, and a deadline for each that is open."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from bot.rules.ballots import Ballot
from bot.rules.moods import MoodName
from bot.rules.rounds import Candidate, MoodResult, NewCandidate, Round
from storage.database import Database
from storage.unit_of_work import Snapshot, UnitOfWork
from tests.storage.examples import new_candidate, new_passage, new_round, new_story
from tests.storage.machines import DatabaseMachine

VOTERS = st.integers(1, 5)
PLACES = st.integers(0, 4)


class BallotsMachine(DatabaseMachine):
    """Ballots beside a dictionary: voters cast, change and take back, candidates are hidden, people leave."""

    @initialize()
    def open(self) -> None:
        async def work(tx: UnitOfWork) -> tuple[Round, list[Candidate]]:
            story = await tx.stories.add(new_story(host_id=99), now_ms=1)
            new = [new_candidate(f"text {number}") for number in range(4)]
            round_ = await tx.rounds.add(
                new_round(story.id, opened_by=99), [*new, NewCandidate(text="", none=True)], range(5), now_ms=2
            )
            return round_, await tx.rounds.list_candidates(round_.id)

        self.round, self.candidates = self.write(work)
        self.cast_by: dict[int, Ballot] = {}
        self.hidden: set[int] = set()

    @rule(voter=VOTERS, liked=st.frozensets(PLACES), favourite=st.none() | PLACES, twice=st.booleans())
    def cast(self, voter: int, liked: frozenset[int], favourite: int | None, twice: bool) -> None:
        ids = [candidate.id for candidate in self.candidates]
        ballot = Ballot(frozenset(ids[place] for place in liked), None if favourite is None else ids[favourite])
        for _ in range(1 + twice):  # Discord may deliver a click twice
            self.write(lambda tx: tx.rounds.cast(self.round.id, voter, ballot))
        if ballot.named:
            self.cast_by[voter] = ballot
        else:
            self.cast_by.pop(voter, None)

    @rule(place=PLACES)
    def hide(self, place: int) -> None:
        candidate_id = self.candidates[place].id
        self.write(lambda tx: tx.rounds.hide(candidate_id, 99))
        self.hidden.add(candidate_id)

    @rule(voter=VOTERS)
    def leave(self, voter: int) -> None:
        self.write(lambda tx: tx.privacy.delete(voter))
        self.cast_by.pop(voter, None)

    @rule()
    def restart(self) -> None:
        self.reopen()

    @invariant()
    def each_voter_counts_once(self) -> None:
        async def look(tx: Snapshot) -> tuple[list[Ballot], int, dict[int, Ballot]]:
            own = {voter: await tx.rounds.get_ballot(self.round.id, voter) for voter in range(1, 6)}
            kept = {voter: ballot for voter, ballot in own.items() if ballot is not None}
            return await tx.rounds.list_ballots(self.round.id), await tx.rounds.turnout(self.round.id), kept

        ballots, turnout, own = self.read(look)
        assert own == self.cast_by
        assert Counter(ballots) == Counter(self.cast_by.values())
        assert turnout == sum(bool(ballot.named - self.hidden) for ballot in self.cast_by.values())


TestBallots = BallotsMachine.TestCase
TestBallots.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)


async def begin(tx: UnitOfWork, **options: int) -> Round:
    story = await tx.stories.add(new_story(), now_ms=1)
    return await tx.rounds.add(new_round(story.id, **options), [new_candidate()], [1], now_ms=2)  # type: ignore[arg-type]  # numbers only


async def test_the_order_of_ballots_tells_nothing_of_the_voters(database: Database) -> None:
    voters = random.Random(3).sample(range(1, 10**9), 12)

    async def fill(order: list[int]) -> list[Ballot]:
        async with database.transaction() as tx:
            round_ = await begin(tx)
            ids = [(await tx.rounds.add_candidate(round_.id, new_candidate(str(n)), n, 3)).id for n in range(3)]
            for place, voter in enumerate(order):
                await tx.rounds.cast(round_.id, voter, Ballot(frozenset({ids[place % 3]}), ids[place % 2]))
            first = ids[0]
            return [
                Ballot(frozenset(each - first for each in ballot.liked), (ballot.favourite or 0) - first)
                for ballot in await tx.rounds.list_ballots(round_.id)
            ]

    assert await fill(voters) == await fill(voters[6:] + voters[:6]) == await fill(sorted(voters))


async def test_a_round_closes_once_whoever_tries(database: Database) -> None:
    async with database.transaction() as tx:
        round_ = await begin(tx)

    async def close(winner_id: int) -> bool:
        async with database.transaction() as tx:
            return await tx.rounds.close(
                round_.id, from_state="open", to_state="closed", winner_id=winner_id, closed_ms=winner_id
            )

    closed = await asyncio.gather(*(close(number) for number in range(1, 21)))
    assert sum(closed) == 1
    async with database.reading() as snapshot:
        found = await snapshot.rounds.get(round_.id)
    winner_id = closed.index(True) + 1
    assert found == dataclasses.replace(round_, state="closed", winner_id=winner_id, closed_ms=winner_id)


async def test_candidates_are_kept_whole_and_in_the_order_drawn(database: Database) -> None:
    async with database.transaction() as tx:
        round_ = await begin(tx)
        new = [new_candidate("model's"), new_candidate("person's 人", author_id=8), NewCandidate(text="", none=True)]
        added = [
            await tx.rounds.add_candidate(round_.id, each, place, 9)
            for each, place in zip(new, [2**47, 5, 0], strict=True)
        ]
        first, *_ = await tx.rounds.list_candidates(round_.id)
        assert await tx.rounds.list_candidates(round_.id) == [first, added[1], added[0], added[2]], (
            "none of these comes last"
        )
        for each, stored in zip(new, added, strict=True):
            assert all(getattr(stored, name.name) == getattr(each, name.name) for name in dataclasses.fields(each))
            assert await tx.rounds.get_candidate(stored.id) == stored
        story = await tx.stories.get(round_.story_id)
        assert story is not None
        passage = await tx.passages.add(new_passage(story.tree_id, None), now_ms=1)
        await tx.rounds.hide(added[0].id, 7)
        await tx.rounds.set_passage(added[0].id, passage.id)
        assert await tx.rounds.get_candidate(added[0].id) == dataclasses.replace(
            added[0], hidden_by=7, passage_id=passage.id
        )
        assert await tx.rounds.get_candidate(0) is None


async def test_places_are_drawn_for_all_candidates(database: Database) -> None:
    async with database.transaction() as tx:
        story = await tx.stories.add(new_story(), now_ms=1)
        with pytest.raises(ValueError, match="shorter"):
            await tx.rounds.add(new_round(story.id), [new_candidate(), new_candidate()], [1], now_ms=2)


async def test_deadlines_come_due_in_order(database: Database) -> None:
    async with database.transaction() as tx:
        assert await tx.rounds.next_deadline_ms() is None
        late, early, later = [await begin(tx, deadline_ms=ms) for ms in (300, 100, 500)]
        closed = await begin(tx, deadline_ms=50)
        await tx.rounds.close(closed.id, from_state="open", to_state="cancelled", winner_id=None, closed_ms=3)
        assert await tx.rounds.next_deadline_ms() == 100
        assert [each.id for each in await tx.rounds.list_due(300, 10)] == [early.id, late.id]
        assert [each.id for each in await tx.rounds.list_due(9999, 1)] == [early.id]
        assert await tx.rounds.list_due(99, 10) == []
        saved = dataclasses.replace(early, deadline_ms=900, extended=1, text="else")
        await tx.rounds.save(saved)
        assert await tx.rounds.get(early.id) == saved
        assert [each.id for each in await tx.rounds.list_due(9999, 10)] == [late.id, later.id, early.id]


async def test_what_is_under_way_and_what_is_over(database: Database) -> None:
    async with database.transaction() as tx:
        story = await tx.stories.add(new_story(), now_ms=1)
        writing = await tx.rounds.add(new_round(story.id, state="writing"), now_ms=2)
        opened = await tx.rounds.add(new_round(story.id), now_ms=3)
        for state in ("closed", "lapsed", "cancelled"):
            over = await tx.rounds.add(new_round(story.id), now_ms=4)
            await tx.rounds.close(over.id, from_state="open", to_state=state, winner_id=None, closed_ms=5)
        elsewhere = await begin(tx)
        assert await tx.rounds.list_open(story.id) == [writing, opened]
        assert await tx.rounds.list_writing() == [writing]
        assert await tx.rounds.list_open(elsewhere.story_id) == [elsewhere]
        assert await tx.rounds.get(0) is None


async def test_a_person_reports_once(database: Database) -> None:
    async with database.transaction() as tx:
        round_ = await begin(tx)
        (candidate,) = await tx.rounds.list_candidates(round_.id)
        quiet = await tx.rounds.add_candidate(round_.id, new_candidate("quiet"), 2, 3)
        assert [await tx.rounds.report(candidate.id, person, 5) for person in (7, 8, 7)] == [True, True, False]
        assert await tx.rounds.count_reports(round_.id) == {candidate.id: 2}
        await tx.rounds.settle(candidate.id)
        await tx.rounds.settle(quiet.id)
        assert await tx.rounds.count_reports(round_.id) == {}


async def test_results_of_moods_are_kept_by_server(database: Database) -> None:
    async with database.transaction() as tx:
        moods: tuple[MoodName, ...] = ("wild", "open", "wild")
        for closed_ms, mood in enumerate(moods):
            await tx.mood_results.add(1, mood, candidates=2, won=1, points=3, voters=4, closed_ms=closed_ms)
        await tx.mood_results.add(2, "plain", candidates=1, won=0, points=0, voters=4, closed_ms=9)
        found = await tx.mood_results.by_mood(1)
        assert [each.closed_ms for each in found["wild"]] == [2, 0]
        assert found["open"] == [MoodResult(mood="open", candidates=2, won=1, points=3, voters=4, closed_ms=1)]
        assert found["plain"] == found["steady"] == []
        assert [len(each) for each in (await tx.mood_results.by_mood(1, limit=2)).values()] == [0, 1, 1, 0]

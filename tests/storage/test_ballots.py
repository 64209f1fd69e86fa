"""Ballots: one for each voter, whatever they do."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from bot.rules.ballots import Ballot
from bot.rules.rounds import Candidate, NewCandidate, Round
from storage.database import Database
from storage.unit_of_work import Snapshot, UnitOfWork
from tests.storage.examples import new_candidate, new_round, new_story
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
            self.write(lambda tx: tx.ballots.cast(self.round.id, voter, ballot))
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
            own = {voter: await tx.ballots.get(self.round.id, voter) for voter in range(1, 6)}
            kept = {voter: ballot for voter, ballot in own.items() if ballot is not None}
            return await tx.ballots.list_of_round(self.round.id), await tx.ballots.turnout(self.round.id), kept

        ballots, turnout, own = self.read(look)
        assert own == self.cast_by
        assert Counter(ballots) == Counter(self.cast_by.values())
        assert turnout == sum(bool(ballot.named - self.hidden) for ballot in self.cast_by.values())


TestBallots = BallotsMachine.TestCase
TestBallots.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)


async def test_ballots_order_tells_nothing_of_the_voters(database: Database) -> None:
    voters = random.Random(3).sample(range(1, 10**9), 12)

    async def fill(order: list[int]) -> list[Ballot]:
        async with database.transaction() as tx:
            story = await tx.stories.add(new_story(), now_ms=1)
            round_ = await tx.rounds.add(new_round(story.id), now_ms=2)
            ids = [(await tx.rounds.add_candidate(round_.id, new_candidate(str(n)), n, 3)).id for n in range(3)]
            for place, voter in enumerate(order):
                await tx.ballots.cast(round_.id, voter, Ballot(frozenset({ids[place % 3]}), ids[place % 2]))
            first = ids[0]
            return [
                Ballot(frozenset(each - first for each in ballot.liked), (ballot.favourite or 0) - first)
                for ballot in await tx.ballots.list_of_round(round_.id)
            ]

    assert await fill(voters) == await fill(voters[6:] + voters[:6]) == await fill(sorted(voters))

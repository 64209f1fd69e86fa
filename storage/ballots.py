"""The ballots of rounds. They are read without their voters, but for somebody's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, func, insert, select

from bot.rules.ballots import Ballot
from storage.repository import Repository
from storage.tables import BALLOTS, CANDIDATES

_LIKED, _FAVOURITE = 1, 2
"""The bits of a row's `level`."""

# What each ballot takes is put together once: in a crowd of voters that is a third of the work.
_OF_VOTER = and_(BALLOTS.c.round_id == bindparam("round"), BALLOTS.c.voter_id == bindparam("voter"))
_BALLOT, _TAKE_BACK, _CAST = select(BALLOTS).where(_OF_VOTER), delete(BALLOTS).where(_OF_VOTER), insert(BALLOTS)
"""The statements that read somebody's ballot, delete it, and add to it."""


class BallotReader(Repository):
    """Ballots, to be read."""

    async def get(self, round_id: int, voter_id: int) -> Ballot | None:
        """Return somebody's ballot, None where they have cast none."""
        rows = (await self._connection.execute(_BALLOT, {"round": round_id, "voter": voter_id})).all()
        return _ballot(rows) if rows else None

    async def list_of_round(self, round_id: int) -> list[Ballot]:
        """Return all ballots without their voters, ordered by what is on them, so that the order tells nothing."""
        cast = select(BALLOTS).where(BALLOTS.c.round_id == round_id).order_by(BALLOTS.c.voter_id)
        rows = await self._connection.execute(cast)
        found = [_ballot(theirs) for _, theirs in groupby(rows, key=lambda row: row.voter_id)]
        return sorted(found, key=lambda ballot: (ballot.favourite or 0, sorted(ballot.liked)))

    async def turnout(self, round_id: int) -> int:
        """Return how many have cast a ballot that counts: with something on it that is not hidden."""
        return int((await self._connection.execute(_voters(round_id))).scalar_one())

    async def have_voted(self, round_id: int, people: Collection[int]) -> bool:
        """Tell whether all of these have cast a ballot that counts. Who of them has not is not told."""
        voted = _voters(round_id).where(BALLOTS.c.voter_id.in_(people))
        return int((await self._connection.execute(voted)).scalar_one()) == len(set(people))


class Ballots(BallotReader):
    """A ballot is a row for each candidate that is on it; it is deleted with its round."""

    async def cast(self, round_id: int, voter_id: int, ballot: Ballot) -> None:
        """Put the ballot in the place of whatever the voter cast before; an empty one takes it back."""
        await self._connection.execute(_TAKE_BACK, {"round": round_id, "voter": voter_id})
        levels = dict.fromkeys(sorted(ballot.liked), _LIKED)
        if ballot.favourite is not None:
            levels[ballot.favourite] = levels.get(ballot.favourite, 0) | _FAVOURITE
        rows = [
            {"round_id": round_id, "voter_id": voter_id, "candidate_id": candidate_id, "level": level}
            for candidate_id, level in levels.items()
        ]
        if rows:
            await self._connection.execute(_CAST, rows)


def _voters(round_id: int) -> Select[int]:
    """How many have cast a ballot that counts."""
    return (
        select(func.count(BALLOTS.c.voter_id.distinct()))
        .join(CANDIDATES, CANDIDATES.c.id == BALLOTS.c.candidate_id)
        .where(BALLOTS.c.round_id == round_id, CANDIDATES.c.hidden_by.is_(None))
    )


def _ballot(rows: Iterable[Row[Any]]) -> Ballot:
    levels = {row.candidate_id: row.level for row in rows}
    favourite = next((candidate_id for candidate_id, level in levels.items() if level & _FAVOURITE), None)
    return Ballot(frozenset(candidate_id for candidate_id, level in levels.items() if level & _LIKED), favourite)

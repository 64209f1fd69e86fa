"""Rounds with their candidates and the reports on these. Their ballots are in `ballots.py`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, func, insert, select, update

from bot.rules.rounds import Candidate, NewCandidate, NewRound, Round, RoundState
from storage import dialect
from storage.repository import Repository
from storage.tables import CANDIDATES, REPORTS, ROUNDS

_UNDER_WAY: tuple[RoundState, ...] = ("writing", "open")
"""The states of a round that has not ended."""
_ROUND = select(ROUNDS).where(ROUNDS.c.id == bindparam("round"))
"""Put together once: it is part of each vote."""


class RoundReader(Repository):
    """Rounds with their candidates and reports, to be read."""

    async def get(self, round_id: int) -> Round | None:
        """Return the round, or None where there is none."""
        row = (await self._connection.execute(_ROUND, {"round": round_id})).one_or_none()
        return None if row is None else _round(row)

    async def list_open(self, story_id: int) -> list[Round]:
        """Return the rounds of a story that are being written or open, the oldest first."""
        under_way = select(ROUNDS).where(ROUNDS.c.story_id == story_id, ROUNDS.c.state.in_(_UNDER_WAY))
        return await self._all(under_way.order_by(ROUNDS.c.id))

    async def list_due(self, now_ms: int, limit: int) -> list[Round]:
        """Return the open rounds whose deadline has come (`deadline_ms` <= `now_ms`), the longest overdue first."""
        over = select(ROUNDS).where(ROUNDS.c.state == "open", ROUNDS.c.deadline_ms <= now_ms)
        return await self._all(over.order_by(ROUNDS.c.deadline_ms, ROUNDS.c.id).limit(limit))

    async def next_deadline_ms(self) -> int | None:
        """Return the first deadline of all open rounds (UTC ms), None where none is open."""
        first = select(func.min(ROUNDS.c.deadline_ms)).where(ROUNDS.c.state == "open")
        found: int | None = (await self._connection.execute(first)).scalar_one()
        return found

    async def list_writing(self) -> list[Round]:
        """Return the rounds that models were writing for; after a restart nobody is any more."""
        return await self._all(select(ROUNDS).where(ROUNDS.c.state == "writing").order_by(ROUNDS.c.id))

    async def list_writers(self, story_id: int, since_ms: int, limit: int) -> set[int]:
        """Return who wrote a candidate since then (UTC ms) in one of the story's last `limit` rounds. Whose words a
        model filled did not."""
        last = select(ROUNDS.c.id).where(ROUNDS.c.story_id == story_id).order_by(ROUNDS.c.id.desc()).limit(limit)
        recent = select(CANDIDATES.c.author_id, CANDIDATES.c.receipt).where(
            CANDIDATES.c.round_id.in_(last), CANDIDATES.c.created_ms >= since_ms, CANDIDATES.c.author_id.is_not(None)
        )
        rows = await self._connection.execute(recent)
        return {row.author_id for row in rows if row.receipt is None or row.receipt.by_person}

    async def get_candidate(self, candidate_id: int) -> Candidate | None:
        """Return the candidate, or None where there is none."""
        found = await self._connection.execute(select(CANDIDATES).where(CANDIDATES.c.id == candidate_id))
        row = found.one_or_none()
        return None if row is None else _candidate(row)

    async def list_candidates(self, round_id: int) -> list[Candidate]:
        """Return a round's candidates, hidden ones too, by their place; "none of these" comes last."""
        theirs = select(CANDIDATES).where(CANDIDATES.c.round_id == round_id)
        ordered = theirs.order_by(CANDIDATES.c.none, CANDIDATES.c.place, CANDIDATES.c.id)
        return [_candidate(row) for row in await self._connection.execute(ordered)]

    async def count_reports(self, round_id: int) -> dict[int, int]:
        """Return how many people reported each of a round's candidates; one that nobody did is not in it."""
        counted = (
            select(CANDIDATES.c.id, func.count().label("people"))
            .join(REPORTS, REPORTS.c.candidate_id == CANDIDATES.c.id)
            .where(CANDIDATES.c.round_id == round_id)
            .group_by(CANDIDATES.c.id)
        )
        return {row.id: row.people for row in await self._connection.execute(counted)}

    async def _all(self, statement: Select[Any]) -> list[Round]:
        return [_round(row) for row in await self._connection.execute(statement)]


class Rounds(RoundReader):
    """One aggregate: a round owns its candidates, and what was reported."""

    async def add(
        self,
        new: NewRound,
        candidates: Sequence[NewCandidate] = (),
        places: Sequence[int] = (),
        *,
        now_ms: int,
    ) -> Round:
        """Store a round and return it with its id; `places` are its candidates', drawn at random, one for each."""
        values = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)} | {"opened_ms": now_ms}
        added = (await self._connection.execute(insert(ROUNDS).values(values).returning(ROUNDS))).one()
        for candidate, place in zip(candidates, places, strict=True):
            await self.add_candidate(added.id, candidate, place, now_ms)
        return _round(added)

    async def save(self, round_: Round) -> None:
        """Store all of the round that can change."""
        values = {
            "state": round_.state,
            "opened_by": round_.opened_by,
            "text": round_.text,
            "deadline_ms": round_.deadline_ms,
            "closed_ms": round_.closed_ms,
            "winner_id": round_.winner_id,
            "extended": round_.extended,
        }
        await self._connection.execute(update(ROUNDS).where(ROUNDS.c.id == round_.id).values(values))

    async def close(
        self,
        round_id: int,
        *,
        from_state: RoundState,
        to_state: RoundState,
        winner_id: int | None,
        closed_ms: int | None,
    ) -> bool:
        """Claim a change of state: tell whether the round was in `from_state` and now is in `to_state`. Of several who
        try, one succeeds."""
        claimed = await self._connection.execute(
            update(ROUNDS)
            .where(ROUNDS.c.id == round_id, ROUNDS.c.state == from_state)
            .values(state=to_state, winner_id=winner_id, closed_ms=closed_ms)
        )
        return claimed.rowcount > 0

    # ---- candidates

    async def add_candidate(self, round_id: int, new: NewCandidate, place: int, now_ms: int) -> Candidate:
        """Store a candidate and return it with its id; `place` is drawn at random from the same range for all."""
        values = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)} | {
            "round_id": round_id,
            "place": place,
            "none": int(new.none),
            "created_ms": now_ms,
        }
        added = await self._connection.execute(insert(CANDIDATES).values(values).returning(CANDIDATES))
        return _candidate(added.one())

    async def hide(self, candidate_id: int, by: int) -> None:
        """Hide a candidate in somebody's name."""
        await self._connection.execute(update(CANDIDATES).where(CANDIDATES.c.id == candidate_id).values(hidden_by=by))

    async def set_passage(self, candidate_id: int, passage_id: int) -> None:
        """Note which passage a candidate became."""
        await self._connection.execute(
            update(CANDIDATES).where(CANDIDATES.c.id == candidate_id).values(passage_id=passage_id)
        )

    # ---- reports

    async def report(self, candidate_id: int, person_id: int, now_ms: int) -> bool:
        """Note that somebody reported a candidate; tell whether it is the first time that they did."""
        values = {"candidate_id": candidate_id, "person_id": person_id, "created_ms": now_ms}
        noted = await self._connection.execute(dialect.insert(REPORTS).values(values).on_conflict_do_nothing())
        return noted.rowcount > 0

    async def settle(self, candidate_id: int) -> None:
        """Forget who reported a candidate: somebody who may decide has looked at it."""
        await self._connection.execute(delete(REPORTS).where(REPORTS.c.candidate_id == candidate_id))


def _round(row: Row[Any]) -> Round:
    return Round(**row._mapping)


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(**{**row._mapping, "none": bool(row.none)})

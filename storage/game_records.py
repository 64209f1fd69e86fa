"""What is noted about games besides their course: points, private drafts, pings, and reports of texts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, func, select, tuple_

from storage.dialect import insert
from storage.repository import Repository
from storage.tables import GAME_DRAFTS, GAME_PINGS, GAME_POINTS, GAME_REPORTS, GAME_TEXTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """What somebody has in all: their points, and in how many games they got any."""

    person_id: int
    points: int
    games: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPing:
    """That a seat is told of the turn that began with `move`."""

    id: int
    game_id: int
    seat: int
    move: int
    reminder: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedText:
    """A text of a game as its writer left it, however it is held back, and how many people reported it."""

    slot: str
    seat: int | None
    text: str
    reports: int
    hidden: bool


class GameRecordReader(Repository):
    """Points, drafts, pings and reports, to be read."""

    async def list_points(self, server_id: int, kind: str | None, limit: int, since_ms: int = 0) -> list[Points]:
        """Return who has the most points in a server, of all kinds of games or of one, from a time on (UTC ms); those
        with as many by their number."""
        total = func.sum(GAME_POINTS.c.points).label("points")
        games = func.count(GAME_POINTS.c.game_id.distinct()).label("games")
        theirs = [
            GAME_POINTS.c.server_id == server_id,
            GAME_POINTS.c.person_id.is_not(None),
            GAME_POINTS.c.created_ms >= since_ms,
        ]
        if kind is not None:
            theirs.append(GAME_POINTS.c.kind == kind)
        best = select(GAME_POINTS.c.person_id, total, games).where(*theirs).group_by(GAME_POINTS.c.person_id)
        best = best.order_by(total.desc(), GAME_POINTS.c.person_id).limit(limit)
        return [
            Points(person_id=row.person_id, points=row.points, games=row.games)
            for row in await self._connection.execute(best)
        ]

    async def list_points_of_game(self, game_id: int) -> dict[int, int]:
        """Return the points of a game by seat."""
        points = select(GAME_POINTS.c.seat, func.sum(GAME_POINTS.c.points).label("points"))
        theirs = points.where(GAME_POINTS.c.game_id == game_id).group_by(GAME_POINTS.c.seat)
        return {row.seat: row.points for row in await self._connection.execute(theirs)}

    async def get_draft(self, game_id: int, person_id: int, now_ms: int) -> str:
        """Return what somebody wrote in a game that could not be taken, empty where nothing is kept."""
        theirs = select(GAME_DRAFTS.c.text).where(
            GAME_DRAFTS.c.game_id == game_id, GAME_DRAFTS.c.person_id == person_id, GAME_DRAFTS.c.expires_ms > now_ms
        )
        return (await self._connection.execute(theirs)).scalar_one_or_none() or ""

    async def get_ping(self, ping_id: int) -> StoredPing | None:
        """Return a ping, None where there is none."""
        row = (await self._connection.execute(select(GAME_PINGS).where(GAME_PINGS.c.id == ping_id))).one_or_none()
        return None if row is None else StoredPing(**{**row._mapping, "reminder": bool(row.reminder)})

    async def list_pings(self, game_id: int, turns: Collection[tuple[int, int]]) -> list[int]:
        """Return the numbers of the pings of turns, given as seats and the moves with which they began."""
        theirs = tuple_(GAME_PINGS.c.seat, GAME_PINGS.c.move).in_(sorted(turns))
        pings = select(GAME_PINGS.c.id).where(GAME_PINGS.c.game_id == game_id, theirs)
        return list((await self._connection.execute(pings)).scalars())

    async def is_kept(self, game_id: int, slot: str) -> bool:
        """Tell whether there is such a text, and its writer did not take it back."""
        theirs = select(GAME_TEXTS.c.id).where(
            GAME_TEXTS.c.game_id == game_id, GAME_TEXTS.c.slot == slot, GAME_TEXTS.c.withdrawn == 0
        )
        return (await self._connection.execute(theirs)).one_or_none() is not None

    async def list_reported(self, game_id: int) -> list[ReportedText]:
        """Return the texts of a game that somebody reported or that are held back, the oldest first; none that was
        withdrawn."""
        reports = func.count(GAME_REPORTS.c.person_id)
        texts = (
            select(GAME_TEXTS, reports.label("reports"))
            .outerjoin(GAME_REPORTS, GAME_REPORTS.c.text_id == GAME_TEXTS.c.id)
            .where(GAME_TEXTS.c.game_id == game_id, GAME_TEXTS.c.withdrawn == 0)
            .group_by(GAME_TEXTS.c.id)
            .having((reports > 0) | (GAME_TEXTS.c.hidden > 0))
            .order_by(GAME_TEXTS.c.id)
        )
        return [
            ReportedText(slot=row.slot, seat=row.seat, text=row.text, reports=row.reports, hidden=bool(row.hidden))
            for row in await self._connection.execute(texts)
        ]


class GameRecords(GameRecordReader):
    """Points, drafts, pings and reports."""

    async def add_points(
        self,
        *,
        game_id: int,
        seat: int,
        reason: str,
        server_id: int,
        kind: str,
        person_id: int | None,
        points: int,
        now_ms: int,
    ) -> bool:
        """Note what a seat got; tell False, and note nothing, where it got that before."""
        values = {
            "game_id": game_id,
            "seat": seat,
            "reason": reason,
            "server_id": server_id,
            "kind": kind,
            "person_id": person_id,
            "points": points,
            "created_ms": now_ms,
        }
        added = await self._connection.execute(insert(GAME_POINTS).values(values).on_conflict_do_nothing())
        return added.rowcount > 0

    async def keep_draft(self, game_id: int, person_id: int, text: str, expires_ms: int) -> None:
        """Keep what somebody wrote, instead of anything that is kept of theirs in that game."""
        values = {"text": text, "expires_ms": expires_ms}
        kept = insert(GAME_DRAFTS).values(game_id=game_id, person_id=person_id, **values)
        kept = kept.on_conflict_do_update(index_elements=["game_id", "person_id"], set_=values)
        await self._connection.execute(kept)

    async def forget_draft(self, game_id: int, person_id: int) -> None:
        """Keep somebody's draft no longer."""
        theirs = (GAME_DRAFTS.c.game_id == game_id) & (GAME_DRAFTS.c.person_id == person_id)
        await self._connection.execute(delete(GAME_DRAFTS).where(theirs))

    async def expire_drafts(self, now_ms: int) -> int:
        """Delete the drafts that are past their time, and return how many there were."""
        return (await self._connection.execute(delete(GAME_DRAFTS).where(GAME_DRAFTS.c.expires_ms <= now_ms))).rowcount

    async def add_ping(self, game_id: int, seat: int, move: int, reminder: bool) -> int | None:
        """Note that a seat is told of its turn, and return the number of that; None where it was told before."""
        values = {"game_id": game_id, "seat": seat, "move": move, "reminder": int(reminder)}
        added = insert(GAME_PINGS).values(values).on_conflict_do_nothing().returning(GAME_PINGS.c.id)
        found: int | None = (await self._connection.execute(added)).scalar_one_or_none()
        return found

    async def report(self, game_id: int, slot: str, person_id: int, now_ms: int) -> int | None:
        """Note that somebody reported a text, and return how many people have; None where they had before."""
        text_id = select(GAME_TEXTS.c.id).where(GAME_TEXTS.c.game_id == game_id, GAME_TEXTS.c.slot == slot)
        found: int = (await self._connection.execute(text_id)).scalar_one()
        values = {"text_id": found, "person_id": person_id, "created_ms": now_ms}
        added = await self._connection.execute(insert(GAME_REPORTS).values(values).on_conflict_do_nothing())
        if not added.rowcount:
            return None
        counted = select(func.count()).select_from(GAME_REPORTS).where(GAME_REPORTS.c.text_id == found)
        return int((await self._connection.execute(counted)).scalar_one())

    async def forget_reports(self, game_id: int, slot: str) -> None:
        """Forget who reported a text: somebody who may decide has looked at it."""
        text_id = select(GAME_TEXTS.c.id).where(GAME_TEXTS.c.game_id == game_id, GAME_TEXTS.c.slot == slot)
        await self._connection.execute(delete(GAME_REPORTS).where(GAME_REPORTS.c.text_id.in_(text_id)))

"""Games: their tables, seats and texts. Points, drafts, pings and reports are in `game_records.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, delete, func, insert, or_, select, update

from bot.rules.games.table import GameState, GameText, Seat, Table
from storage import dialect
from storage.game_courses import course_of, table_from
from storage.posts import Posts
from storage.repository import Repository
from storage.tables import GAME_SEATS, GAME_TEXTS, GAMES, PASSAGES, WRITER_PROFILES
from storage.withdrawing import withdraw_game_texts

RUNNING: tuple[GameState, ...] = ("lobby", "playing", "paused")
"""States of games that are not over."""
_THERE = ("in", "resting")
"""Presences of those who sit at a table."""

_WORDS = ("seat", "author_id", "text", "origin", "spans", "created_ms")
"""The columns of what a text says, and of who wrote it when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGame:
    """A game as it is kept: its table, where it is, who sits where (None: somebody who had everything of theirs
    deleted), and the story that it became."""

    table: Table[Any]
    server_id: int
    channel_id: int
    people: Mapping[int, int | None]
    story_id: int | None = None

    def known_seat(self, person_id: int) -> Seat | None:
        """Return somebody's seat, be it that they left; None where they never sat here."""
        return next((seat for seat in self.table.seats if self.people.get(seat.number) == person_id), None)

    def seat_of(self, person_id: int) -> int | None:
        """Return where somebody sits now, None where they do not."""
        seat = self.known_seat(person_id)
        return seat.number if seat is not None and seat.presence in _THERE else None


class GameReader(Repository):
    """Games, to be read."""

    async def get(self, game_id: int) -> StoredGame | None:
        """Return a game; None where there is none, or this version cannot read it."""
        found = await self._all(select(GAMES).where(GAMES.c.id == game_id))
        return found[0] if found else None

    async def list_texts(self, game_id: int) -> tuple[GameText, ...]:
        """Return a game's texts, the oldest first. What is hidden is empty."""
        theirs = select(GAME_TEXTS).where(GAME_TEXTS.c.game_id == game_id)
        rows = sorted(await self._connection.execute(theirs), key=lambda row: int(row.id))
        return tuple(_text(row) for row in rows)

    async def list_running(
        self, *, server_id: int, channel_id: int | None = None, person_id: int | None = None
    ) -> list[StoredGame]:
        """Return a server's games that are not over, the oldest first: all, or those of a channel, or those at which
        somebody sits."""
        found = select(GAMES).where(GAMES.c.server_id == server_id, GAMES.c.state.in_(RUNNING))
        if channel_id is not None:
            found = found.where(GAMES.c.channel_id == channel_id)
        if person_id is not None:
            found = found.where(GAMES.c.id.in_(select(GAME_SEATS.c.game_id).where(_sits(person_id))))
        return await self._all(found.order_by(GAMES.c.id))

    async def list_ids_of(self, person_id: int) -> list[int]:
        """Return the games that are not over at which somebody sits, in all servers."""
        theirs = select(GAME_SEATS.c.game_id).where(_sits(person_id))
        running = select(GAMES.c.id).where(GAMES.c.id.in_(theirs), GAMES.c.state.in_(RUNNING)).order_by(GAMES.c.id)
        return list((await self._connection.execute(running)).scalars())

    async def list_texts_within(self, person_id: int, kinds: Collection[str]) -> dict[int, list[str]]:
        """Return the slots of somebody's texts in games of these kinds that are over, by game."""
        texts = (
            select(GAME_TEXTS.c.game_id, GAME_TEXTS.c.slot)
            .join(GAMES, GAMES.c.id == GAME_TEXTS.c.game_id)
            .where(
                GAME_TEXTS.c.author_id == person_id,
                GAME_TEXTS.c.hidden == 0,
                GAMES.c.kind.in_(sorted(kinds)),
                GAMES.c.state == "ended",
            )
        )
        found: dict[int, list[str]] = {}
        for row in await self._connection.execute(texts):
            found.setdefault(row.game_id, []).append(row.slot)
        return found

    async def list_ids_of_channel(self, channel_id: int) -> list[int]:
        """Return the games of a channel that are not over."""
        running = select(GAMES.c.id).where(GAMES.c.channel_id == channel_id, GAMES.c.state.in_(RUNNING))
        return list((await self._connection.execute(running.order_by(GAMES.c.id))).scalars())

    async def count_running(self, *, server_id: int | None = None, channel_id: int | None = None) -> int:
        """Return how many games are not over in a server, or in a channel."""
        counted = select(func.count()).select_from(GAMES).where(GAMES.c.state.in_(RUNNING))
        if server_id is not None:
            counted = counted.where(GAMES.c.server_id == server_id)
        if channel_id is not None:
            counted = counted.where(GAMES.c.channel_id == channel_id)
        return int((await self._connection.execute(counted)).scalar_one())

    async def count_seats(self, person_id: int) -> int:
        """Return in how many games that are not over somebody plays, in all servers."""
        theirs = select(GAME_SEATS.c.game_id).where(_sits(person_id), GAME_SEATS.c.role == "player")
        counted = select(func.count()).select_from(GAMES)
        counted = counted.where(GAMES.c.id.in_(theirs), GAMES.c.state.in_(RUNNING))
        return int((await self._connection.execute(counted)).scalar_one())

    async def list_due(self, now_ms: int, limit: int) -> list[int]:
        """Return the ids of games that need a tick (UTC ms), the longest waiting first."""
        due = select(GAMES.c.id).where(GAMES.c.due_ms <= now_ms).order_by(GAMES.c.due_ms).limit(limit)
        return list((await self._connection.execute(due)).scalars())

    async def next_ms(self) -> int | None:
        """Return when the next game needs a tick (UTC ms), None where none does."""
        first = select(func.min(GAMES.c.due_ms)).where(GAMES.c.due_ms.is_not(None))
        found: int | None = (await self._connection.execute(first)).scalar_one()
        return found

    async def list_asking(self) -> list[StoredGame]:
        """Return the games that wait for the models, the oldest first."""
        found = await self._all(select(GAMES).where(GAMES.c.asking > 0))
        return sorted(found, key=lambda stored: stored.table.id)

    async def _all(self, statement: Select[Any]) -> list[StoredGame]:
        rows = list(await self._connection.execute(statement))
        seats = await self._seats([row.id for row in rows])
        found = []
        for row in rows:
            theirs = seats.get(row.id, [])
            table = table_from(row.id, row.kind, row.course, [seat for seat, _ in theirs])
            if table is not None:
                people = {seat.number: person_id for seat, person_id in theirs}
                found.append(
                    StoredGame(
                        table=table,
                        server_id=row.server_id,
                        channel_id=row.channel_id,
                        people=people,
                        story_id=row.story_id,
                    )
                )
        return found

    async def _seats(self, game_ids: Sequence[int]) -> dict[int, list[tuple[Seat, int | None]]]:
        """Return the seats of games with who sits there, by game and then by number; what people want of models stands
        in their profiles."""
        if not game_ids:
            return {}
        profile = and_(
            WRITER_PROFILES.c.server_id == GAMES.c.server_id, WRITER_PROFILES.c.person_id == GAME_SEATS.c.person_id
        )
        seats = (
            select(GAME_SEATS, func.coalesce(WRITER_PROFILES.c.no_ai, 0).label("no_ai"))
            .join(GAMES, GAMES.c.id == GAME_SEATS.c.game_id)
            .outerjoin(WRITER_PROFILES, profile)
            .where(GAME_SEATS.c.game_id.in_(game_ids))
            .order_by(GAME_SEATS.c.game_id, GAME_SEATS.c.number)
        )
        found: dict[int, list[tuple[Seat, int | None]]] = {}
        for row in await self._connection.execute(seats):
            found.setdefault(row.game_id, []).append((_seat(row), row.person_id))
        return found


class Games(GameReader):
    """One aggregate: a game owns its seats and texts."""

    async def add(
        self, table: Table[Any], *, server_id: int, channel_id: int, people: Mapping[int, int | None], now_ms: int
    ) -> StoredGame:
        """Store a new game, and return it with its number."""
        values = _values(table, now_ms) | {
            "server_id": server_id,
            "channel_id": channel_id,
            "kind": table.kind,
            "version": table.version,
            "seed": table.seed,
            "created_ms": table.created_ms,
        }
        added = await self._connection.execute(insert(GAMES).values(values).returning(GAMES.c.id))
        game_id = int(added.scalar_one())
        await self._save_seats(game_id, table.seats, people)
        stored = await self.get(game_id)
        assert stored is not None, "it was added"
        return stored

    async def save(self, before: StoredGame, after: StoredGame, now_ms: int) -> bool:
        """Store what a step made of a game; tell False, and store nothing, where another step was faster."""
        same = and_(GAMES.c.id == before.table.id, GAMES.c.move == before.table.move)
        changed = update(GAMES).where(same).values(**_values(after.table, now_ms), version=after.table.version)
        if not (await self._connection.execute(changed)).rowcount:
            return False
        known = {seat.number: (seat, before.people.get(seat.number)) for seat in before.table.seats}
        seats = [seat for seat in after.table.seats if known.get(seat.number) != (seat, after.people.get(seat.number))]
        await self._save_seats(before.table.id, seats, after.people)
        gone = known.keys() - {seat.number for seat in after.table.seats}
        if gone:
            theirs = and_(GAME_SEATS.c.game_id == before.table.id, GAME_SEATS.c.number.in_(sorted(gone)))
            await self._connection.execute(delete(GAME_SEATS).where(theirs))
        return True

    async def put_texts(self, game_id: int, texts: Collection[GameText], people: Mapping[int, int | None]) -> None:
        """Store texts, in the place of those that have their slots. One that is hidden keeps its words where it comes
        without any; one that was withdrawn is gone for good."""
        if not texts:
            return
        values = [
            {
                "game_id": game_id,
                "slot": text.slot,
                "seat": text.seat,
                "author_id": None if text.seat is None else people.get(text.seat),
                "text": text.text,
                "origin": text.origin,
                "spans": text.spans,
                "hidden": int(text.hidden),
                "created_ms": text.created_ms,
            }
            for text in texts
        ]
        put = dialect.insert(GAME_TEXTS)
        # A hidden text is known to the rules without its words, also as it comes to be shown again.
        unknown = and_(put.excluded.text == "", or_(GAME_TEXTS.c.hidden == 1, put.excluded.hidden == 1))
        words = {name: case((unknown, GAME_TEXTS.c[name]), else_=put.excluded[name]) for name in _WORDS}
        put = put.on_conflict_do_update(
            index_elements=["game_id", "slot"],
            set_={"hidden": put.excluded.hidden, **words},
            where=GAME_TEXTS.c.withdrawn == 0,
        )
        await self._connection.execute(put, values)

    async def withdraw(self, game_id: int, *slots: str) -> None:
        """Empty texts for good, wherever their words are kept, and have what shows them shown anew."""
        theirs = and_(GAME_TEXTS.c.game_id == game_id, GAME_TEXTS.c.slot.in_(slots))
        await withdraw_game_texts(self._connection, theirs)

    async def carry_over(self, game_id: int, slots: Collection[str]) -> None:
        """Let the passages that texts became say what these say now, and have them shown anew."""
        theirs = select(GAME_TEXTS).where(
            GAME_TEXTS.c.game_id == game_id,
            GAME_TEXTS.c.slot.in_(slots),
            GAME_TEXTS.c.passage_id.is_not(None),
            GAME_TEXTS.c.hidden == 0,
            GAME_TEXTS.c.withdrawn == 0,
        )
        for row in list(await self._connection.execute(theirs)):
            same = PASSAGES.c.id == row.passage_id
            values = {"text": row.text, "spans": row.spans, "origin": row.origin}
            await self._connection.execute(update(PASSAGES).where(same).values(values))
            await Posts(self._connection).requeue("passage", [row.passage_id])

    async def postpone(self, game_id: int, due_ms: int | None) -> None:
        """Let a game wait until then (UTC ms), or for somebody."""
        await self._connection.execute(update(GAMES).where(GAMES.c.id == game_id).values(due_ms=due_ms))

    async def set_story(self, game_id: int, story_id: int) -> None:
        """Note which story a game became."""
        await self._connection.execute(update(GAMES).where(GAMES.c.id == game_id).values(story_id=story_id))

    async def set_passages(self, game_id: int, passages: Mapping[str, int]) -> None:
        """Note which passage a text is, by its slot: whoever withdraws one withdraws both."""
        for slot, passage_id in passages.items():
            theirs = and_(GAME_TEXTS.c.game_id == game_id, GAME_TEXTS.c.slot == slot)
            await self._connection.execute(update(GAME_TEXTS).where(theirs).values(passage_id=passage_id))

    async def _save_seats(self, game_id: int, seats: Collection[Seat], people: Mapping[int, int | None]) -> None:
        if not seats:
            return
        values = [
            {
                "game_id": game_id,
                "number": seat.number,
                "person_id": people.get(seat.number),
                "pen_name": seat.pen_name,
                "role": seat.role,
                "presence": seat.presence,
                "missed": seat.missed,
                "joined_ms": seat.joined_ms,
            }
            for seat in seats
        ]
        put = dialect.insert(GAME_SEATS)
        changed = ("person_id", "pen_name", "role", "presence", "missed", "joined_ms")
        put = put.on_conflict_do_update(
            index_elements=["game_id", "number"], set_={name: put.excluded[name] for name in changed}
        )
        await self._connection.execute(put, values)


def _sits(person_id: int) -> ColumnElement[bool]:
    return and_(GAME_SEATS.c.person_id == person_id, GAME_SEATS.c.presence.in_(_THERE))


def _values(table: Table[Any], now_ms: int) -> dict[str, Any]:
    """The columns that change with each step."""
    return {
        "state": table.state,
        "move": table.move,
        "due_ms": due_of(table, now_ms),
        "asking": len(table.requests) if table.state == "playing" else 0,
        "course": course_of(table),
        "changed_ms": now_ms,
    }


def due_of(table: Table[Any], now_ms: int) -> int | None:
    """Return when a table needs a tick next: something is due, or is to be asked of the models only then (UTC ms)."""
    asked = [request.after_ms for request in table.requests if request.after_ms > now_ms]
    times = [table.due_ms, *(asked if table.state == "playing" else ())]
    return min((time for time in times if time is not None), default=None)


def _seat(row: Row[Any]) -> Seat:
    return Seat(
        number=row.number,
        pen_name=row.pen_name,
        role=row.role,
        presence=row.presence,
        missed=row.missed,
        joined_ms=row.joined_ms,
        no_ai=bool(row.no_ai),
    )


def _text(row: Row[Any]) -> GameText:
    hidden = bool(row.hidden or row.withdrawn)
    return GameText(
        slot=row.slot,
        seat=row.seat,
        text="" if hidden else row.text,
        origin=row.origin,
        created_ms=row.created_ms,
        spans=() if hidden else row.spans,
        hidden=hidden,
    )

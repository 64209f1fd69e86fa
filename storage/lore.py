"""Memory and lore, and the votes on entries that were proposed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, or_, select, update

from bot.rules.lore import LoreEntry, LoreKind, LoreState
from storage import dialect
from storage.repository import Repository
from storage.tables import LORE, LORE_VOTES


class LoreReader(Repository):
    """Memory and lore, and the votes on them."""

    async def get(self, lore_id: int) -> LoreEntry | None:
        """Return the entry, or None where there is none."""
        row = (await self._connection.execute(select(LORE).where(LORE.c.id == lore_id))).one_or_none()
        return None if row is None else _entry(row)

    async def tally(self, lore_id: int) -> tuple[int, int]:
        """Return how many are for an entry, and how many against it."""
        counted = select(
            func.count().label("people"), func.coalesce(func.sum(LORE_VOTES.c.agrees), 0).label("agreeing")
        )
        row = (await self._connection.execute(counted.where(LORE_VOTES.c.lore_id == lore_id))).one()
        return row.agreeing, row.people - row.agreeing

    async def list_ratified(self, server_id: int, story_id: int | None) -> list[LoreEntry]:
        """Return what models are told in a story: the server's ratified entries, then the story's, the oldest first."""
        theirs = _heard(server_id, story_id).where(LORE.c.state == "ratified")
        return await self._all(theirs.order_by(LORE.c.story_id.is_not(None), LORE.c.id))

    async def list_entries(
        self,
        server_id: int,
        story_id: int | None,
        *,
        kinds: Collection[LoreKind] = ("memory", "lore"),
        states: Collection[LoreState] = ("ratified", "proposed"),
        limit: int,
        offset: int = 0,
    ) -> list[LoreEntry]:
        """Return the entries of one story, or with None of the server as a whole, the newest first."""
        theirs = select(LORE).where(
            LORE.c.server_id == server_id,
            LORE.c.story_id == story_id,
            LORE.c.kind.in_(sorted(kinds)),
            LORE.c.state.in_(sorted(states)),
        )
        return await self._all(theirs.order_by(LORE.c.id.desc()).limit(limit).offset(offset))

    async def count(
        self, server_id: int, story_id: int | None, *, states: Collection[LoreState] = ("ratified", "proposed")
    ) -> int:
        """Return how many entries one story has, or with None the server as a whole."""
        counted = select(func.count()).where(
            LORE.c.server_id == server_id, LORE.c.story_id == story_id, LORE.c.state.in_(sorted(states))
        )
        return int((await self._connection.execute(counted)).scalar_one())

    async def _all(self, statement: Select[Any]) -> list[LoreEntry]:
        return [_entry(row) for row in await self._connection.execute(statement)]


class Lore(LoreReader):
    """One aggregate: an entry owns the votes on it."""

    async def add(
        self,
        *,
        server_id: int,
        story_id: int | None,
        kind: LoreKind,
        triggers: Sequence[str],
        text: str,
        state: LoreState,
        proposed_by: int | None,
        now_ms: int,
    ) -> LoreEntry:
        """Store an entry and return it with its id."""
        values = {
            "server_id": server_id,
            "story_id": story_id,
            "kind": kind,
            "triggers": list(triggers),
            "text": text,
            "state": state,
            "proposed_by": proposed_by,
            "created_ms": now_ms,
        }
        return _entry((await self._connection.execute(insert(LORE).values(values).returning(LORE))).one())

    async def save(self, entry: LoreEntry) -> None:
        """Store all of the entry that can change: its triggers, text and state."""
        values = {"triggers": list(entry.triggers), "text": entry.text, "state": entry.state}
        await self._connection.execute(update(LORE).where(LORE.c.id == entry.id).values(values))

    async def set_state(self, lore_id: int, state: LoreState, *, from_state: LoreState | None = None) -> bool:
        """Set an entry's state, on request only from another; tell whether it was set."""
        entry = update(LORE).where(LORE.c.id == lore_id)
        if from_state is not None:
            entry = entry.where(LORE.c.state == from_state)
        return (await self._connection.execute(entry.values(state=state))).rowcount > 0

    async def delete(self, lore_id: int) -> bool:
        """Delete an entry with its votes; tell whether it was there."""
        return (await self._connection.execute(delete(LORE).where(LORE.c.id == lore_id))).rowcount > 0

    async def vote(self, lore_id: int, person_id: int, agrees: bool) -> None:
        """Note what somebody thinks of an entry, in the place of what they thought before."""
        values = {"lore_id": lore_id, "person_id": person_id, "agrees": int(agrees)}
        await self._connection.execute(
            dialect.insert(LORE_VOTES)
            .values(values)
            .on_conflict_do_update(index_elements=["lore_id", "person_id"], set_={"agrees": int(agrees)})
        )


def _heard(server_id: int, story_id: int | None) -> Select[Any]:
    here: ColumnElement[bool] = LORE.c.story_id.is_(None)
    if story_id is not None:
        here = or_(here, LORE.c.story_id == story_id)
    return select(LORE).where(LORE.c.server_id == server_id, here)


def _entry(row: Row[Any]) -> LoreEntry:
    return LoreEntry(**{**row._mapping, "triggers": tuple(row.triggers)})

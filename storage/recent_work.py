"""Whether somebody stored the same text in the same place within some time: as a passage, candidate, entry or story."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Table, and_, select

from bot.rules.lore import LoreKind
from storage.repository import Repository
from storage.tables import CANDIDATES, LORE, PASSAGES, ROUNDS, STORIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Who kept something, and from `since_ms` to `until_ms` (UTC milliseconds, both included)."""

    person_id: int
    since_ms: int
    until_ms: int


class RecentWork(Repository):
    """Looks for what somebody stored within some time."""

    async def wrote(self, kept: Kept, story_id: int, text: str) -> bool:
        """Tell whether they wrote `text` as a passage of the story's tree, or as a candidate for it."""
        tree = select(STORIES.c.tree_id).where(STORIES.c.id == story_id).scalar_subquery()
        as_passage = and_(PASSAGES.c.author_id == kept.person_id, PASSAGES.c.text == text, PASSAGES.c.tree_id == tree)
        rounds = select(ROUNDS.c.id).where(ROUNDS.c.story_id == story_id)
        as_candidate = and_(
            CANDIDATES.c.author_id == kept.person_id, CANDIDATES.c.text == text, CANDIDATES.c.round_id.in_(rounds)
        )
        return await self._any(kept, PASSAGES, as_passage) or await self._any(kept, CANDIDATES, as_candidate)

    async def proposed(self, kept: Kept, server_id: int, story_id: int | None, kind: LoreKind, text: str) -> bool:
        """Tell whether they proposed that entry for the story, or for the server as a whole."""
        where = LORE.c.story_id.is_(None) if story_id is None else LORE.c.story_id == story_id
        own = and_(LORE.c.proposed_by == kept.person_id, LORE.c.server_id == server_id, where)
        return await self._any(kept, LORE, and_(own, LORE.c.kind == kind, LORE.c.text == text))

    async def began(self, kept: Kept, server_id: int, channel_id: int, title: str) -> bool:
        """Tell whether they began a story of that title in that channel."""
        own = and_(STORIES.c.host_id == kept.person_id, STORIES.c.server_id == server_id)
        return await self._any(kept, STORIES, and_(own, STORIES.c.channel_id == channel_id, STORIES.c.title == title))

    async def _any(self, kept: Kept, table: Table, same: ColumnElement[bool]) -> bool:
        then = table.c.created_ms.between(kept.since_ms, kept.until_ms)
        found: Select[tuple[int]] = select(table.c.id).where(same, then).limit(1)
        return (await self._connection.execute(found)).first() is not None

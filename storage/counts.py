"""Counts of stories, rounds and posts in all servers, for the host of the bot."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from storage.repository import Repository
from storage.tables import POSTS, ROUNDS, STORIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Stories, not counting deleted ones; rounds under way, being written or open; posts that Discord does not show
    yet."""

    stories: int
    rounds: int
    posts: int


class Counter(Repository):
    """The queries for `Counts`."""

    async def get(self) -> Counts:
        """Return all counts."""
        return Counts(
            stories=await self._count(STORIES.c.state != "deleted"),
            rounds=await self._count(ROUNDS.c.state.in_(("writing", "open"))),
            posts=await self._count(POSTS.c.wanted > POSTS.c.shown),
        )

    async def _count(self, which: ColumnElement[bool]) -> int:
        return int((await self._connection.execute(select(func.count()).where(which))).scalar_one())

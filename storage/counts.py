"""How much there is of everything, for whoever hosts the bot."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from storage.tables import POSTS, ROUNDS, STORIES
from storage.writer import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Stories, not counting deleted ones; rounds under way, being written or open; posts that Discord does not show
    yet."""

    stories: int
    rounds: int
    posts: int


async def take_census(connection: Connection) -> Census:
    """Count what there is in all servers."""
    return Census(
        stories=await _count(connection, STORIES.c.state != "deleted"),
        rounds=await _count(connection, ROUNDS.c.state.in_(("writing", "open"))),
        posts=await _count(connection, POSTS.c.wanted > POSTS.c.shown),
    )


async def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    return int((await connection.execute(select(func.count()).where(which))).scalar_one())

"""How much there is of everything, for whoever hosts the bot."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

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
    stories = select(func.count()).select_from(STORIES).where(STORIES.c.state != "deleted")
    rounds = select(func.count()).select_from(ROUNDS).where(ROUNDS.c.state.in_(("writing", "open")))
    posts = select(func.count()).select_from(POSTS).where(POSTS.c.wanted > POSTS.c.shown)
    counted = select(stories.scalar_subquery(), rounds.scalar_subquery(), posts.scalar_subquery())
    row = (await connection.execute(counted)).one()
    return Census(stories=row[0], rounds=row[1], posts=row[2])

"""Stories: their heads on trees, the people who have a role in them, and their final deletion."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any, get_args

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, insert, select, update

from bot.rules.stories import NewStory, Role, Standing, Story, StoryRules, StoryState
from bot.rules.text.characters import caseless
from storage import dialect
from storage.repository import Repository
from storage.tables import GAME_TEXTS, GAMES, LORE, PASSAGES, POSTS, ROUNDS, STORIES, STORY_PEOPLE, TREES

ROLES: tuple[Role, ...] = get_args(Role)
"""All roles."""


class StoryReader(Repository):
    """Stories and who has a role in them, to be read."""

    async def get(self, story_id: int) -> Story | None:
        """Return the story, whatever its state, or None where it was deleted for good."""
        return await self._one(select(STORIES).where(STORIES.c.id == story_id))

    async def get_by_thread(self, thread_id: int) -> Story | None:
        """Return the story whose thread that is."""
        return await self._one(select(STORIES).where(STORIES.c.thread_id == thread_id))

    async def list_of_server(
        self,
        server_id: int,
        *,
        states: Collection[StoryState],
        limit: int,
        offset: int = 0,
        prefix: str = "",
        outside: Collection[int] = (),
    ) -> list[Story]:
        """Return a server's stories in these states whose title has `prefix` in it in any case, the last changed first;
        none of the channels `outside`."""
        found = select(STORIES).where(_of_server(server_id, states, outside))
        if wanted := caseless(prefix):
            found = found.where(func.instr(func.caseless(STORIES.c.title), wanted) > 0)
        return await self._all(_newest(found).limit(limit).offset(offset))

    async def list_with_lengths(
        self,
        server_id: int,
        *,
        states: Collection[StoryState],
        limit: int,
        offset: int = 0,
        outside: Collection[int] = (),
    ) -> list[tuple[Story, int]]:
        """Return a server's stories as `list_of_server` does, each with the number of its passages."""
        length = select(PASSAGES.c.depth).where(PASSAGES.c.id == STORIES.c.head_id).scalar_subquery()
        found = select(STORIES, func.coalesce(length, 0).label("length"))
        page = _newest(found.where(_of_server(server_id, states, outside))).limit(limit).offset(offset)
        rows = await self._connection.execute(page)
        return [(_story(row), row.length) for row in rows]

    async def count(self, server_id: int, states: Collection[StoryState], outside: Collection[int] = ()) -> int:
        """Return how many stories of the server are in these states, leaving out the channels `outside`."""
        counted = select(func.count()).select_from(STORIES).where(_of_server(server_id, states, outside))
        return int((await self._connection.execute(counted)).scalar_one())

    async def list_of_tree(self, tree_id: int) -> list[Story]:
        """Return the stories on a tree, deleted ones too, the oldest first."""
        return await self._all(select(STORIES).where(STORIES.c.tree_id == tree_id).order_by(STORIES.c.id))

    async def list_purgeable(self, now_ms: int) -> list[Story]:
        """Return the deleted stories whose time of grace is over (`purge_ms` <= `now_ms`), the oldest first."""
        over = select(STORIES).where(STORIES.c.purge_ms <= now_ms)
        return await self._all(over.order_by(STORIES.c.purge_ms, STORIES.c.id))

    async def next_purge_ms(self) -> int | None:
        """Return when the next deleted story is to be purged (UTC ms), None where there is none."""
        found: int | None = (await self._connection.execute(select(func.min(STORIES.c.purge_ms)))).scalar_one()
        return found

    async def people(self, story_id: int) -> dict[Role, frozenset[int]]:
        """Return who has which role in the story; every role is there."""
        rows = await self._connection.execute(select(STORY_PEOPLE).where(STORY_PEOPLE.c.story_id == story_id))
        found = [(row.role, row.person_id) for row in rows]
        return {role: frozenset(person for theirs, person in found if theirs == role) for role in ROLES}

    async def get_standing(self, story: Story, person_id: int, manages: bool) -> Standing:
        """Return the person's standing in the story; `manages`: they may manage the Discord server."""
        theirs = select(STORY_PEOPLE.c.role).where(
            STORY_PEOPLE.c.story_id == story.id, STORY_PEOPLE.c.person_id == person_id
        )
        roles = set((await self._connection.execute(theirs)).scalars())
        return Standing(
            person_id=person_id,
            manages=manages,
            host=story.host_id == person_id,
            cohost="cohost" in roles,
            invited="invited" in roles,
        )

    async def _one(self, statement: Select[Any]) -> Story | None:
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else _story(row)

    async def _all(self, statement: Select[Any]) -> list[Story]:
        return [_story(row) for row in await self._connection.execute(statement)]


class Stories(StoryReader):
    """One aggregate: a story owns its roles; it stands on a tree that others may stand on, too."""

    async def add(
        self,
        new: NewStory,
        *,
        tree_id: int | None = None,
        head_id: int | None = None,
        fork_of: int | None = None,
        now_ms: int,
    ) -> Story:
        """Store an open story and return it with its id; without a `tree_id` it stands on a tree of its own."""
        if tree_id is None:
            planted = await self._connection.execute(insert(TREES).values(created_ms=now_ms).returning(TREES.c.id))
            tree_id = planted.scalar_one()
        values = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)} | {
            "tree_id": tree_id,
            "fork_of": fork_of,
            "thread_id": None,
            "rules": dataclasses.asdict(new.rules),
            "state": "open",
            "head_id": head_id,
            "created_ms": now_ms,
            "changed_ms": now_ms,
        }
        added = await self._connection.execute(insert(STORIES).values(values).returning(STORIES))
        return _story(added.one())

    async def save(self, story: Story) -> None:
        """Store all of the story that can change."""
        values = {
            "channel_id": story.channel_id,
            "thread_id": story.thread_id,
            "title": story.title,
            "premise": story.premise,
            "rules": dataclasses.asdict(story.rules),
            "state": story.state,
            "head_id": story.head_id,
            "redo_id": story.redo_id,
            "host_id": story.host_id,
            "changed_ms": story.changed_ms,
            "purge_ms": story.purge_ms,
        }
        await self._connection.execute(update(STORIES).where(STORIES.c.id == story.id).values(values))

    async def purge(self, story_id: int) -> None:
        """Delete a story with its rounds, lore, roles, posts and the texts of the game that it was, and its tree where
        no other story stands on it."""
        story = await self.get(story_id)
        if story is None:
            return
        await self._forget_posts(story)
        games = select(GAMES.c.id).where(GAMES.c.story_id == story_id)
        await self._connection.execute(delete(GAME_TEXTS).where(GAME_TEXTS.c.game_id.in_(games)))
        await self._connection.execute(delete(STORIES).where(STORIES.c.id == story_id))
        others = select(STORIES.c.id).where(STORIES.c.tree_id == story.tree_id).exists()
        await self._connection.execute(delete(TREES).where(TREES.c.id == story.tree_id, ~others))

    async def set_role(self, story_id: int, person_id: int, role: Role, present: bool) -> None:
        """Give somebody a role in the story, or take it away."""
        values = {"story_id": story_id, "person_id": person_id, "role": role}
        if present:
            await self._connection.execute(dialect.insert(STORY_PEOPLE).values(values).on_conflict_do_nothing())
        else:
            theirs = [STORY_PEOPLE.c[name] == value for name, value in values.items()]
            await self._connection.execute(delete(STORY_PEOPLE).where(*theirs))

    async def _forget_posts(self, story: Story) -> None:
        """Forget what is on show of a story: by what it shows, and by its thread. Prose of a tree that stays, too, was
        posted in a thread: the other stories' prose is in theirs."""
        shows = (
            ("story", select(STORIES.c.id).where(STORIES.c.id == story.id)),
            ("round", select(ROUNDS.c.id).where(ROUNDS.c.story_id == story.id)),
            ("lore", select(LORE.c.id).where(LORE.c.story_id == story.id)),
            ("game", select(GAMES.c.id).where(GAMES.c.story_id == story.id)),
            ("reveal", select(GAMES.c.id).where(GAMES.c.story_id == story.id)),
        )
        for kind, ids in shows:
            await self._connection.execute(delete(POSTS).where(POSTS.c.kind == kind, POSTS.c.ref_id.in_(ids)))
        if story.thread_id is not None:
            await self._connection.execute(delete(POSTS).where(POSTS.c.channel_id == story.thread_id))
        if len(await self.list_of_tree(story.tree_id)) == 1:
            ids = select(PASSAGES.c.id).where(PASSAGES.c.tree_id == story.tree_id)
            await self._connection.execute(delete(POSTS).where(POSTS.c.kind == "passage", POSTS.c.ref_id.in_(ids)))


def _of_server(server_id: int, states: Collection[StoryState], outside: Collection[int]) -> ColumnElement[bool]:
    theirs = and_(STORIES.c.server_id == server_id, STORIES.c.state.in_(sorted(states)))
    return and_(theirs, STORIES.c.channel_id.not_in(sorted(outside))) if outside else theirs


def _newest(stories: Select[Any]) -> Select[Any]:
    return stories.order_by(STORIES.c.changed_ms.desc(), STORIES.c.id.desc())


def _story(row: Row[Any]) -> Story:
    columns = {column.name: row._mapping[column.name] for column in STORIES.c}
    return Story(**{**columns, "rules": StoryRules(**row.rules)})

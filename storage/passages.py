"""Passages: the trees that stories stand on. A path is walked from its head towards the root, by primary key."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Row,
    ScalarSelect,
    Select,
    cast,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy import literal as sql

from bot.rules.stories import BEGINNING, NewPassage, Passage, TreeNode
from storage.columns import WHOLE
from storage.repository import Repository, values_of
from storage.tables import PASSAGES
from storage.withdrawing import withdraw

_REPEATED = (
    *("tree_id", "text", "author_id", "pen_name", "origin", "spans", "round_id", "receipt", "created_ms"),
    "withdrawn",
)
"""What a passage has in common with its copy on another branch."""
_AT_ONCE = 2000
"""Ids in one statement: SQLite takes 32,766 parameters."""
_ORIGINAL = func.coalesce(PASSAGES.c.original_id, PASSAGES.c.id)
"""The id of the passage of which one is a copy, or its own where it is none."""


class PassageReader(Repository):
    """The passages of all trees, to be read."""

    async def get(self, passage_id: int) -> Passage | None:
        """Return the passage, or None where there is none."""
        row = (await self._connection.execute(select(PASSAGES).where(PASSAGES.c.id == passage_id))).one_or_none()
        return None if row is None else _passage(row)

    async def get_many(self, ids: Sequence[int]) -> dict[int, Passage]:
        """Return those of the passages that are there, by their ids."""
        found: dict[int, Passage] = {}
        for start in range(0, len(ids), _AT_ONCE):
            some = select(PASSAGES).where(PASSAGES.c.id.in_(ids[start : start + _AT_ONCE]))
            found |= {passage.id: passage for passage in await self._all(some)}
        return found

    async def list_canon(self, head_id: int, *, limit: int | None = None) -> list[Passage]:
        """Return the path from the root to the head in reading order; with a `limit` only its last passages."""
        last = _depth_of(head_id)
        first = sql(1) if limit is None else last - limit + 1
        return await self._between(head_id, first, last)

    async def list_canon_page(self, head_id: int, first_depth: int, last_depth: int) -> list[Passage]:
        """Return the passages of the path to the head at these depths (counted from 1, both ends included)."""
        return await self._between(head_id, sql(first_depth), sql(last_depth))

    async def is_on_path(self, passage_id: int, head_id: int) -> bool:
        """Tell whether the passage stands on the path from the root to the head."""
        path = _path(head_id, _depth_of(passage_id))
        found = await self._connection.execute(select(path.c.id).where(path.c.id == passage_id))
        return found.one_or_none() is not None

    async def is_told(self, passage: Passage, head_id: int) -> bool:
        """Tell whether the passage, or another one with its words, stands on the path from the root to the head."""
        same = _with_words_of(passage)
        first = select(func.min(PASSAGES.c.depth)).where(same).scalar_subquery()
        path = _path(head_id, first)
        told = select(path.c.id).join(PASSAGES, PASSAGES.c.id == path.c.id).where(same).limit(1)
        return (await self._connection.execute(told)).one_or_none() is not None

    async def list_recent(self, tree_id: int, since_ms: int, limit: int) -> list[Passage]:
        """Return which of the last `limit` passages that somebody added to the tree are not older than `since_ms` (UTC
        ms), the oldest first; copies are none."""
        added = select(PASSAGES.c.id).where(PASSAGES.c.tree_id == tree_id, PASSAGES.c.original_id.is_(None))
        last = added.order_by(PASSAGES.c.id.desc()).limit(limit)
        recent = select(PASSAGES).where(PASSAGES.c.id.in_(last), PASSAGES.c.created_ms >= since_ms)
        return await self._all(recent.order_by(PASSAGES.c.id))

    async def list_nodes(self, tree_id: int) -> list[TreeNode]:
        """Return the whole tree without its texts, the oldest passage first: parents before their children."""
        names = [field.name for field in dataclasses.fields(TreeNode) if field.name != "beginning"]
        beginning = func.substr(PASSAGES.c.text, 1, BEGINNING).label("beginning")
        nodes = select(*(PASSAGES.c[name] for name in names), beginning).where(PASSAGES.c.tree_id == tree_id)
        rows = await self._connection.execute(nodes.order_by(PASSAGES.c.id))
        return await values_of(rows, lambda row: TreeNode(**{**row._mapping, "withdrawn": bool(row.withdrawn)}))

    async def _between(self, head_id: int, first: ColumnElement[int], last: ColumnElement[int]) -> list[Passage]:
        path = _path(head_id, first)
        found = select(PASSAGES).join(path, path.c.id == PASSAGES.c.id).where(path.c.depth <= last)
        return await self._all(found.order_by(PASSAGES.c.depth))

    async def _all(self, statement: Select[Any]) -> list[Passage]:
        return await values_of(await self._connection.execute(statement), _passage)


class Passages(PassageReader):
    """The passages of all trees."""

    async def add(self, new: NewPassage, *, now_ms: int) -> Passage:
        """Store a passage behind its parent, without moving any head, and return it with its id and depth."""
        values = {field.name: getattr(new, field.name) for field in dataclasses.fields(new)} | {
            "depth": 1 if new.parent_id is None else _depth_of(new.parent_id) + 1,
            "created_ms": now_ms,
        }
        added = await self._connection.execute(insert(PASSAGES).values(values).returning(PASSAGES))
        return _passage(added.one())

    async def copy_path(self, after_id: int | None, first_id: int, head_id: int) -> int:
        """Repeat the passages from `first_id` to `head_id` (on one path) as a chain behind `after_id` (None: as a
        root), and return the id of the last.

        Raises `ValueError` where they are not on one path.
        """
        if not await self.is_on_path(first_id, head_id):
            raise ValueError(f"{first_id} is not on the path to {head_id}")
        first = await self._repeat_first(after_id, first_id, head_id)
        if first_id == head_id:
            return int(first.id)
        new_id = first.id + PASSAGES.c.depth - first.original_depth
        path = _path(head_id, sql(first.original_depth + 1))
        rest = select(
            *(PASSAGES.c[name] for name in _REPEATED),
            _ORIGINAL.label("original_id"),
            new_id.label("id"),
            (new_id - 1).label("parent_id"),
            (PASSAGES.c.depth + first.depth - first.original_depth).label("depth"),
        ).join(path, path.c.id == PASSAGES.c.id)
        columns = [*_REPEATED, "original_id", "id", "parent_id", "depth"]
        await self._connection.execute(insert(PASSAGES).from_select(columns, rest))
        return int(first.id + first.head_depth - first.original_depth)

    async def withdraw(self, passage_id: int) -> list[int]:
        """Empty a passage and every copy of it, so that only its place is left, and return their ids. Its words go
        from the rounds about it, too, and all that shows it is due; see `storage.withdrawing`."""
        original = select(_ORIGINAL).where(PASSAGES.c.id == passage_id)
        return await withdraw(self._connection, original)

    async def _repeat_first(self, after_id: int | None, first_id: int, head_id: int) -> Row[Any]:
        """Repeat one passage behind `after_id`; return the copy's `id` and `depth`, the original's and the head's
        depth. Ids rise and are never used again: all above this one are free for the rest of the chain, while this
        transaction is alone on the database."""
        depth = 1 if after_id is None else _depth_of(after_id) + 1
        first = select(
            *(PASSAGES.c[name] for name in _REPEATED),
            _ORIGINAL.label("original_id"),
            cast(after_id, WHOLE).label("parent_id"),
            cast(depth, Integer).label("depth"),
        ).where(PASSAGES.c.id == first_id)
        columns = [*_REPEATED, "original_id", "parent_id", "depth"]
        copied = insert(PASSAGES).from_select(columns, first)
        depths = _depth_of(first_id).label("original_depth"), _depth_of(head_id).label("head_depth")
        returned = await self._connection.execute(copied.returning(PASSAGES.c.id, PASSAGES.c.depth, *depths))
        return returned.one()


def _with_words_of(passage: Passage) -> ColumnElement[bool]:
    """The original of a passage, and all its copies."""
    original = passage.original_id or passage.id
    return or_(PASSAGES.c.id == original, PASSAGES.c.original_id == original)


def _depth_of(passage_id: int) -> ScalarSelect[int]:
    return select(PASSAGES.c.depth).where(PASSAGES.c.id == passage_id).scalar_subquery()


def _path(head_id: int, first: ColumnElement[int]) -> CTE:
    """The ids and depths of the path to the head, down to the depth `first`."""
    columns = (PASSAGES.c.id, PASSAGES.c.parent_id, PASSAGES.c.depth)
    path = select(*columns).where(PASSAGES.c.id == head_id, PASSAGES.c.depth >= first).cte("path", recursive=True)
    return path.union_all(select(*columns).join(path, PASSAGES.c.id == path.c.parent_id).where(path.c.depth > first))


def _passage(row: Row[Any]) -> Passage:
    return Passage(**{**row._mapping, "withdrawn": bool(row.withdrawn)})

"""What exports and maps of a story are made of, read from one state of the database: its tree, text and branches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import BadInput
from bot.rules.stories import Passage, Story, TreeNode
from bot.stories.branches import branches_of, path_of
from storage.database import Database
from storage.unit_of_work import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryTree:
    """The tree that a story stands on, parents before their children; the ids of the story's canon from the root to its
    head; and all stories that stand on the tree and were not deleted, if only to an empty head."""

    nodes: Sequence[TreeNode]
    canon: Sequence[int]
    stories: Sequence[Story]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """The text of a story: its canon, and the chains of passages that left it, each in reading order. `now_ms` is when
    it was read (UTC milliseconds)."""

    canon: Sequence[Passage]
    branches: Sequence[Sequence[Passage]]
    now_ms: int


class PublishingService:
    """Reads what exports and maps are made of. Both raise `BadInput` (`story_empty`) where nothing is written yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tree(self, story: Story) -> StoryTree:
        """Return what the map of a story shows."""
        if story.head_id is None:
            raise BadInput("story_empty")
        async with self._database.reading() as tx:
            nodes = await tx.passages.list_nodes(story.tree_id)
            on_tree = await tx.stories.list_of_tree(story.tree_id)
        alive = [each for each in on_tree if each.state != "deleted"]
        return StoryTree(nodes=nodes, canon=path_of(nodes, story.head_id), stories=alive)

    async def manuscript(self, story: Story, *, branches: bool) -> Manuscript:
        """Return what a book of a story is made of, on request with its branches."""
        if story.head_id is None:
            raise BadInput("story_empty")
        async with self._database.reading() as tx:
            canon = await tx.passages.list_canon(story.head_id)
            left = await _branches(tx, story, canon) if branches else []
            return Manuscript(canon=canon, branches=left, now_ms=tx.now_ms)


async def _branches(tx: Snapshot, story: Story, canon: Sequence[Passage]) -> list[list[Passage]]:
    """Return what left canon; what a copy in the canon repeats is told there already."""
    nodes = await tx.passages.list_nodes(story.tree_id)
    told = {passage.id for passage in canon} | {passage.original_id or passage.id for passage in canon}
    chains = await asyncio.to_thread(branches_of, nodes, told)
    found = await tx.passages.get_many([node.id for chain in chains for node in chain])
    return [[found[node.id] for node in chain] for chain in chains]

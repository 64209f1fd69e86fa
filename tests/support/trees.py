"""What stands where on the tree of a story."""

from __future__ import annotations

from bot.rules.stories import Passage
from storage.unit_of_work import Snapshot


async def children(tx: Snapshot, tree_id: int, parent_id: int | None) -> list[Passage]:
    """Return what stands directly behind a passage, the oldest first; None for the roots of the tree."""
    ids = [node.id for node in await tx.passages.list_nodes(tree_id) if node.parent_id == parent_id]
    found = await tx.passages.get_many(ids)
    return [found[each] for each in ids]

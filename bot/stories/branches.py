"""A story on its tree: the path to its head, and the chains of passages that left it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from bot.rules.stories import TreeNode


def path_of(nodes: Sequence[TreeNode], head_id: int) -> list[int]:
    """Return the ids from the root to the head."""
    parents = {node.id: node.parent_id for node in nodes}
    path: list[int] = []
    at: int | None = head_id
    while at is not None:
        path.append(at)
        at = parents[at]
    return path[::-1]


def branches_of(nodes: Sequence[TreeNode], told: Collection[int]) -> list[list[TreeNode]]:
    """Return the chains of a tree that are not `told`, each in reading order, so that every passage is in one.

    `nodes` are those of the tree, parents before their children. A chain goes on with the first of several children;
    the others begin chains of their own.
    """
    told = set(told)
    children: defaultdict[int | None, list[TreeNode]] = defaultdict(list)
    for node in nodes:
        children[node.parent_id].append(node)
    chains: list[list[TreeNode]] = []
    within: set[int] = set()
    for node in nodes:
        if node.id in told or node.id in within:
            continue
        chain = [node]
        while onward := [child for child in children[chain[-1].id] if child.id not in told]:
            chain.append(onward[0])
        within.update(each.id for each in chain)
        chains.append(chain)
    return chains

"""What a map of a tree shows, row by row: canon runs down the first lane, branches leave it to the right.

A row's branches stand between it and the row in which its own lane goes on, so that no line ever crosses another. A
tree that is too large is thinned: the ends that matter least are left out, and long chains without a branch become
one row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bot.rules.stories import TreeNode

MAX_ROWS = 56
"""Rows of a map at most."""
MAX_LANES = 14
"""Lanes of a map at most."""
WHOLE = 30
"""Up to so many passages every one has a row of its own."""
MIN_CHAIN = 3
"""So many passages in a row, at least, are shown as one gap."""
NEAR = 3
"""How many passages before a head are shown, for the first FEW heads."""
FEW = 4
"""See NEAR."""
MANY = 12
"""How many heads that stand on others' ways have a row to themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A passage, or `count` of them in a chain, of which `node` is the last. `number` counts from 1; `parent` is the
    number of the row before it on the tree, None at a root; `titles` are of the stories whose head it is;
    `left_out` is how many ends of branches behind it are not shown."""

    number: int
    node: TreeNode
    count: int
    lane: int
    parent: int | None
    canon: bool
    titles: tuple[str, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of a map from top to bottom; how many passages and branches the tree has, and how many of the passages
    are left out."""

    rows: tuple[Row, ...]
    passages: int
    branches: int
    left_out: int

    @property
    def lane_count(self) -> int:
        """Return how many lanes stand beside each other."""
        return max((row.lane for row in self.rows), default=-1) + 1


def lay_out(nodes: Sequence[TreeNode], heads: Sequence[tuple[str, int]], canon_ids: Sequence[int]) -> Layout:
    """Lay out a tree. As many ends of branches are shown as fit into `MAX_ROWS` and `MAX_LANES`: the head of canon
    first, then other stories' heads, then the newest. Heads that are not among the nodes are ignored."""
    tree = _Tree(nodes, heads, canon_ids)
    low, high = min(1, len(tree.ends)), len(tree.ends)
    while low < high:
        middle = (low + high + 1) // 2
        steps = tree.walk(tree.ranks(middle))
        if len(steps) <= MAX_ROWS and max(step.lane for step in steps) < MAX_LANES:
            low = middle
        else:
            high = middle - 1
    return tree.layout(low)


@dataclass(frozen=True, slots=True)
class _Step:
    """A row in the making: the passages that share it, its lane, and the place of the row before it on the tree."""

    chain: Sequence[int]
    lane: int
    parent: int | None


class _Tree:
    """The whole tree, and what of it a map with some of its ends would show. All walks are loops: a story may have
    more passages than Python has frames."""

    def __init__(self, nodes: Sequence[TreeNode], heads: Sequence[tuple[str, int]], canon_ids: Sequence[int]) -> None:
        self.nodes: Mapping[int, TreeNode] = {node.id: node for node in sorted(nodes, key=lambda node: node.id)}
        self.parents: Mapping[int, int | None] = {
            node.id: node.parent_id if node.parent_id in self.nodes else None for node in self.nodes.values()
        }
        self.canon = frozenset(canon_ids)
        self.titles: defaultdict[int, list[str]] = defaultdict(list)
        for title, head_id in heads:
            if head_id in self.nodes:
                self.titles[head_id].append(title)
        inner = set(self.parents.values())
        leaves = [node_id for node_id in self.nodes if node_id not in inner]
        self.leaves = len(leaves)
        main = canon_ids[-1] if canon_ids else None
        self.ends = sorted({*leaves, *self.titles}, key=lambda end: (end != main, end not in self.titles, -end))

    def layout(self, ends: int) -> Layout:
        """Return the map that shows the first `ends` ends."""
        ranks = self.ranks(ends)
        hidden = self._hidden(ranks)
        rows = [
            Row(
                number=number,
                node=self.nodes[step.chain[-1]],
                count=len(step.chain),
                lane=step.lane,
                parent=None if step.parent is None else step.parent + 1,
                canon=step.chain[-1] in self.canon,
                titles=tuple(title for node_id in step.chain for title in self.titles.get(node_id, ())),
                left_out=sum(hidden[node_id] for node_id in step.chain),
            )
            for number, step in enumerate(self.walk(ranks), 1)
        ]
        return Layout(tuple(rows), len(self.nodes), max(0, self.leaves - 1), len(self.nodes) - len(ranks))

    def ranks(self, ends: int) -> dict[int, int]:
        """Return the nodes on the way to the first `ends` ends, with the place of the first that is reached through
        each."""
        ranks: dict[int, int] = {}
        for rank, end in enumerate(self.ends[:ends]):
            at: int | None = end
            while at is not None and at not in ranks:
                ranks[at] = rank
                at = self.parents[at]
        return ranks

    def walk(self, ranks: Mapping[int, int]) -> list[_Step]:
        """Return the rows from top to bottom."""
        kids: defaultdict[int | None, list[int]] = defaultdict(list)
        for node_id in ranks:
            kids[self.parents[node_id]].append(node_id)
        for siblings in kids.values():
            if len(siblings) > 1:
                self._order(siblings, ranks)
        fixed = self._fixed(kids, ranks)
        steps: list[_Step] = []
        todo: list[tuple[int, int, int | None]] = [(root, 0, None) for root in kids[None][::-1]]
        while todo:
            first, lane, parent = todo.pop()
            step = _Step(_chain(first, kids, fixed), lane, parent)
            here = len(steps)
            steps.append(step)
            todo += [(child, lane + (place > 0), here) for place, child in enumerate(kids[step.chain[-1]])]
        return steps

    def _order(self, siblings: list[int], ranks: Mapping[int, int]) -> None:
        """Put siblings as they come on the stack: the one in which the lane goes on first, so that it is drawn last;
        then the others, the newest first."""
        main = min(siblings, key=lambda sibling: (sibling not in self.canon, ranks[sibling]))
        siblings.sort(key=lambda sibling: (sibling != main, -sibling))

    def _hidden(self, shown: Mapping[int, int]) -> defaultdict[int | None, int]:
        """Return how many ends are left out behind each shown node."""
        ends = set(self.ends)
        behind: defaultdict[int | None, int] = defaultdict(int)
        for node_id in sorted(self.nodes, key=lambda node_id: -self.nodes[node_id].depth):
            if node_id not in shown:
                behind[self.parents[node_id]] += max(behind[node_id], int(node_id in ends))
        return behind

    def _fixed(self, kids: Mapping[int | None, Sequence[int]], ranks: Mapping[int, int]) -> AbstractSet[int]:
        """Return the nodes that have a row to themselves."""
        if len(self.nodes) <= WHOLE:
            return self.nodes.keys()
        fixed = {node_id for node_id in ranks if len(kids.get(node_id, ())) != 1}
        for siblings in kids.values():
            fixed.update(siblings[1:])
        fixed.update(kids.get(None, ()))
        heads = [end for end in self.ends if end in self.titles and end in ranks]
        for place, head in enumerate(heads[:MANY]):
            at: int | None = head
            for _ in range(1 + (NEAR if place < FEW else 0)):
                if at is not None:
                    fixed.add(at)
                    at = self.parents[at]
        return fixed


def _chain(first: int, kids: Mapping[int | None, Sequence[int]], fixed: AbstractSet[int]) -> list[int]:
    """Return the nodes that share a row with `first`: those behind it that need none of their own, if they are
    enough to make it shorter."""
    chain = [first]
    if first not in fixed:
        while (following := kids[chain[-1]][0]) not in fixed:
            chain.append(following)
    return chain if len(chain) >= MIN_CHAIN else chain[:1]

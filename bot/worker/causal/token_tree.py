"""Texts that share their beginnings, as a tree of tokens behind one left context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from bot.worker.batching import Pass, Work

ROOT = -1
"""The number of the place behind the context, as the parent of a tree's first tokens."""


class TreeRunner(Protocol):
    """A way to run a causal model over trees. What it keeps of a tree is `Tree.memory`."""

    most: int
    """Tokens that passes of several trees may have together to be one; 0 where a tree is always run alone."""

    def run(self, growths: Sequence[Growth]) -> list[Tensor]:
        """Return the log-probabilities of what comes behind the asked nodes of each, float32 [asked, vocabulary]."""

    def beginning(self, memory: Any, count: int) -> Any:
        """Return what is kept of the first `count` tokens of a tree that is a chain without a prefix; None where that
        cannot be told from the rest."""


class Tree:
    """Tokens behind `prefix`, numbered from 0 as they come; `ROOT` is the prefix's end. Without a prefix: from
    nothing."""

    def __init__(self, tree_runner: TreeRunner, prefix: Tree | None = None) -> None:
        self.prefix = prefix
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.depths: list[int] = []
        self.memory: Any = None
        self._grower = tree_runner

    def __len__(self) -> int:
        return len(self.tokens)

    def beginning(self, count: int) -> Tree:
        """A tree of its own with the first `count` tokens of this one, which is a chain without a prefix; an empty one
        where these cannot be had."""
        found = Tree(self._grower)
        found.memory = self._grower.beginning(self.memory, count)
        if found.memory is not None:
            found.tokens, found.parents, found.depths = self.tokens[:count], self.parents[:count], self.depths[:count]
        return found

    @property
    def behind(self) -> int:
        """How many tokens stand before the tree."""
        return 0 if self.prefix is None else len(self.prefix)

    def path(self, node: int) -> list[int]:
        """The numbers of the tokens from the prefix to `node`, itself included."""
        nodes: list[int] = []
        while node != ROOT:
            nodes.append(node)
            node = self.parents[node]
        return nodes[::-1]

    def grow(self, tokens: Sequence[int], parents: Sequence[int], asked: Sequence[int]) -> Work[Tensor]:
        """Add tokens in one pass; a parent may be one of them that stands earlier.

        Returns the log-probabilities of what comes behind the nodes `asked` (numbers of new ones), float32
        [asked, vocabulary].
        """
        first = len(self)
        self.tokens += tokens
        self.parents += parents
        for parent in parents:
            self.depths.append(0 if parent == ROOT else self.depths[parent] + 1)
        table: Tensor = yield Pass(self._grower.run, Growth(self, first, asked), len(tokens), self._grower.most)
        return table


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """What a pass adds to a tree: its nodes from `first` on. What comes behind the nodes `asked` is
    wanted, as log-probabilities."""

    tree: Tree
    first: int
    asked: Sequence[int]

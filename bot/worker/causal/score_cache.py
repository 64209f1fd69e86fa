"""What has grown behind a left context, and the log-probabilities that were read off it.

An infill looks at one place several times: it searches for fills there, then it reads the likeliest with the first
words of the right text, then the best of these with more. What an earlier look computed is still there for the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from bot.worker.batching import Work
from bot.worker.causal.packed_runner import PASS_TOKENS
from bot.worker.causal.token_tree import ROOT, Tree


@dataclass(slots=True)
class _Needed:
    """What a question takes beyond what is known: new tokens, numbered from `first`, and what is asked behind them."""

    first: int
    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    asked: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))


class ScoreCache:
    """A tree whose tokens can be found again. `following` are the log-probabilities at its root, float32 [vocabulary],
    or empty where they are not wanted: 0 stands for them then.

    Whoever has it uses it alone, and drops it where a pass fails.
    """

    def __init__(self, tree: Tree, following: Tensor) -> None:
        self.following = following
        self._tree = tree
        self._nodes: dict[tuple[int, int], int] = {}
        self._known: dict[tuple[int, int], float] = {}

    def grow(self, tokens: Sequence[int], parents: Sequence[int]) -> Work[tuple[range, Tensor]]:
        """Add tokens; return their nodes and what may come behind each, float32 [tokens, vocabulary]."""
        first = len(self._tree)
        nodes = range(first, first + len(tokens))
        table = yield from self._tree.grow(tokens, parents, nodes)
        self._nodes.update(zip(zip(parents, tokens, strict=True), nodes, strict=True))
        return nodes, table

    def note(self, node: int, token: int, value: float) -> None:
        """Keep log p of `token` behind `node`: tables are too large to be kept."""
        self._known[node, token] = value

    def log_probs(self, rows: Sequence[Sequence[int]]) -> Work[list[list[float]]]:
        """Return log p of each token of each row, with passes for what is not known yet."""
        needed = _Needed(len(self._tree))
        paths = [list(self._path(row, needed)) for row in rows]
        for at in range(0, len(needed.tokens), PASS_TOKENS):
            part = slice(at, at + PASS_TOKENS)
            tokens, first = needed.tokens[part], needed.first + at
            asked = [node for node in range(first, first + len(tokens)) if node in needed.asked]
            table = yield from self._tree.grow(tokens, needed.parents[part], asked)
            self._pick(table, asked, needed.asked)
        return [
            [self._value(node, token) for node, token in zip(path, row, strict=True)]
            for path, row in zip(paths, rows, strict=True)
        ]

    def _path(self, row: Sequence[int], needed: _Needed) -> Iterator[int]:
        """The nodes that the tokens of a row stand behind. The last token needs none of its own: nothing is asked
        behind it."""
        node = ROOT
        for place, token in enumerate(row):
            yield node
            if place + 1 < len(row):
                node = self._node(node, token, row[place + 1], needed)

    def _node(self, parent: int, token: int, then: int, needed: _Needed) -> int:
        """The node of a token, behind which `then` is asked: a new one unless that is known of the old."""
        node = self._nodes.get((parent, token))
        if node is None or (node < needed.first and (node, then) not in self._known):
            node = self._nodes[parent, token] = needed.first + len(needed.tokens)
            needed.tokens.append(token)
            needed.parents.append(parent)
        if node >= needed.first:
            needed.asked[node].add(then)
        return node

    def _pick(self, table: Tensor, asked: Sequence[int], wanted: dict[int, set[int]]) -> None:
        """Note the wanted log-probabilities behind the nodes `asked`."""
        pairs = [(place, node, token) for place, node in enumerate(asked) for token in wanted[node]]
        places = torch.tensor([place for place, _, _ in pairs], device=table.device)
        tokens = torch.tensor([token for _, _, token in pairs], device=table.device)
        for (_, node, token), value in zip(pairs, table[places, tokens].tolist(), strict=True):
            self.note(node, token, value)

    def _value(self, node: int, token: int) -> float:
        if node == ROOT:
            return float(self.following[token]) if len(self.following) else 0.0
        return self._known[node, token]

"""What a packed pass does for each tree, and how the work is divided: which tokens see which, what a tree remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bot.inference.causal.trees import ROOT, Growth, Tree

UNEVEN = 1.4
"""How many times its due the largest share may have; else torch's own threads do better."""


KeysValues = tuple[Tensor, Tensor]
"""A layer's keys and values of some tokens, each [1, heads, tokens, head size]."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a tree's own tokens leave behind in each layer, and which of them see which, bool [tokens, tokens]."""

    layers: dict[int, KeysValues]
    sees: Tensor

    @classmethod
    def of(cls, tree: Tree | None) -> Memory:
        """What `tree` has so far."""
        if tree is None or tree.memory is None:
            return cls({}, torch.zeros(0, 0, dtype=torch.bool))
        memory: Memory = tree.memory
        return memory


class Step:
    """What a pass does for one tree."""

    def __init__(self, growth: Growth) -> None:
        self.growth = growth
        self.before = Memory.of(growth.tree)
        self.trunk = Memory.of(growth.tree.trunk)
        self.sees = _sight(self.before.sees, growth.tree.parents)

    def branches(self) -> list[list[int]]:
        """The new nodes, those together that see each other."""
        first, parents = self.growth.first, self.growth.tree.parents
        tops: list[int] = []
        found: dict[int, list[int]] = {}
        for node in range(first, len(parents)):
            tops.append(node if parents[node] < first else tops[parents[node] - first])
            found.setdefault(tops[-1], []).append(node)
        return list(found.values())

    def finish(self, parts: Sequence[Part]) -> Tensor:
        """Give the tree what its parts remember; return their logits as they were asked for."""
        first, nodes = self.growth.first, [node for part in parts for node in part.nodes]
        order = torch.tensor([*range(first), *(first + nodes.index(node) for node in sorted(nodes))])
        layers = {layer: self._grown(layer, parts, order) for layer in parts[0].layers}
        self.growth.tree.memory = Memory(layers, self.sees)
        answered = [part.nodes[place] for part in parts for place in part.asked]
        logits = torch.cat([part.logits for part in parts])
        return logits[torch.tensor([answered.index(node) for node in self.growth.asked])]

    @torch.inference_mode()
    def _grown(self, layer: int, parts: Sequence[Part], order: Tensor) -> KeysValues:
        """One layer's keys and values of all tokens of the tree; what stands for them in `parts` is in `order`."""
        known = [self.before.layers[layer]] if layer in self.before.layers else []
        keys, values = zip(*known, *(part.layers[layer] for part in parts), strict=True)
        order = order.to(keys[0].device)
        return torch.cat(keys, dim=2)[:, :, order], torch.cat(values, dim=2)[:, :, order]


class Part:
    """Nodes of one tree in one share: they see each other, what the tree had before, and nothing else. `logits` are
    there after the pass, float32 [asked, vocabulary]."""

    logits: Tensor

    def __init__(self, step: Step, nodes: Sequence[int]) -> None:
        tree, first = step.growth.tree, step.growth.first
        self.step = step
        self.nodes = list(nodes)
        self.tokens = [tree.tokens[node] for node in nodes]
        self.positions = [tree.behind + tree.depths[node] for node in nodes]
        wanted = set(step.growth.asked)
        self.asked = [place for place, node in enumerate(nodes) if node in wanted]
        self.layers: dict[int, KeysValues] = {}
        own = step.sees[self.nodes][:, [*range(first), *nodes]]
        self._sees = torch.cat([torch.ones(len(nodes), tree.behind, dtype=torch.bool), own], dim=1)

    def settle(self, begin: int, dtype: torch.dtype, device: str) -> None:
        """Take a place in the share's sequence, from `begin` on."""
        self.place = slice(begin, begin + len(self.nodes))
        self.mask = torch.zeros(self._sees.shape, dtype=dtype).masked_fill_(~self._sees, -torch.inf).to(device)

    def remember(self, layer: int, keys: Tensor, values: Tensor) -> KeysValues:
        """Take a layer's keys and values of the whole sequence; return all that these nodes look at."""
        new = self.layers[layer] = keys[:, :, self.place], values[:, :, self.place]
        known = [have.layers[layer] for have in (self.step.trunk, self.step.before) if layer in have.layers]
        seen = list(zip(*known, new, strict=True))
        return torch.cat(seen[0], dim=2), torch.cat(seen[1], dim=2)


def divide(steps: Sequence[Step], count: int) -> list[list[Part]]:
    """Divide what is to be done into about equal shares, or leave it whole."""
    branches = [(step, nodes) for step in steps for nodes in step.branches()]
    total = sum(len(nodes) for _, nodes in branches)
    shares: list[dict[Step, list[int]]] = [{} for _ in range(count)]
    sizes = [0] * count
    passed = 0
    for step, nodes in branches:
        at = min(count - 1, (passed + len(nodes) // 2) * count // total)
        shares[at].setdefault(step, []).extend(nodes)
        sizes[at] += len(nodes)
        passed += len(nodes)
    if max(sizes) * count > UNEVEN * total:
        return [[Part(step, range(step.growth.first, len(step.growth.tree))) for step in steps]]
    return [[Part(step, sorted(nodes)) for step, nodes in share.items()] for share in shares]


def _sight(known: Tensor, parents: Sequence[int]) -> Tensor:
    """Let each new token see itself and what its parent sees."""
    count = len(parents)
    sees = torch.zeros(count, count, dtype=torch.bool)
    sees[: len(known), : len(known)] = known
    for node in range(len(known), count):
        if parents[node] != ROOT:
            sees[node] = sees[parents[node]]
        sees[node, node] = True
    return sees

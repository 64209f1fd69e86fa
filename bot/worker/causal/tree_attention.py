"""What a packed pass does for each tree, and how the work is divided: which tokens see which, what a tree remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from queue import SimpleQueue

import torch
from torch import Tensor

from bot.worker.causal.token_tree import ROOT, Growth, Tree
from bot.worker.compute_threads import HALVES

KeysValues = tuple[Tensor, Tensor]
"""A layer's keys and values of some tokens, each [heads, tokens, head size]."""


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

    def beginning(self, count: int) -> Memory:
        """What the first `count` tokens leave behind."""
        layers = {layer: (keys[:, :count], values[:, :count]) for layer, (keys, values) in self.layers.items()}
        return Memory(layers, self.sees[:count, :count])


class Step:
    """What a pass does for one tree. `table` has the log-probabilities behind its asked nodes, float32 [asked,
    vocabulary]: each part writes its own there."""

    def __init__(self, growth: Growth, vocabulary: int, device: str) -> None:
        self.growth = growth
        self.table = torch.empty(len(growth.asked), vocabulary, dtype=torch.float32, device=device)
        self.before = Memory.of(growth.tree)
        self.prefix = Memory.of(growth.tree.prefix)
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

    def finish(self, parts: Sequence[Part]) -> None:
        """Give the tree what its parts remember."""
        self.growth.tree.memory = Memory(self._grown(parts), self.sees)

    @torch.inference_mode()
    def _grown(self, parts: Sequence[Part]) -> dict[int, KeysValues]:
        """Each layer's keys and values of all tokens of the tree, in their order."""
        known = [self.before.layers] if self.before.layers else []
        every = [*known, *(part.layers for part in parts)]
        together = {layer: _in_a_row([layers[layer] for layers in every]) for layer in parts[0].layers}
        nodes = [*range(self.growth.first), *(node for part in parts for node in part.nodes)]
        if nodes == sorted(nodes):
            return together
        order = torch.tensor(sorted(range(len(nodes)), key=nodes.__getitem__), device=self.table.device)
        return {layer: (keys[:, order], values[:, order]) for layer, (keys, values) in together.items()}


class Part:
    """Nodes of one tree in one share. Each sees its ancestors: among them, in what the tree had before, and in the part
    that they are `behind`."""

    def __init__(self, step: Step, nodes: Sequence[int], behind: Part | None = None) -> None:
        tree, first = step.growth.tree, step.growth.first
        self.step = step
        self.nodes = list(nodes)
        self.tokens = [tree.tokens[node] for node in nodes]
        self.positions = [tree.behind + tree.depths[node] for node in nodes]
        places = {node: place for place, node in enumerate(nodes)}
        self._slots = [slot for slot, node in enumerate(step.growth.asked) if node in places]
        self.asked = [places[step.growth.asked[slot]] for slot in self._slots]
        self.layers: dict[int, KeysValues] = {}
        self._handed: SimpleQueue[KeysValues | None] = SimpleQueue()
        sees = step.sees[self.nodes]
        self._ahead = behind if behind is not None and bool(sees[:, behind.nodes].any()) else None
        own = sees[:, [*range(first), *(self._ahead.nodes if self._ahead else ()), *nodes]]
        self._sees = torch.cat([torch.ones(len(nodes), tree.behind, dtype=torch.bool), own], dim=1)

    def settle(self, begin: int, dtype: torch.dtype, device: str) -> None:
        """Take a place in the share's sequence, from `begin` on."""
        self.place = slice(begin, begin + len(self.nodes))
        self._mask = torch.zeros(self._sees.shape, dtype=dtype).masked_fill_(~self._sees, -torch.inf).to(device)

    def mask_of(self, sharing: int) -> Tensor:
        """What is added to the scores of `sharing` heads, one behind the other: [sharing × nodes, tokens looked at]."""
        if len(self._mask) != sharing * len(self.nodes):
            self._mask = self._mask[: len(self.nodes)].repeat(sharing, 1)
        return self._mask

    def remember(self, layer: int, keys: Tensor, values: Tensor) -> KeysValues:
        """Take a layer's keys and values of the whole sequence; return all that these nodes look at. Where another
        thread computes a part of that, wait for it: there it is a few operations away."""
        new = self.layers[layer] = keys[:, self.place], values[:, self.place]
        self._handed.put(new)
        known = [have.layers[layer] for have in (self.step.prefix, self.step.before) if layer in have.layers]
        if self._ahead is not None:
            known.append(self._ahead.hand_on())
        return _in_a_row([*known, new])

    def hand_on(self) -> KeysValues:
        """Give the part behind this one the keys and values of the next layer. Raises `RuntimeError` where there are
        no more."""
        handed = self._handed.get()
        if handed is None:
            raise RuntimeError("the other half of the pass ended before this one")
        return handed

    def answer(self, logits: Tensor) -> None:
        """Take the logits behind the asked nodes, [asked, vocabulary]."""
        # Row by row: one stays in the processor's cache, a table of all would be written and read three times.
        for slot, row in zip(self._slots, logits, strict=True):
            self.step.table[slot] = row.float().log_softmax(dim=-1)

    def close(self) -> None:
        """Let nobody wait for more layers."""
        self._handed.put(None)


def divide(steps: Sequence[Step], count: int) -> list[list[Part]]:
    """Cut all nodes, branch after branch, into two equal halves for two threads, or leave them whole.

    Parents stand before their children. So the second half may need something of the first, where a branch is cut in
    the middle, and never the other way round.
    """
    line = [(step, node) for step in steps for branch in step.branches() for node in branch]
    if count != HALVES or len(line) < HALVES:
        return [[Part(step, range(step.growth.first, len(step.growth.tree))) for step in steps]]
    halves: list[dict[Step, list[int]]] = [{}, {}]
    for place, (step, node) in enumerate(line):
        halves[place >= len(line) // 2].setdefault(step, []).append(node)
    first = {step: Part(step, sorted(nodes)) for step, nodes in halves[0].items()}
    second = [Part(step, sorted(nodes), behind=first.get(step)) for step, nodes in halves[1].items()]
    return [list(first.values()), second]


def _in_a_row(several: Sequence[KeysValues]) -> KeysValues:
    """A copy of the keys and values of several kinds of tokens, one behind the other."""
    keys, values = zip(*several, strict=True)
    return torch.cat(keys, dim=1), torch.cat(values, dim=1)


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

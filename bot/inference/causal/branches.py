"""Many short texts behind one left context: the context is read once, and the texts grow from it as a tree.

All new tokens of a pass stand in one sequence, however many texts they belong to. An attention mask shows each the
context and its own ancestors, and its position counts from there (tree attention, as in speculative decoding: Miao
et al. 2024, SpecInfer). So the keys and values of the context are neither copied nor read once a text, and what
texts share is computed once. A model that cannot be asked so gets a padded batch of rows instead.
"""

from __future__ import annotations

import copy
import inspect
from collections import OrderedDict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bot.inference.masked.picking import picked

PASS_TOKENS = 256
"""Tokens of one forward pass, so that none keeps the decode steps waiting for long."""
KEPT_TRUNKS = 16
"""Left contexts whose keys and values are kept: some 5 MB each with the bundled model and 200 tokens."""
_ALIKE = 0.25
"""Nats: as far apart may log-probabilities of the two ways be (bfloat16 moves them by 0.05)."""

ROOT = -1
"""The number of the place behind the context, as the parent of a tree's first tokens."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """A left context after its forward pass: how many tokens, the cache (one row), and the log-probabilities of what
    comes next, float32 [vocabulary] on the CPU."""

    length: int
    cache: Any
    following: Tensor


class Branching:
    """Trunks and trees over one causal model. Used by one thread."""

    def __init__(self, model: Any, device: str) -> None:
        self._model = model
        self._device = device
        self._trunks: OrderedDict[tuple[int, ...], Trunk] = OrderedDict()
        self._packs = _packs(model, device)

    def trunk(self, ids: Sequence[int]) -> Generator[None, None, Trunk]:
        """Read a left context piece by piece, or take it from the last few. Yields after each forward pass."""
        key = tuple(ids)
        if key not in self._trunks:
            cache: Any = None
            for at in range(0, len(key), PASS_TOKENS):
                piece = torch.tensor([key[at : at + PASS_TOKENS]], device=self._device)
                cache, logits = _forward(self._model, piece, cache, [piece.shape[1] - 1])
                yield
            self._trunks[key] = Trunk(len(key), cache, logits[0].log_softmax(dim=-1).cpu())
            while len(self._trunks) > KEPT_TRUNKS:
                self._trunks.popitem(last=False)
        self._trunks.move_to_end(key)
        return self._trunks[key]

    def tree(self, trunk: Trunk) -> Tree:
        """Begin a tree behind `trunk`."""
        kind = PackedTree if self._packs else RowTree
        return kind(self._model, self._device, trunk)


class Tree:
    """Tokens behind a trunk. They are numbered from 0 as they come; `ROOT` is the trunk's end."""

    def __init__(self, model: Any, device: str, trunk: Trunk) -> None:
        self._model = model
        self._device = device
        self._trunk = trunk
        self._tokens: list[int] = []
        self._parents: list[int] = []

    def __len__(self) -> int:
        return len(self._tokens)

    def path(self, node: int) -> list[int]:
        """The numbers of the tokens from the trunk to `node`, itself included."""
        nodes: list[int] = []
        while node != ROOT:
            nodes.append(node)
            node = self._parents[node]
        return nodes[::-1]

    def ids(self, node: int) -> list[int]:
        """The token ids from the trunk to `node`, its own included."""
        return [self._tokens[each] for each in self.path(node)]

    @torch.inference_mode()
    def grow(self, tokens: Sequence[int], parents: Sequence[int], asked: Sequence[int]) -> Tensor:
        """Add tokens in one pass; a parent may be one of them that stands earlier.

        Returns the logits behind the nodes `asked` (numbers of new ones), float32 [asked, vocabulary].
        """
        first = len(self._tokens)
        self._tokens += tokens
        self._parents += parents
        return self._run(first, asked)

    def _run(self, first: int, asked: Sequence[int]) -> Tensor:
        raise NotImplementedError


class PackedTree(Tree):
    """All new tokens in one sequence, with a mask of who sees whom."""

    def __init__(self, model: Any, device: str, trunk: Trunk) -> None:
        super().__init__(model, device, trunk)
        self._cache = copy.deepcopy(trunk.cache)
        self._sees = torch.zeros(0, 0, dtype=torch.bool)
        self._depths: list[int] = []

    def _run(self, first: int, asked: Sequence[int]) -> Tensor:
        count, new = len(self._tokens), len(self._tokens) - first
        sees = torch.zeros(count, count, dtype=torch.bool)
        sees[:first, :first] = self._sees
        for node in range(first, count):
            parent = self._parents[node]
            if parent != ROOT:
                sees[node] = sees[parent]
            sees[node, node] = True
            self._depths.append(0 if parent == ROOT else self._depths[parent] + 1)
        self._sees = sees
        length = self._trunk.length
        mask = torch.cat([torch.ones(new, length, dtype=torch.bool), sees[first:]], dim=1)
        self._cache, logits = _forward(
            self._model,
            torch.tensor([self._tokens[first:]], device=self._device),
            self._cache,
            [node - first for node in asked],
            attention_mask=mask.to(self._device)[None, None],
            position_ids=torch.tensor([self._depths[first:]], device=self._device) + length,
        )
        return logits


class RowTree(Tree):
    """A padded batch with a row for each new token that no other new one follows, run anew from the trunk. Padding
    stands behind the text, where a causal model cannot see it."""

    def _run(self, first: int, asked: Sequence[int]) -> Tensor:
        followed = set(self._parents[first:])
        paths = [self.path(node) for node in range(first, len(self._tokens)) if node not in followed]
        width = max(map(len, paths))
        rows = [[self._tokens[node] for node in path] + [0] * (width - len(path)) for path in paths]
        places = {node: number * width + at for number, path in enumerate(paths) for at, node in enumerate(path)}
        cache = copy.deepcopy(self._trunk.cache)
        cache.batch_repeat_interleave(len(rows))
        ids = torch.tensor(rows, device=self._device)
        _, logits = _forward(self._model, ids, cache, [places[node] for node in asked])
        return logits


@torch.inference_mode()
def _forward(model: Any, ids: Tensor, cache: Any, asked: Sequence[int], **more: Any) -> tuple[Any, Tensor]:
    """Return the grown cache and the logits at the flat positions `asked`, float32 [asked, vocabulary]."""
    with picked(model, asked):
        output = model(input_ids=ids, past_key_values=cache, use_cache=True, **more)
    return output.past_key_values, output.logits[0].float()


def _packs(model: Any, device: str) -> bool:
    """Tell whether the model takes positions and a mask of its own for each token, by trying it against plain rows."""
    if "position_ids" not in inspect.signature(model.forward).parameters:
        return False
    ids = [number % model.config.get_text_config().vocab_size for number in (11, 23, 37, 41, 53)]
    cache, logits = _forward(model, torch.tensor([ids], device=device), None, [len(ids) - 1])
    trunk = Trunk(len(ids), cache, logits[0].log_softmax(dim=-1).cpu())
    found: list[Tensor] = []
    try:
        for kind in (PackedTree, RowTree):
            tree = kind(model, device, trunk)
            tree.grow([ids[1], ids[2]], [ROOT, ROOT], [0, 1])
            found.append(tree.grow([ids[3], ids[4], ids[0]], [1, 0, 2], [3, 4]).log_softmax(dim=-1))
    except (TypeError, ValueError, RuntimeError, IndexError):
        return False  # the ways in which models refuse a mask that they do not know
    likely = found[1] > found[1].max(dim=-1, keepdim=True).values - 5.0
    return bool((found[0] - found[1]).abs()[likely].max() < _ALIKE)

"""Any number of trees in one forward pass of a causal model, without padding.

All new tokens of all trees stand in one sequence, so that the weights are read and multiplied once for all of them. In
the attention alone each tree is by itself, with its own keys and values, and a mask shows each token the tree's context
and its own ancestors; its position counts from there. So a context's keys and values are not read once a text, and what
texts share is computed once. (Selective batching: Yu et al. 2022, Orca; tree attention: Miao et al. 2024, SpecInfer.)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from bot.inference.causal.trees import ROOT, Growth
from bot.inference.masked.picking import picked

NAME = "inkling-packed"
PASS_TOKENS = 256
"""Tokens of one forward pass, so that none keeps the decode steps waiting for long."""


class Memory:
    """What a tree's tokens leave behind: keys and values, [1, heads, tokens, head size] for each layer, those of its
    trunk included, and which of its own tokens see which, bool [tokens, tokens]."""

    def __init__(self, trunk: Memory | None = None) -> None:
        self.layers: dict[int, tuple[Tensor, Tensor]] = {} if trunk is None else dict(trunk.layers)
        self.sees = torch.zeros(0, 0, dtype=torch.bool)


class Packed:
    """The `Grower` for models whose attention can be replaced; raises in `run` what others raise then."""

    most = PASS_TOKENS

    def __init__(self, model: Any, device: str) -> None:
        self._model = model
        self._device = device
        AttentionInterface.register(NAME, _attend)

    @torch.inference_mode()
    def run(self, growths: Sequence[Growth]) -> list[Tensor]:
        """See `Grower`. A pass that fails leaves the trees' memories as they were."""
        parts: list[_Part] = []
        for growth in growths:
            parts.append(_Part(growth, parts[-1].end if parts else 0, self._model))
        tokens = [token for growth in growths for token in growth.tree.tokens[growth.first :]]
        positions = [place for part in parts for place in part.positions]
        with picked(self._model, [place for part in parts for place in part.asked]), self._our_attention():
            logits = self._model(
                input_ids=torch.tensor([tokens], device=self._device),
                position_ids=torch.tensor([positions], device=self._device),
                use_cache=False,
                parts=parts,
            ).logits[0]
        for growth, part in zip(growths, parts, strict=True):
            growth.tree.memory = part.memory
        return list(logits.float().split([len(part.asked) for part in parts]))

    @contextmanager
    def _our_attention(self) -> Generator[None, None, None]:
        config = self._model.config.get_text_config()
        usual = config._attn_implementation
        config._attn_implementation = NAME
        try:
            yield
        finally:
            config._attn_implementation = usual


class _Part:
    """One tree's share of a pass: the places from `begin` to `end` of its sequence."""

    def __init__(self, growth: Growth, begin: int, model: Any) -> None:
        tree = growth.tree
        self.begin, self.end = begin, begin + len(tree) - growth.first
        self.asked = [begin + node - growth.first for node in growth.asked]
        self.positions = [tree.behind + depth for depth in tree.depths[growth.first :]]
        before: Memory = tree.memory or Memory(tree.trunk.memory if tree.trunk is not None else None)
        self.memory = Memory(before)
        self.memory.sees = _sight(before.sees, tree.parents)
        context = torch.ones(self.end - begin, tree.behind, dtype=torch.bool)
        sees = torch.cat([context, self.memory.sees[growth.first :]], dim=1)
        self.mask = torch.zeros(sees.shape, dtype=model.dtype).masked_fill_(~sees, -torch.inf).to(model.device)

    def remember(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Take a layer's keys and values of the whole sequence; return all that this tree's tokens look at."""
        new = [states[:, :, self.begin : self.end] for states in (keys, values)]
        old = self.memory.layers.get(layer)
        grown = [torch.cat(pair, dim=2) for pair in zip(old, new, strict=True)] if old else [one.clone() for one in new]
        self.memory.layers[layer] = grown[0], grown[1]
        return grown[0], grown[1]


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


def _attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: None,
    *,
    parts: Sequence[_Part],
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention [1, tokens, heads, head size], each part's by itself."""
    heads, size = query.shape[1], query.shape[3]
    sharing = heads // key.shape[1]
    found: list[Tensor] = []
    for part in parts:
        keys, values = part.remember(module.layer_idx, key, value)
        # Heads that share keys are asked as more tokens of one head, so that no keys are repeated for them.
        asking = query[:, :, part.begin : part.end].reshape(1, heads // sharing, -1, size)
        seen = part.mask.repeat(sharing, 1)
        found.append(
            scaled_dot_product_attention(asking, keys, values, attn_mask=seen, scale=scaling).view(1, heads, -1, size)
        )
    return torch.cat(found, dim=2).transpose(1, 2), None

"""A tree as a padded batch of rows: for causal models that keep their attention to themselves."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from bot.worker.causal.token_tree import Growth
from bot.worker.logit_selection import LogitSelection


class PaddedRunner:
    """The `TreeRunner` for any model with a key-value cache. It knows two kinds of trees: those without a prefix have
    to be chains, and are kept; others are run anew from the prefix, a row for each new token that no other new one
    follows. Padding stands behind the text, where a causal model cannot see it."""

    most = 0

    def __init__(self, model: Any, device: str) -> None:
        self._model = model
        self._device = device
        self._picking = LogitSelection(model)

    def run(self, growths: Sequence[Growth]) -> list[Tensor]:
        """See `TreeRunner`."""
        return [self._chain(growth) if growth.tree.prefix is None else self._rows(growth) for growth in growths]

    def beginning(self, memory: Any, count: int) -> None:
        """See `TreeRunner`."""
        return None  # not every model's cache can be cut

    def _chain(self, growth: Growth) -> Tensor:
        tree, asked = growth.tree, [node - growth.first for node in growth.asked]
        tree.memory, table = self._forward([tree.tokens[growth.first :]], tree.memory, asked)
        return table

    def _rows(self, growth: Growth) -> Tensor:
        tree = growth.tree
        assert tree.prefix is not None
        followed = set(tree.parents[growth.first :])
        paths = [tree.path(node) for node in range(growth.first, len(tree)) if node not in followed]
        width = max(map(len, paths))
        rows = [[tree.tokens[node] for node in path] + [0] * (width - len(path)) for path in paths]
        places = {node: number * width + at for number, path in enumerate(paths) for at, node in enumerate(path)}
        cache = copy.deepcopy(tree.prefix.memory)
        cache.batch_repeat_interleave(len(rows))
        return self._forward(rows, cache, [places[node] for node in growth.asked])[1]

    @torch.inference_mode()
    def _forward(self, rows: Sequence[Sequence[int]], cache: Any, asked: Sequence[int]) -> tuple[Any, Tensor]:
        """Return the grown cache and the log-probabilities behind the flat positions `asked`, [asked, vocabulary]."""
        with self._picking.at(asked):
            output = self._model(
                input_ids=torch.tensor(rows, device=self._device), past_key_values=cache, use_cache=True
            )
        return output.past_key_values, output.logits[0].float().log_softmax(dim=-1)

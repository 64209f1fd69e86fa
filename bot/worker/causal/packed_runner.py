"""Any number of trees in one forward pass of a causal model, without padding.

All new tokens of all trees stand in one sequence, so that the weights are read and multiplied once for all of them. In
the attention alone each tree is by itself, with its own keys and values, and a mask shows each token the tree's context
and its own ancestors; its position counts from there. So a context's keys and values are not read once a text, what
texts share is computed once, and the halves of a pass can be computed in two threads: where one needs keys and values
of the other, it waits for those of one layer at a time. (Selective batching: Yu et al. 2022, Orca; tree attention: Miao
et al. 2024, SpecInfer.)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface

from bot.worker.causal.token_tree import Growth
from bot.worker.causal.tree_attention import Memory, Part, Step, divide
from bot.worker.compute_threads import ComputeThreads
from bot.worker.logit_selection import LogitSelection

NAME = "inkling-packed"
"""The name under which the attention is registered with transformers."""
PASS_TOKENS = 256
"""Tokens of one forward pass, so that none keeps the decode steps waiting for long."""
NARROW_TOKENS = 12
"""So few tokens are not divided: each thread would read all weights, which takes most of the time."""


class PackedRunner:
    """The `TreeRunner` for models whose attention can be replaced; raises in `run` what others raise then."""

    most = PASS_TOKENS

    def __init__(self, model: Any, device: str, compute_threads: ComputeThreads) -> None:
        self._model = model
        self._device = device
        self._compute_threads = compute_threads
        self._vocabulary = int(model.config.get_text_config().vocab_size)
        self._picking = LogitSelection(model)
        self._lock, self._inside, self._usual = Lock(), 0, ""
        AttentionInterface.register(NAME, _attend)

    def run(self, growths: Sequence[Growth]) -> list[Tensor]:
        """See `TreeRunner`. A pass that fails leaves the trees' memories as they were."""
        steps = [Step(growth, self._vocabulary, self._device) for growth in growths]
        tokens = sum(len(growth.tree) - growth.first for growth in growths)
        shares = divide(steps, 1 if tokens <= NARROW_TOKENS else self._compute_threads.count)
        with self._our_attention():
            self._compute_threads.run(self._share, shares)
        for step in steps:
            step.finish([part for share in shares for part in share if part.step is step])
        return [step.table for step in steps]

    def beginning(self, memory: Memory, count: int) -> Memory:
        """See `TreeRunner`."""
        return memory.beginning(count)

    def _share(self, parts: Sequence[Part]) -> None:
        """Run one share, after whose end nobody waits for it any more."""
        try:
            self._forward(parts)
        finally:
            for part in parts:
                part.close()

    @torch.inference_mode()
    def _forward(self, parts: Sequence[Part]) -> None:
        """Run the model on all nodes of the parts, and give each the logits behind its asked ones."""
        begin = 0
        asked: list[int] = []
        for part in parts:
            part.settle(begin, self._model.dtype, self._device)
            asked += [begin + place for place in part.asked]
            begin += len(part.nodes)
        with self._picking.at(asked):
            logits = self._model(
                input_ids=torch.tensor([[token for part in parts for token in part.tokens]], device=self._device),
                position_ids=torch.tensor([[place for part in parts for place in part.positions]], device=self._device),
                use_cache=False,
                parts=parts,
            ).logits[0]
        for part, own in zip(parts, logits.split([len(part.asked) for part in parts]), strict=True):
            part.answer(own)

    @contextmanager
    def _our_attention(self) -> Generator[None, None, None]:
        config = self._model.config.get_text_config()
        with self._lock:
            if not self._inside:
                self._usual = config._attn_implementation
            self._inside += 1
            config._attn_implementation = NAME
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    config._attn_implementation = self._usual


def _attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: None,
    *,
    parts: Sequence[Part],
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attention [1, tokens, heads, head size], each part's by itself."""
    heads, size = query.shape[1], query.shape[3]
    sharing = heads // key.shape[1]
    scale = size**-0.5 if scaling is None else scaling
    found: list[Tensor] = []
    for part in parts:
        keys, values = part.remember(module.layer_idx, key[0], value[0])
        # Heads that share keys are asked as more tokens of one head, so that no keys are repeated for them.
        asking = query[0, :, part.place].reshape(heads // sharing, -1, size)
        # In bfloat16 this takes 0.6 of the time of torch's fused attention on a CPU, in float32 as long.
        seen = torch.baddbmm(part.mask_of(sharing), asking, keys.transpose(1, 2), alpha=scale).softmax(dim=-1)
        found.append(torch.bmm(seen, values).view(heads, -1, size))
    return torch.cat(found, dim=1).transpose(0, 1).unsqueeze(0), None

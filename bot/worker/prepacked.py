"""Weights of linear layers in the order in which the processor multiplies them.

Torch brings a bfloat16 matrix into that order anew in each call, so that each forward pass reads all weights, writes
them, and reads them again. For few tokens that takes longer than the multiplication: a pass of twelve tokens of the
bundled causal model takes more than a third less without it (docs/figures.md). The products are the same to the last
bit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

USUAL_TOKENS = 32
"""Tokens of a pass for which the order is chosen; it serves for any number."""


class PrepackedLinear(nn.Module):
    """A linear layer of a CPU whose weight is in oneDNN's own order. `weight` has its shape, and no values."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.bias = linear.bias
        self.weight = torch.empty_like(linear.weight, device="meta")
        self._packed: Tensor = _onednn()._reorder_linear_weight(linear.weight.detach().contiguous(), USUAL_TOKENS)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return inputs [..., in] times the weight, plus the bias: [..., out]."""
        product: Tensor = _onednn()._linear_pointwise(inputs, self._packed, self.bias, "none", [], "")
        return product


def prepack(model: nn.Module) -> int:
    """Prepack the linear layers of a model that is not trained any more, where that pays off: bfloat16 on a CPU that
    multiplies it. Return how many there were. A matrix that the embedding shares is kept twice."""
    if not _pays_off():
        return 0
    layers = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
        if type(child) is nn.Linear and child.weight.dtype == torch.bfloat16 and child.weight.device.type == "cpu"
    ]
    for parent, name, child in layers:
        setattr(parent, name, PrepackedLinear(child))
    return len(layers)


def _pays_off() -> bool:
    try:
        return bool(_onednn()._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):  # torch names these operators with an underscore: it may drop them
        return False


def _onednn() -> Any:
    return torch.ops.mkldnn

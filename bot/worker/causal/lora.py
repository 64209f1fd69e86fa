"""A low-rank update that is added to a causal model's weights (LoRA: Hu et al. 2021)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import WeightsError

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

UP, DOWN = ".up", ".down"
"""How the names of an update's two tensors for a matrix end."""


def add_lora(model: PreTrainedModel, file: Path) -> None:
    """Add to each matrix [out, in] that a safetensors `file` names the product of its `NAME.up` [out, rank] and
    `NAME.down` [rank, in]. Raises `WeightsError` where the file cannot be read or is of another model."""
    import torch
    from safetensors import SafetensorError

    from bot.worker.eight_bits import StoredWeights

    try:
        parts = StoredWeights(file)
        with torch.no_grad():
            for name in [key.removesuffix(UP) for key in parts if key.endswith(UP)]:
                _add(model.get_parameter(f"{name}.weight"), parts[name + UP], parts[name + DOWN])
    except (OSError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        raise WeightsError(f"{file} does not fit the causal model or is damaged: {error}") from error


def _add(weight: Tensor, up: Tensor, down: Tensor) -> None:
    # In float32: what is added is small beside what is there.
    weight.copy_(weight.float() + (up.float() @ down.float()).to(weight.device))

"""Low-rank updates of a causal model's weight matrices (LoRA: Hu et al. 2021), to be learnt and then added to them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import PreTrainedModel

from bot.errors import WeightsError
from bot.worker.causal.lora import DOWN, UP
from bot.worker.eight_bits import StoredWeights
from bot.worker.weights.files import file_sha256


class LowRank(nn.Module):
    """A frozen linear layer [out, in] and an update `scale * up @ down` of its weights, [out, rank] and [rank, in].
    `scale` is what the update counts for: it makes the usual rates of learning suit it."""

    def __init__(self, base: nn.Linear, rank: int, scale: float) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = scale
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, inputs: Tensor) -> Tensor:
        """As `nn.Linear`: [..., in] to [..., out]."""
        kind = inputs.dtype
        narrow = nn.functional.linear(inputs, self.down.to(kind)).flatten(0, -2)
        plain = self.base(inputs)
        changed = torch.addmm(plain.flatten(0, -2), narrow, self.up.to(kind).t(), alpha=self.scale)
        return changed.view(plain.shape)

    @torch.no_grad()
    def take(self, down: Tensor, up: Tensor) -> None:
        """Be the update that was kept as these."""
        self.down.copy_(down)
        self.up.copy_(up)


def widen(model: PreTrainedModel, rank: int, scale: float) -> dict[str, LowRank]:
    """Put a low-rank update beside every matrix of the model's layers; return them by the names of the matrices.
    Everything else stays as it is, and is not learnt."""
    model.requires_grad_(False)
    found: dict[str, LowRank] = {}
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and ".layers." in name:
            parent, _, own = name.rpartition(".")
            found[name] = LowRank(module, rank, scale).to(module.weight.device)
            setattr(model.get_submodule(parent), own, found[name])
    return found


def factors(updates: Mapping[str, Mapping[str, Tensor]], scale: float) -> dict[str, Tensor]:
    """Both factors of every update by the names under which it is exported; what it counts for is put into `up`."""
    found: dict[str, Tensor] = {}
    for name, parts in updates.items():
        found[name + UP] = scale * parts["up"].float()
        found[name + DOWN] = parts["down"].float()
    return found


def start_with(updates: Mapping[str, LowRank], file: Path) -> str:
    """Take an exported update for what is learnt so far; return the file's SHA-256. Raises `WeightsError` where it
    cannot be read, or is of another model or rank."""
    try:
        parts = dict(StoredWeights(file))
    except (OSError, KeyError, SafetensorError) as error:
        raise WeightsError(f"{file} cannot be read: {error}") from error
    if {name: tuple(part.shape) for name, part in parts.items()} != _shapes(updates):
        raise WeightsError(f"{file} is an update of another model, or of another rank: choose --rank as it was")
    for name, one in updates.items():
        one.take(parts[name + DOWN], parts[name + UP] / one.scale)
    return file_sha256(file)


def _shapes(updates: Mapping[str, LowRank]) -> dict[str, tuple[int, ...]]:
    """What an export of these has."""
    downs = {name + DOWN: tuple(one.down.shape) for name, one in updates.items()}
    return downs | {name + UP: tuple(one.up.shape) for name, one in updates.items()}

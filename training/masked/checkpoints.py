"""What a run needs to go on as if it had never stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import BertForMaskedLM

from training.saving import save_whole

COUNTERS = ("step", "seen", "masked", "spent_s", "loss", "decay_from")
"""The fields of `Progress` that a checkpoint keeps under their names."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a run is: steps taken, tokens seen, tokens that were hidden, seconds of work (pauses left out), the
    recent mean loss, where the decay began (in the run's unit), and the moving average of the weights in the order of
    `model.parameters()`."""

    average: list[Tensor]
    step: int = 0
    seen: int = 0
    masked: int = 0
    spent_s: float = 0.0
    loss: float = 0.0
    decay_from: float | None = None


def save_checkpoint(path: Path, model: BertForMaskedLM, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Write a checkpoint whole or not at all."""
    counters = {name: getattr(progress, name) for name in COUNTERS}
    state = {"model": model.state_dict(), "opt": optimizer.state_dict(), "ema": progress.average, **counters}
    save_whole(path, state)


def load_checkpoint(path: Path, model: BertForMaskedLM, optimizer: torch.optim.Optimizer) -> Progress:
    """Put a checkpoint's state into `model` and `optimizer`, and say how far it was."""
    state: dict[str, Any] = torch.load(path, map_location=next(model.parameters()).device, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["opt"])
    return read_progress(state)


def read_progress(state: dict[str, Any]) -> Progress:
    """The counters and averaged weights of a checkpoint that was read."""
    return Progress(average=state["ema"], **{name: state[name] for name in COUNTERS if name in state})


def use_average(model: BertForMaskedLM, average: list[Tensor]) -> list[Tensor]:
    """Put the averaged weights into the model; the answer is what they replaced, to put back the same way."""
    with torch.no_grad():
        replaced = [parameter.detach().clone() for parameter in model.parameters()]
        for parameter, value in zip(model.parameters(), average, strict=True):
            parameter.copy_(value)
    return replaced

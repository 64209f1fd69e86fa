"""Logits only where they are asked for, with any model class.

The head of a language model is applied to each position by itself, and for a vocabulary of tens of thousands
it is a large part of the work. While `picked` is entered, the head sees the asked hidden states alone.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def picked(model: Any, flat: Sequence[int]) -> Generator[None, None, None]:
    """Make `model(...)` return logits of shape [1, len(flat), vocabulary].

    `flat` are positions in the flattened batch: row × width + place.
    """

    def pick(module: Any, inputs: Any, output: Any) -> Any:
        hidden = output.last_hidden_state
        index = torch.tensor(flat, dtype=torch.long, device=hidden.device)
        output.last_hidden_state = hidden.flatten(0, 1)[index].unsqueeze(0)
        return output

    handle = model.base_model.register_forward_hook(pick)
    try:
        yield
    finally:
        handle.remove()

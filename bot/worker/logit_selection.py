"""Logits only where they are asked for, with any model class.

The head of a language model is applied to each position by itself, and for a vocabulary of tens of thousands
it is a large part of the work. While a `LogitSelection` is entered, the head sees the asked hidden states alone.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from threading import local
from typing import Any

import torch


class LogitSelection:
    """Picks in the calls of one model; each thread for its own calls."""

    def __init__(self, model: Any) -> None:
        self._wanted = local()
        model.base_model.register_forward_hook(self._pick)

    @contextmanager
    def at(self, flat: Sequence[int]) -> Generator[None, None, None]:
        """Make `model(...)` return logits of shape [1, len(flat), vocabulary].

        `flat` are positions in the flattened batch: row × width + place.
        """
        self._wanted.flat = flat
        try:
            yield
        finally:
            self._wanted.flat = None

    def _pick(self, module: Any, inputs: Any, output: Any) -> Any:
        flat: Sequence[int] | None = getattr(self._wanted, "flat", None)
        if flat is not None:
            hidden = output.last_hidden_state
            index = torch.tensor(flat, dtype=torch.long, device=hidden.device)
            output.last_hidden_state = hidden.flatten(0, 1)[index].unsqueeze(0)
        return output

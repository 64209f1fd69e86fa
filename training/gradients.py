"""Loss and gradients of a batch, shared out to threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import torch
from torch import Tensor

ShareT = TypeVar("ShareT")
Part = tuple[float, list[Tensor]]
"""A share's part of a batch's loss, and that part's gradients, one for each parameter."""


class Gradients(Generic[ShareT]):
    """Each thread takes its share of the rows through the whole model on one core.

    The usual way spreads every single matrix product over all cores, so that they wait for each other hundreds of
    times a step, and for whatever else the machine is doing on one of them. Here they wait once a step.
    """

    def __init__(
        self, parameters: Iterable[Tensor], part: Callable[[ShareT], Part], *, threads: int, compiled: bool
    ) -> None:
        self.threads = threads
        self._parameters = list(parameters)
        self._part = part
        self._ready = not compiled
        # Each of these threads computes on one core; the thread that made them keeps all for the optimizer.
        self._pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))

    def __call__(self, shares: Sequence[ShareT]) -> float:
        """Set `.grad` of all parameters to the sums of the parts' gradients; the answer is the sum of their losses."""
        futures: list[Future[Part]] = []
        for share in shares:
            futures.append(self._pool.submit(self._part, share))
            if not self._ready:  # compiling is not safe in two threads at once
                futures[0].result()
                self._ready = True
        (loss, gradients), *others = [future.result() for future in futures]
        for other_loss, other_gradients in others:
            loss += other_loss
            torch._foreach_add_(gradients, other_gradients)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        return loss

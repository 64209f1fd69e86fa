"""Loss and gradients of a batch, shared out to threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor
from transformers import BertForMaskedLM

from training.masked.masking import MaskedBatch
from training.masked.model import masked_logits, to_tensors

Share = tuple[float, list[Tensor]]


class Gradients:
    """Each thread takes its share of the rows through the whole model on one core.

    The usual way spreads every single matrix product over all cores, so that they wait for each other hundreds of
    times a step, and for whatever else the machine is doing on one of them. Here they wait once a step.
    """

    def __init__(self, model: BertForMaskedLM, *, threads: int, compiled: bool) -> None:
        self.threads = threads
        self._model = model
        self._parameters = list(model.parameters())
        self._device = self._parameters[0].device
        self._encode: Callable[[Tensor], Tensor] = self._encode_plainly
        if compiled:
            self._encode = torch.compile(self._encode_plainly, dynamic=False)
        self._ready = not compiled
        # Each of these threads computes on one core; the thread that made them keeps all for the optimizer.
        self._pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))

    def __call__(self, shares: list[MaskedBatch]) -> float:
        """Set `.grad` of all parameters; the answer is the mean loss of all masked tokens, in nats."""
        masked = sum(len(share.targets) for share in shares)
        futures: list[Future[Share]] = []
        for share in shares:
            futures.append(self._pool.submit(self._share, share, masked))
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

    def _share(self, share: MaskedBatch, masked: int) -> Share:
        """A share's part of the mean loss, and that part's gradients."""
        inputs, places, targets = to_tensors(share, self._device)
        with torch.autocast(self._device.type, torch.bfloat16):
            logits = masked_logits(self._model, self._encode(inputs), places)
        loss = torch.nn.functional.cross_entropy(logits, targets, reduction="sum") / masked
        return loss.item(), list(torch.autograd.grad(loss, self._parameters))

    def _encode_plainly(self, inputs: Tensor) -> Tensor:
        hidden: Tensor = self._model.bert(inputs).last_hidden_state
        return hidden

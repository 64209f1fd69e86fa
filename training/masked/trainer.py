"""One run of training: the recipe, and a step of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from transformers import BertForMaskedLM

from training.corpus import WINDOW, Windows, windows_of_step
from training.gradients import Gradients, Part
from training.masked.checkpoints import Progress, use_average
from training.masked.evaluate import Scores, evaluate
from training.masked.masking import MaskedBatch, MaskPlan, apply_mask, draw_mask
from training.masked.model import Vocabulary, masked_logits, to_tensors
from training.schedule import Schedule

CLIP = 1.0
LOSS_MEMORY = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the weights depend on, beside the corpus and the encoder. A batch is `rows` windows; the rates are
    AdamW's, at their peak; `decay_tokens` is how long the last stretch takes, in which they fall to nothing."""

    seed: int = 1
    rows: int = 16
    encoder_rate: float = 3e-4
    head_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.98
    weight_decay: float = 0.01
    warmup_tokens: int = 800_000
    decay_tokens: int = 1_000_000
    masks: MaskPlan = field(default_factory=lambda: MaskPlan(rate=0.25, span_share=0.5))

    @property
    def tokens_a_step(self) -> int:
        return self.rows * WINDOW


def draw_batch(
    windows: Windows, step: int, recipe: Recipe, vocabulary: Vocabulary, shares: int = 1
) -> list[MaskedBatch]:
    """The batch of a step, cut into `shares`.

    It is a function of the seed and the step alone, so that a resumed run sees what an uninterrupted one would
    have seen. Every window comes once in each pass over the corpus.
    """
    chosen = np.sort(windows_of_step(len(windows), step, recipe.rows, recipe.seed))
    rows = np.asarray(windows[chosen], dtype=np.int64)
    mask = draw_mask(rows, vocabulary.continuation, recipe.masks, np.random.default_rng((recipe.seed, 1, step)))
    parts = zip(np.array_split(rows, shares), np.array_split(mask, shares), strict=True)
    return [apply_mask(part, hidden, vocabulary.special) for part, hidden in parts]


def make_optimizer(model: BertForMaskedLM, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW with one rate for the encoder (and the tied embeddings) and a higher one for the new head."""
    head = [parameter for name, parameter in model.named_parameters() if name.startswith("cls")]
    rest = [parameter for name, parameter in model.named_parameters() if not name.startswith("cls")]
    return torch.optim.AdamW(
        [{"params": rest, "lr": recipe.encoder_rate}, {"params": head, "lr": recipe.head_rate}],
        betas=(recipe.beta1, recipe.beta2),
        weight_decay=recipe.weight_decay,
        fused=True,
    )


class Trainer:
    """A model that is learning, and how far it is.

    There is no dropout (`training.masked.model`) and batches depend on the step alone, so the state of a run is the
    weights, their average, the optimizer and the counters: no state of a random generator.
    """

    def __init__(self, model: BertForMaskedLM, recipe: Recipe, *, threads: int = 1, compiled: bool = False) -> None:
        self.model = model.train()
        self.recipe = recipe
        self.optimizer = make_optimizer(model, recipe)
        self.progress = Progress(average=[parameter.detach().clone() for parameter in model.parameters()])
        self._encode: Callable[[Tensor], Tensor] = self._encode_plainly
        if compiled:
            self._encode = torch.compile(self._encode_plainly, dynamic=False)
        self._gradients = Gradients(model.parameters(), self._part, threads=threads, compiled=compiled)

    @property
    def schedule(self) -> Schedule:
        return Schedule(
            warmup=self.recipe.warmup_tokens,
            decay=self.recipe.decay_tokens,
            decay_from=self.progress.decay_from,
        )

    def step(self, windows: Windows, vocabulary: Vocabulary) -> float:
        """Learn from one batch; the answer is its loss, in nats a masked token."""
        started = time.process_time()
        threads = self._gradients.threads
        shares = draw_batch(windows, self.progress.step, self.recipe, vocabulary, threads)
        masked = sum(len(share.targets) for share in shares)
        loss = self._gradients([(share, masked) for share in shares])
        self._update()
        progress = self.progress
        progress.loss = LOSS_MEMORY * progress.loss + (1 - LOSS_MEMORY) * loss if progress.step else loss
        progress.step += 1
        progress.seen += self.recipe.tokens_a_step
        progress.masked += masked
        progress.spent_s += (time.process_time() - started) / threads
        return loss

    def _part(self, asked: tuple[MaskedBatch, int]) -> Part:
        """A share's part of the mean loss of so many masked tokens, and that part's gradients."""
        share, masked = asked
        device = self.model.device
        inputs, places, targets = to_tensors(share, device)
        with torch.autocast(device.type, torch.bfloat16):
            logits = masked_logits(self.model, self._encode(inputs), places)
        loss = torch.nn.functional.cross_entropy(logits, targets, reduction="sum") / masked
        return loss.item(), list(torch.autograd.grad(loss, list(self.model.parameters())))

    def _encode_plainly(self, inputs: Tensor) -> Tensor:
        hidden: Tensor = self.model.bert(inputs).last_hidden_state
        return hidden

    def _update(self) -> None:
        """Move the weights by their gradients, and their average after them."""
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP, foreach=True)
        factor = self.schedule.factor(self.progress.seen)
        rates = (self.recipe.encoder_rate, self.recipe.head_rate)
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        self.optimizer.step()
        weight = self.schedule.averaging(self.progress.step, self.recipe.tokens_a_step)
        with torch.no_grad():
            torch._foreach_lerp_(self.progress.average, list(self.model.parameters()), weight)

    def scores(self, windows: Windows, vocabulary: Vocabulary) -> Scores:
        """What the averaged weights find in `windows`."""
        kept = use_average(self.model, self.progress.average)
        scores = evaluate(self.model, windows, vocabulary)
        use_average(self.model, kept)
        return scores

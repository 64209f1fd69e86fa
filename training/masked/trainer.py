"""One run of training: the recipe, and a step of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from transformers import BertForMaskedLM

from training.corpus import WINDOW, Passes, Stories, Windows
from training.gradients import Gradients, Part
from training.masked.checkpoints import Progress, use_average
from training.masked.evaluate import Scores, evaluate
from training.masked.masking import MaskedBatch, MaskPlan, apply_mask, draw_mask
from training.masked.model import Vocabulary, masked_logits, set_dropout, to_tensors
from training.running import done
from training.schedule import Schedule, Unit

CLIP = 1.0
"""The norm that a step's gradients are cut to."""
LOSS_MEMORY = 0.99
"""How much of the recent loss stays at each step."""
SPECIAL = 2
"""[CLS] and [SEP] take so many places of a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Windows of so many tokens, [CLS] and [SEP] included, in `share` of the steps."""

    window: int
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the weights depend on, beside the corpus and the encoder. The rates are AdamW's, at their peak; its decay is
    of matrices alone. `warmup` and `decay` are how long the first and the last stretch take, in `unit`; in the last the
    rates fall to nothing. `averaged`: what is kept is a moving average of the weights, else the newest."""

    seed: int = 1
    tokens_a_step: int = 16 * WINDOW
    shapes: tuple[Shape, ...] = (Shape(window=WINDOW),)
    encoder_rate: float = 3e-4
    head_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.98
    weight_decay: float = 0.01
    dropout: float = 0.0
    averaged: bool = True
    unit: Unit = "tokens"
    warmup: float = 800_000
    decay: float = 1_000_000
    masks: MaskPlan = field(default_factory=lambda: MaskPlan(least=0.25, most=0.25, span_share=0.5))


def gpu_recipe(seconds: float) -> Recipe:
    """The recipe for a run of so many seconds on a GPU: large steps, windows of the sizes that the worker reads."""
    return Recipe(
        tokens_a_step=512 * WINDOW,
        shapes=(Shape(window=128, share=0.75), Shape(window=64, share=0.15), Shape(window=32, share=0.1)),
        encoder_rate=8e-4,
        head_rate=8e-4,
        weight_decay=0.05,
        dropout=0.05,
        averaged=False,
        unit="seconds",
        warmup=0.04 * seconds,
        decay=0.5 * seconds,
        masks=MaskPlan(least=0.1, most=0.35, span_share=0.55),
    )


class Drawing:
    """Draws the batch of a step, cut into `shares`: a function of the seed and the step alone, which any process can
    call."""

    def __init__(self, stories: Stories, recipe: Recipe, vocabulary: Vocabulary, shares: int = 1) -> None:
        self._recipe = recipe
        self._vocabulary = vocabulary
        self._shares = shares
        self._passes = [Passes(stories, shape.window - SPECIAL, recipe.seed) for shape in recipe.shapes]

    def __call__(self, step: int) -> list[MaskedBatch]:
        recipe = self._recipe
        rng = np.random.default_rng((recipe.seed, 1, step))
        number = int(rng.choice(len(recipe.shapes), p=_shares(recipe.shapes))) if len(recipe.shapes) > 1 else 0
        rows = recipe.tokens_a_step // recipe.shapes[number].window
        ids = self._passes[number].of_step(step, rows).astype(np.int64)
        mask = draw_mask(ids, self._vocabulary.continuation, recipe.masks, rng)
        parts = zip(np.array_split(ids, self._shares), np.array_split(mask, self._shares), strict=True)
        return [apply_mask(part, hidden, self._vocabulary.special) for part, hidden in parts]


def _shares(shapes: Sequence[Shape]) -> list[float]:
    whole = sum(shape.share for shape in shapes)
    return [shape.share / whole for shape in shapes]


def make_optimizer(model: BertForMaskedLM, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW with one rate for the encoder (and the tied embeddings) and another for the head; matrices decay."""
    groups = []
    for in_head, rate in ((False, recipe.encoder_rate), (True, recipe.head_rate)):
        for matrices, weight_decay in ((True, recipe.weight_decay), (False, 0.0)):
            chosen = [
                parameter
                for name, parameter in model.named_parameters()
                if name.startswith("cls") == in_head and (parameter.ndim > 1) == matrices
            ]
            groups.append({"params": chosen, "lr": rate, "peak": rate, "weight_decay": weight_decay})
    return torch.optim.AdamW(groups, betas=(recipe.beta1, recipe.beta2), fused=True)


class Trainer:
    """A model that is learning, and how far it is.

    Batches and dropout depend on the seed and the step alone, so the state of a run is the weights, their average, the
    optimizer and the counters: no state of a random generator.
    """

    def __init__(self, model: BertForMaskedLM, recipe: Recipe, *, threads: int = 1, compiled: bool = False) -> None:
        self.model = model.train()
        self.recipe = recipe
        set_dropout(model, recipe.dropout)
        self.optimizer = make_optimizer(model, recipe)
        self.progress = Progress(average=[parameter.detach().clone() for parameter in model.parameters()])
        self._encode: Callable[[Tensor], Tensor] = self._encode_plainly
        if compiled:
            self._encode = torch.compile(self._encode_plainly, dynamic=False)
        self._gradients = Gradients(model.parameters(), self._part, threads=threads, compiled=compiled)

    @property
    def schedule(self) -> Schedule:
        """How fast it learns, in the recipe's unit."""
        return Schedule(warmup=self.recipe.warmup, decay=self.recipe.decay, decay_from=self.progress.decay_from)

    def step(self, shares: Sequence[MaskedBatch]) -> float:
        """Learn from one batch, a share for each thread; the answer is its loss, in nats a masked token."""
        masked = sum(len(share.targets) for share in shares)
        if self.recipe.dropout:
            torch.manual_seed(int(np.random.SeedSequence((self.recipe.seed, self.progress.step)).generate_state(1)[0]))
        loss = self._gradients([(share, masked) for share in shares])
        self._update()
        progress = self.progress
        progress.loss = LOSS_MEMORY * progress.loss + (1 - LOSS_MEMORY) * loss if progress.step else loss
        progress.step += 1
        progress.seen += sum(share.inputs.size for share in shares)
        progress.masked += masked
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
        progress, reached = self.progress, done(self.progress, self.recipe.unit)
        factor = self.schedule.factor(reached)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        self.optimizer.step()
        a_step = reached / progress.step if progress.step else self.recipe.tokens_a_step
        weight = self.schedule.averaging(progress.step, a_step) if self.recipe.averaged else 1.0
        with torch.no_grad():
            torch._foreach_lerp_(self.progress.average, list(self.model.parameters()), weight)

    def scores(self, windows: Windows, vocabulary: Vocabulary) -> Scores:
        """What the averaged weights find in `windows`."""
        kept = use_average(self.model, self.progress.average)
        scores = evaluate(self.model, windows, vocabulary)
        use_average(self.model, kept)
        return scores

"""One run of teaching a causal model to fill blanks: the recipe, and a step of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AttentionInterface, PreTrainedModel

from bot.worker.causal.fill_in_the_middle import MiddleIds
from training.causal.gaps import IGNORED, TRUNK, WINDOW, GapBatch, GapPlan, Letters, draw_batch, plain_rows
from training.causal.lowrank import LowRank, widen
from training.corpus import Passes, Stories
from training.gradients import Gradients, Part
from training.running import done
from training.schedule import Schedule, Unit

CLIP = 1.0
"""The norm that a step's gradients are cut to."""
LOSS_MEMORY = 0.98
"""How much of the recent loss stays at each step."""
GPU_ROWS = 12
"""Rows that a GPU takes through the model at once: the logits of their targets must fit into its memory."""
ATTENTION = "inkling-gaps"
"""The name that the attention of a CPU is registered by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRecipe:
    """What the update depends on, beside the corpus and the model. A batch is `rows` windows with their blanks, and
    `plain_rows` of `plain_length` tokens of plain text; `rate` is AdamW's at its peak; `plain_weight` what a token of
    plain text counts beside one of a fill. `warmup` and `decay` are how long the first and the last stretch take, in
    `unit`."""

    seed: int = 1
    rows: int = 4
    plain_rows: int = 0
    plain_length: int = 1024
    rank: int = 16
    scale: float = 2.0
    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.98
    weight_decay: float = 0.0
    plain_weight: float = 0.25
    unit: Unit = "tokens"
    warmup: float = 100_000
    decay: float = 600_000
    plan: GapPlan = field(default_factory=GapPlan)

    @property
    def tokens_a_step(self) -> int:
        """Padding included."""
        return self.rows * self.plan.length + self.plain_rows * self.plain_length


def gpu_recipe(seconds: float) -> GapRecipe:
    """The recipe for a run of so many seconds on a GPU: a wider update, large steps, rows of plain text."""
    return GapRecipe(
        rows=72,
        plain_rows=12,
        rank=64,
        scale=1.0,
        rate=1.2e-3,
        weight_decay=0.05,
        plain_weight=0.2,
        unit="seconds",
        warmup=0.02 * seconds,
        decay=0.6 * seconds,
    )


@dataclass(slots=True, kw_only=True)
class GapProgress:
    """How far a run is: steps, tokens read (padding included), blanks filled, seconds of work, the recent loss (nats a
    token of a fill), and where the decay began, in the recipe's unit."""

    step: int = 0
    seen: int = 0
    blanks: int = 0
    spent_s: float = 0.0
    loss: float = 0.0
    decay_from: float | None = None


class GapDrawing:
    """Draws the batches of a step, rows of one length together: a function of the seed and the step alone, which any
    process can call."""

    def __init__(self, stories: Stories, recipe: GapRecipe, letters: Letters, middle_ids: MiddleIds) -> None:
        self._recipe, self._letters, self._middle_ids = recipe, letters, middle_ids
        self._windows = Passes(stories, WINDOW, recipe.seed)
        self._texts = Passes(stories, recipe.plain_length + 1, recipe.seed)

    def __call__(self, step: int) -> list[GapBatch]:
        recipe = self._recipe
        rng = np.random.default_rng((recipe.seed, 1, step))
        windows = self._windows.of_step(step, recipe.rows)
        batches = [draw_batch(windows, self._letters, self._middle_ids, recipe.plan, rng)]
        if recipe.plain_rows:
            batches.append(plain_rows(self._texts.of_step(step, recipe.plain_rows)))
        return batches


class Asked(NamedTuple):
    """What some rows of a batch ask: `logits` float32 [targets, vocabulary], the ids of the `targets`, and `plain`
    [targets], which of them are of plain text."""

    logits: Tensor
    targets: Tensor
    plain: Tensor


class GapTrainer:
    """A causal model that is learning. Batches depend on the seed and the step alone."""

    def __init__(
        self,
        model: PreTrainedModel,
        recipe: GapRecipe,
        middle_ids: MiddleIds,
        *,
        threads: int,
        compiled: bool,
    ) -> None:
        torch.manual_seed(recipe.seed)
        AttentionInterface.register(ATTENTION, _attend)
        on_cpu = model.device.type == "cpu"
        model.config._attn_implementation = ATTENTION if on_cpu else "sdpa"
        self._rows_at_once = 1 if on_cpu else GPU_ROWS
        self.model = model.train()
        self.recipe = recipe
        self.progress = GapProgress()
        self.updates: dict[str, LowRank] = widen(model, recipe.rank, recipe.scale)
        self.parameters = [part for update in self.updates.values() for part in (update.down, update.up)]
        betas = (recipe.beta1, recipe.beta2)
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=recipe.rate, betas=betas, weight_decay=recipe.weight_decay, fused=True
        )
        self._open = middle_ids.open
        self._gradients = Gradients(self.parameters, self._part, threads=threads, compiled=compiled)
        body: Any = model.base_model
        if compiled:
            for layer in body.layers:
                layer.compile(dynamic=False)

    @property
    def schedule(self) -> Schedule:
        """How fast it learns, in the recipe's unit."""
        return Schedule(warmup=self.recipe.warmup, decay=self.recipe.decay, decay_from=self.progress.decay_from)

    def step(self, batches: Sequence[GapBatch]) -> float:
        """Learn from the batches of a step; the answer is its loss, in nats a token of a fill."""
        asked = [(batch.targets != IGNORED, batch.of_plain) for batch in batches]
        fills = sum(int((there & ~plain).sum()) for there, plain in asked)
        whole = fills + self.recipe.plain_weight * sum(int((there & plain).sum()) for there, plain in asked)
        shares = [
            (batch, rows, whole)
            for batch in batches
            for rows in np.array_split(np.arange(len(batch.inputs)), self._gradients.threads)
        ]
        loss = self._gradients(shares) / fills
        self._update()
        progress = self.progress
        progress.loss = LOSS_MEMORY * progress.loss + (1 - LOSS_MEMORY) * loss if progress.step else loss
        progress.step += 1
        progress.seen += self.recipe.tokens_a_step
        progress.blanks += sum(int((batch.inputs[:, TRUNK:] == self._open).sum()) for batch in batches)
        return loss

    def _update(self) -> None:
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP, foreach=True)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.rate * self.schedule.factor(done(self.progress, self.recipe.unit))
        self.optimizer.step()

    def _part(self, asked: tuple[GapBatch, NDArray[np.int64], float]) -> Part:
        """The summed loss of the fills of some rows of a batch that weighs so much in all, and the gradients of these
        rows' part of its mean loss."""
        batch, rows, whole = asked
        filled, sums = 0.0, [torch.zeros_like(parameter) for parameter in self.parameters]
        for first in range(0, len(rows), self._rows_at_once):
            found = self.logits(batch, rows[first : first + self._rows_at_once])
            each = torch.nn.functional.cross_entropy(found.logits, found.targets, reduction="none")
            filled += float(each.detach()[~found.plain].sum())
            weights = torch.where(found.plain, self.recipe.plain_weight, 1.0)
            torch._foreach_add_(sums, torch.autograd.grad((each * weights).sum() / whole, self.parameters))
        return filled, sums

    def logits(self, batch: GapBatch, rows: NDArray[np.int64]) -> Asked:
        """What some rows of a batch ask, in the order of the rows and their tokens."""
        device, kind = self.model.device, self.model.dtype
        sees = torch.from_numpy(batch.sees[rows]).to(device)
        mask = torch.zeros(sees.shape, dtype=kind, device=device).masked_fill_(~sees, -torch.inf)
        targets = torch.from_numpy(batch.targets[rows]).to(device)
        asked = targets != IGNORED
        body: Any = self.model.base_model
        hidden = body(
            input_ids=torch.from_numpy(batch.inputs[rows]).to(device),
            position_ids=torch.from_numpy(batch.positions[rows]).to(device),
            attention_mask=mask[:, None],
            use_cache=False,
        ).last_hidden_state
        head: Any = self.model.get_output_embeddings()
        return Asked(
            logits=head(hidden[asked]).float(),
            targets=targets[asked],
            plain=torch.from_numpy(batch.of_plain[rows]).to(device)[asked],
        )


def _attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, *, scaling: float, **_: Any
) -> tuple[Tensor, None]:
    """Attention [1, tokens, heads, head size] by plain matrix products: faster in bfloat16 on a CPU than a fused one
    with a mask that is not a triangle."""
    heads, tokens, size = query.shape[1:]
    sharing = heads // key.shape[1]
    asking = query[0].reshape(heads // sharing, sharing * tokens, size)
    scores = torch.baddbmm(mask[0].repeat(1, sharing, 1), asking, key[0].transpose(1, 2), alpha=scaling)
    found = torch.bmm(scores.softmax(dim=-1), value[0]).view(1, heads, tokens, size)
    return found.transpose(1, 2), None

"""One run of teaching a causal model to fill blanks: the recipe, and a step of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AttentionInterface, PreTrainedModel

from bot.inference.causal.hints import HintIds
from training.causal.gaps import IGNORED, TRUNK, GapBatch, GapPlan, Letters, draw_batch
from training.causal.lowrank import LowRank, widen
from training.corpus import Windows, windows_of_step
from training.gradients import Gradients, Part
from training.schedule import Schedule

CLIP = 1.0
ATTENTION = "inkling-gaps"


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRecipe:
    """What the update depends on, beside the corpus and the model. A batch is `rows` windows; `rate` is Adam's at its
    peak; `plain_weight` what a token of the plain text counts beside one of a fill."""

    seed: int = 1
    rows: int = 4
    rank: int = 16
    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.98
    plain_weight: float = 0.25
    warmup_tokens: int = 100_000
    decay_tokens: int = 600_000
    plan: GapPlan = field(default_factory=GapPlan)

    @property
    def tokens_a_step(self) -> int:
        return self.rows * self.plan.length


@dataclass(slots=True, kw_only=True)
class GapProgress:
    """How far a run is: steps, tokens read (padding included), blanks filled, seconds of work, the recent loss (nats a
    token of a fill), and at how many tokens the decay began."""

    step: int = 0
    seen: int = 0
    blanks: int = 0
    spent_s: float = 0.0
    loss: float = 0.0
    decay_from: int | None = None


class GapTrainer:
    """A causal model that is learning. Batches depend on the seed and the step alone."""

    def __init__(
        self,
        model: PreTrainedModel,
        recipe: GapRecipe,
        letters: Letters,
        hints: HintIds,
        *,
        threads: int,
        compiled: bool,
    ) -> None:
        torch.manual_seed(recipe.seed)
        AttentionInterface.register(ATTENTION, _attend)
        model.config._attn_implementation = ATTENTION
        self.model = model.train()
        self.recipe = recipe
        self.progress = GapProgress()
        self.updates: dict[str, LowRank] = widen(model, recipe.rank)
        self.parameters = [part for update in self.updates.values() for part in (update.down, update.up)]
        betas = (recipe.beta1, recipe.beta2)
        self.optimizer = torch.optim.AdamW(self.parameters, lr=recipe.rate, betas=betas, weight_decay=0.0, fused=True)
        self._letters, self._hints = letters, hints
        self._gradients = Gradients(self.parameters, self._part, threads=threads, compiled=compiled)
        body: Any = model.base_model
        if compiled:
            for layer in body.layers:
                layer.compile(dynamic=False)

    @property
    def schedule(self) -> Schedule:
        recipe = self.recipe
        return Schedule(warmup=recipe.warmup_tokens, decay=recipe.decay_tokens, decay_from=self.progress.decay_from)

    def batch(self, windows: Windows, step: int) -> GapBatch:
        """The batch of a step. Every window comes once in each pass over the corpus."""
        recipe = self.recipe
        chosen = windows_of_step(len(windows), step, recipe.rows, recipe.seed)
        rng = np.random.default_rng((recipe.seed, 1, step))
        return draw_batch(windows, chosen, self._letters, self._hints, recipe.plan, rng)

    def step(self, windows: Windows) -> float:
        """Learn from one batch; the answer is its loss, in nats a token of a fill."""
        started = time.process_time()
        threads = self._gradients.threads
        batch = self.batch(windows, self.progress.step)
        fills = int((batch.targets[:, TRUNK:] != IGNORED).sum())
        whole = fills + self.recipe.plain_weight * int((batch.targets[:, :TRUNK] != IGNORED).sum())
        shares = np.array_split(np.arange(self.recipe.rows), threads)
        loss = self._gradients([(batch, rows, whole) for rows in shares]) / fills
        self._update()
        progress = self.progress
        progress.loss = 0.98 * progress.loss + 0.02 * loss if progress.step else loss
        progress.step += 1
        progress.seen += self.recipe.tokens_a_step
        progress.blanks += int((batch.inputs[:, TRUNK:] == self._hints.open).sum())
        progress.spent_s += (time.process_time() - started) / threads
        return loss

    def _update(self) -> None:
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP, foreach=True)
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.rate * self.schedule.factor(self.progress.seen)
        self.optimizer.step()

    def _part(self, asked: tuple[GapBatch, NDArray[np.int64], float]) -> Part:
        """The summed loss of the fills of some rows of a batch that weighs so much in all, and the gradients of these
        rows' part of its mean loss."""
        batch, rows, whole = asked
        filled, sums = 0.0, [torch.zeros_like(parameter) for parameter in self.parameters]
        for row in rows:
            logits, targets, plain = self.logits(batch, row)
            each = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
            filled += float(each[plain:].detach().sum())
            loss = (each[plain:].sum() + self.recipe.plain_weight * each[:plain].sum()) / whole
            torch._foreach_add_(sums, torch.autograd.grad(loss, self.parameters))
        return filled, sums

    def logits(self, batch: GapBatch, row: int) -> tuple[Tensor, Tensor, int]:
        """Logits, float32 [targets, vocabulary], of the tokens to be learnt of one row, their ids, and how many of them
        are plain text (they come first)."""
        sees = torch.from_numpy(batch.sees[row])
        mask = torch.zeros(sees.shape, dtype=self.model.dtype).masked_fill_(~sees, -torch.inf)
        targets = torch.from_numpy(batch.targets[row])
        asked = targets != IGNORED
        body: Any = self.model.base_model
        hidden = body(
            input_ids=torch.from_numpy(batch.inputs[row])[None],
            position_ids=torch.from_numpy(batch.positions[row])[None],
            attention_mask=mask[None, None],
            use_cache=False,
        ).last_hidden_state[0]
        head: Any = self.model.get_output_embeddings()
        return head(hidden[asked]).float(), targets[asked], int(asked[:TRUNK].sum())


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

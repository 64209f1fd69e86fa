"""How well a causal model fills blanks of the dev stories, as a run sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from bot.worker.causal.fill_in_the_middle import MiddleIds
from training.causal.gaps import IGNORED, TRUNK, GapBatch, GapPlan, Letters, draw_batch
from training.corpus import Windows

if TYPE_CHECKING:
    from training.causal.trainer import GapTrainer

WINDOWS = 48
"""Windows of the dev stories on which a run is measured."""
SEED = 7
"""The seed of the draws of windows and blanks, so that all runs are measured on the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapScores:
    """Of one-word blanks: `nats` is the mean of -log p(the word, and that it ends), `top1` and `top5` how often its
    first token is among the likeliest; `longer` is the mean of -log p a token of blanks of three to eight words;
    `plain` that of plain text; `asked` is how many blanks that is of."""

    nats: float
    top1: float
    top5: float
    longer: float
    plain: float
    asked: int


def choose_batches(
    windows: Windows, letters: Letters, middle_ids: MiddleIds, count: int = WINDOWS
) -> dict[str, GapBatch]:
    """A fixed sample of `count` windows: with one-word blanks, and with long ones."""
    kinds = {"single": (1.0,), "longer": (0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)}
    chosen = np.random.default_rng(SEED).choice(len(windows), min(count, len(windows)), replace=False)
    return {
        kind: draw_batch(
            windows[chosen], letters, middle_ids, replace(GapPlan(), words=words, cut=0.0), np.random.default_rng(SEED)
        )
        for kind, words in kinds.items()
    }


@torch.no_grad()
def evaluate(trainer: GapTrainer, batches: Mapping[str, GapBatch]) -> GapScores:
    """Look at all blanks of the sample."""
    nats, plain, ranks, blanks = 0.0, 0.0, [], 0
    single = batches["single"]
    plains = 0
    for row in range(len(single.inputs)):
        values, firsts, of_plain = _row(trainer, single, row)
        nats += sum(values)
        blanks += len(firsts)
        ranks += firsts
        plain, plains = plain + sum(of_plain), plains + len(of_plain)
    longer = [value for row in range(len(single.inputs)) for value in _row(trainer, batches["longer"], row)[0]]
    return GapScores(
        nats=nats / blanks,
        top1=sum(rank < 1 for rank in ranks) / blanks,
        top5=sum(rank < 5 for rank in ranks) / blanks,
        longer=sum(longer) / len(longer),
        plain=plain / plains,
        asked=blanks,
    )


def _row(trainer: GapTrainer, batch: GapBatch, row: int) -> tuple[Sequence[float], list[int], Sequence[float]]:
    """-log p of every token of the fills, the ranks of their first tokens, and -log p of the plain tokens."""
    asked = trainer.logits(batch, np.array([row]))
    each = torch.nn.functional.cross_entropy(asked.logits, asked.targets, reduction="none").cpu()
    places = np.flatnonzero(batch.targets[row] != IGNORED)
    firsts = [n for n, place in enumerate(places) if place >= TRUNK and place - 1 not in places]
    ranks = [int((asked.logits[n] > asked.logits[n, asked.targets[n]]).sum()) for n in firsts]
    plain = asked.plain.cpu()
    return each[~plain].tolist(), ranks, each[plain].tolist()

"""Samplers: pure functions on logits, and the draw of one token a row by the row's own generator.

All take and give float32 logits of shape [rows, vocabulary] and a value for each row; a token that a sampler
drops becomes -inf. They are applied in this order, the temperature last, so that what is cut does not depend on it:

    DRY -> top-p -> min-p -> typical-p -> XTC -> temperature -> draw

Sources: top-p, Holtzman et al. 2020 (arXiv 1904.09751); min-p, Nguyen et al. 2024 (arXiv 2407.01082);
typical-p, Meister et al. 2023 (arXiv 2202.00666); DRY and XTC, p-e-w (text-generation-webui pull requests
5677 and 6335).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bot.rules.moods import Sampling

NEVER = -math.inf
"""The logit of a token that is cut."""
_FIRST_LOOK = 2048
"""How many of the best tokens are sorted first; the rest only where their sum is not enough."""
_LONGEST_MATCH = 48
"""DRY stops counting here: 1.75 ** 46 already forbids."""


def top_p(logits: Tensor, p: Tensor) -> Tensor:
    """Keep the fewest most probable tokens whose probabilities sum to at least `p` (shape [rows])."""
    return _keep_until(logits, -logits, p)


def min_p(logits: Tensor, p: Tensor) -> Tensor:
    """Keep the tokens at least `p` times (shape [rows]) as probable as the most probable one."""
    least = logits.max(dim=-1, keepdim=True).values + p.log().unsqueeze(-1)
    return logits.masked_fill(logits < least, NEVER)


def typical_p(logits: Tensor, p: Tensor) -> Tensor:
    """Keep the fewest tokens whose surprise is nearest to the entropy and which sum to at least `p` (shape [rows])."""
    log_probs = logits.log_softmax(dim=-1)
    entropy = -(log_probs.exp() * log_probs).nan_to_num(nan=0.0).sum(dim=-1, keepdim=True)
    return _keep_until(logits, (-log_probs - entropy).abs(), p)


def xtc(logits: Tensor, threshold: Tensor, hit: Tensor, protected: Tensor) -> Tensor:
    """Exclude the top choices: where `hit` (bool, shape [rows]) and two or more tokens have a probability of at
    least `threshold` (shape [rows]), drop all of those but the least likely, yet never a `protected` token
    (bool, shape [vocabulary]: line breaks and the ends of a text)."""
    probs = logits.softmax(dim=-1)
    top = probs >= threshold.unsqueeze(-1)
    least = probs.masked_fill(~top, math.inf).argmin(dim=-1, keepdim=True)
    dropped = top & ~protected & (hit & (top.sum(dim=-1) >= 2)).unsqueeze(-1)
    return logits.masked_fill(dropped.scatter(1, least, False), NEVER)


def dry(logits: Tensor, ids: Tensor, breakers: Tensor, multiplier: Tensor, base: Tensor, allowed: Tensor) -> Tensor:
    """Penalise each token that would go on with a repetition: by `multiplier * base ** (n - allowed)`, where n >=
    `allowed` is the length of the longest earlier run, ended before by that token, that equals the end of `ids`.

    `ids` (shape [rows, length]) are padded on the left with -1. `breakers` (bool, shape [rows, vocabulary] or
    [1, vocabulary]) are tokens that no run contains and that are never penalised. The others have shape [rows].
    """
    if ids.shape[1] < 2:
        return logits
    runs = _match_lengths(ids, breakers)
    following = ids[:, 1:]
    broken = breakers.expand(len(ids), -1).gather(1, following.clamp(min=0)) | (following < 0)
    excess = runs - allowed.unsqueeze(-1)
    penalty = multiplier.unsqueeze(-1) * base.unsqueeze(-1) ** excess.clamp(min=0)
    penalty = penalty.masked_fill((excess < 0) | (runs < 1) | broken, 0.0)
    strongest = torch.zeros_like(logits).scatter_reduce_(1, following.clamp(min=0), penalty, "amax")
    return logits - strongest


def temperature(logits: Tensor, value: Tensor) -> Tensor:
    """Divide by `value` (shape [rows], more than 0)."""
    return logits / value.unsqueeze(-1)


def draw(logits: Tensor, uniform: Tensor) -> Tensor:
    """Draw a token for each row by inverting its cumulative distribution at `uniform` (shape [rows], [0, 1)).

    One number decides a row, so the same seed draws the same token whoever else is in the batch.
    """
    cumulative = logits.double().softmax(dim=-1).cumsum(dim=-1)
    target = uniform.to(cumulative).unsqueeze(-1) * cumulative[:, -1:]
    return torch.searchsorted(cumulative, target, right=True).squeeze(-1).clamp(max=logits.shape[-1] - 1)


def _keep_until(logits: Tensor, rank: Tensor, p: Tensor) -> Tensor:
    """Keep tokens in rising order of `rank` until their probabilities sum to `p`; always the first.

    A vocabulary is long and what is kept is short: the head is looked at first, all of a row only if need be.
    """
    probs = logits.softmax(dim=-1)
    size = min(_FIRST_LOOK, logits.shape[-1])
    order = rank.topk(size, dim=-1, largest=False, sorted=True).indices
    head = probs.gather(1, order)
    before = head.cumsum(dim=-1) - head
    keep = torch.zeros_like(logits, dtype=torch.bool)
    keep.scatter_(1, order, (before < p.unsqueeze(-1)).index_fill(1, order.new_zeros(1), True))
    for row in (head.sum(dim=-1) < p).nonzero()[:, 0].tolist():
        whole = rank[row].argsort(stable=True)
        sorted_probs = probs[row, whole]
        keep[row, whole] = sorted_probs.cumsum(dim=-1) - sorted_probs < p[row]
        keep[row, whole[0]] = True
    return logits.masked_fill(~keep, NEVER)


def _match_lengths(ids: Tensor, breakers: Tensor) -> Tensor:
    """For each position but the last: how many tokens up to it equal the tokens up to the end of the row, with no
    breaker among them. Shape [rows, length - 1]."""
    rows, length = ids.shape
    usable = ~breakers.expand(rows, -1).gather(1, ids.clamp(min=0)) & (ids >= 0)
    runs = torch.zeros(rows, length - 1, dtype=torch.long, device=ids.device)
    alive = torch.ones_like(runs, dtype=torch.bool)
    for back in range(min(_LONGEST_MATCH, length - 1)):
        alive &= _same(ids, back) & usable[:, length - 1 - back].unsqueeze(-1)
        if not alive.any():
            break
        runs += alive
    return runs


def _same(ids: Tensor, back: int) -> Tensor:
    """Tell for each position but the last whether the token `back` before it equals the one `back` before the end."""
    length = ids.shape[1]
    same = torch.zeros(len(ids), length - 1, dtype=torch.bool, device=ids.device)
    same[:, back:] = ids[:, : length - 1 - back] == ids[:, length - 1 - back].unsqueeze(-1)
    return same


@dataclass(frozen=True, slots=True)
class Batch:
    """The sampler values of the rows of a batch as tensors of shape [rows], and what the samplers must know of the
    vocabulary. Made anew only when rows join or leave."""

    values: dict[str, Tensor]
    protected: Tensor
    breakers: Tensor

    @staticmethod
    def of(samplings: Sequence[Sampling], *, protected: Tensor, breakers: Sequence[Tensor]) -> Batch:
        """`protected`: bool, shape [vocabulary], see `xtc`. `breakers`: the same for each row, see `dry`."""
        names = ["temperature", "top_p", "min_p", "typical_p", "xtc_probability", "xtc_threshold"]
        names += ["dry_multiplier", "dry_base", "dry_allowed_length"]
        device = protected.device
        values = {
            name: torch.tensor([float(getattr(sampling, name)) for sampling in samplings], device=device)
            for name in names
        }
        return Batch(values, protected, torch.stack(list(breakers)))


def sample(logits: Tensor, ids: Tensor, batch: Batch, generators: Sequence[torch.Generator]) -> Tensor:
    """Draw the next token of every row. Shapes as in `dry`; gives token ids of shape [rows].

    Every row takes two numbers from its generator at each step, whether it needs them or not.
    """
    uniform = torch.stack([torch.rand(2, generator=generator) for generator in generators]).to(logits.device)
    v = batch.values

    def without_repeating(x: Tensor, r: Tensor) -> Tensor:
        return dry(x, ids[r], batch.breakers[r], v["dry_multiplier"][r], v["dry_base"][r], v["dry_allowed_length"][r])

    def without_top_choices(x: Tensor, r: Tensor) -> Tensor:
        return xtc(x, v["xtc_threshold"][r], torch.ones_like(r, dtype=torch.bool), batch.protected)

    cuts: tuple[tuple[Tensor, Callable[[Tensor, Tensor], Tensor]], ...] = (
        (v["dry_multiplier"] > 0, without_repeating),
        (v["top_p"] < 1, lambda x, r: top_p(x, v["top_p"][r])),
        (v["min_p"] > 0, lambda x, r: min_p(x, v["min_p"][r])),
        (v["typical_p"] < 1, lambda x, r: typical_p(x, v["typical_p"][r])),
        (uniform[:, 0] < v["xtc_probability"], without_top_choices),
    )
    logits = logits.float().clone()
    for wanted, cut in cuts:
        rows = wanted.nonzero()[:, 0]
        if len(rows):
            logits[rows] = cut(logits[rows], rows)
    return draw(temperature(logits, v["temperature"]), uniform[:, 1])

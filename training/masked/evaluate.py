"""How often the model finds what was hidden in the dev stories.

python -m training.masked.evaluate --model bot/worker/bundled
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer, BertForMaskedLM

from bot.worker.masked.loading import load_masked
from training.corpus import Windows, load_corpus
from training.masked.masking import MaskPlan, apply_mask, draw_mask
from training.masked.model import Vocabulary, masked_logits, to_tensors, vocabulary_of

SEED = 7
"""The seed of the windows and masks, so that all models are measured on the same."""
BATCH_OF_ROWS = 32
"""Windows in one pass of the model."""
SINGLE = MaskPlan(span_share=0.0)
"""Hides single tokens only."""
SPANS = MaskPlan(span_share=1.0)
"""Hides runs of whole words only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Shares of hidden tokens, 0 to 1; `windows` and the two token counts say on how many they rest."""

    top1: float
    top5: float
    span_top1: float
    span_top5: float
    windows: int
    tokens: int
    span_tokens: int


def evaluate(model: BertForMaskedLM, windows: Windows, vocabulary: Vocabulary, seed: int = SEED) -> Scores:
    """Both measures on all `windows`: single tokens (15%), and whole-word spans (15%)."""
    top1, top5, tokens = _hits(model, windows, vocabulary, SINGLE, seed)
    span_top1, span_top5, span_tokens = _hits(model, windows, vocabulary, SPANS, seed)
    return Scores(
        top1=top1 / tokens,
        top5=top5 / tokens,
        span_top1=span_top1 / span_tokens,
        span_top5=span_top5 / span_tokens,
        windows=len(windows),
        tokens=tokens,
        span_tokens=span_tokens,
    )


def choose_windows(windows: Windows, count: int | None, seed: int = SEED) -> Windows:
    """A fixed sample of `count` windows, or all of them."""
    if count is None or count >= len(windows):
        return windows
    return windows[np.sort(np.random.default_rng(seed).choice(len(windows), count, replace=False))]


@torch.no_grad()
def _hits(
    model: BertForMaskedLM, windows: Windows, vocabulary: Vocabulary, plan: MaskPlan, seed: int
) -> tuple[int, int, int]:
    """Tokens found first, found among the first five, and asked for."""
    rng = np.random.default_rng(seed)
    device = next(model.parameters()).device
    training = model.training
    model.train(False)
    first = among_five = asked = 0
    for start in range(0, len(windows), BATCH_OF_ROWS):
        rows = np.asarray(windows[start : start + BATCH_OF_ROWS], dtype=np.int64)
        batch = apply_mask(rows, draw_mask(rows, vocabulary.continuation, plan, rng), vocabulary.special)
        inputs, places, targets = to_tensors(batch, device)
        with torch.autocast(device.type, torch.bfloat16):
            logits = masked_logits(model, model.bert(inputs).last_hidden_state, places)
        best = logits.topk(5).indices == targets[:, None]
        first += int(best[:, 0].sum())
        among_five += int(best.any(dim=1).sum())
        asked += len(targets)
    model.train(training)
    return first, among_five, asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a folder that from_pretrained reads")
    parser.add_argument("--corpus", type=Path, default=os.environ.get("STORY_CORPUS"), help="default: $STORY_CORPUS")
    parser.add_argument("--cache", type=Path, default=Path("data/training"), help="folder for the tokenised corpus")
    parser.add_argument("--windows", type=int, help="measure on a sample of so many windows (default: all)")
    parser.add_argument("--json", type=Path, help="also write the scores to this file")
    options = parser.parse_args()
    if options.corpus is None:
        parser.error("set STORY_CORPUS or pass --corpus: the folder with stories-dev.jsonl.gz")
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = load_masked(options.model, torch.float32)
    assert isinstance(model, BertForMaskedLM), "the measures ask its encoder and its head apart"
    corpus = load_corpus(options.corpus / "stories-dev.jsonl.gz", tokenizer, options.cache)
    windows = choose_windows(corpus.windows, options.windows)
    scores = evaluate(model, windows, vocabulary_of(tokenizer))
    text = json.dumps(asdict(scores), indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

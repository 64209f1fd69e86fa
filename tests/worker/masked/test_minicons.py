"""Our PLL-word-l2r against that of minicons on the same tiny models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from minicons.scorer import MaskedLMScorer  # type: ignore[import-untyped]  # it has no types
from tokenizers.processors import TemplateProcessing
from transformers import AutoModelForMaskedLM, AutoTokenizer

from bot.inference.protocol import ScoreItem
from bot.rules.text.words import split_words, word_spans
from bot.worker.batching import complete
from bot.worker.masked.model import open_masked
from bot.worker.weights.model import ResolvedModel
from tests.support.masked_models import make
from tests.support.models import tiny_bert

LEFT, ASKED, RIGHT = "The fox", " unlatched the harbourmaster's overgrown gate", " near the bridge, and nobody spoke."


def by_minicons(folder: Path, text: str) -> list[tuple[tuple[int, int], float]]:
    """The [start, end) offsets and the score of every token of `text`.

    minicons 0.3.39 calls a method of tokenizers that transformers 5 lacks, so it is given the encoded text.
    """
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    # The tiny tokenizers do not frame a text by themselves; the real ones of their kinds do.
    tokenizer.cls_token = tokenizer.cls_token or tokenizer.bos_token
    tokenizer.sep_token = tokenizer.sep_token or tokenizer.eos_token
    ends = [(tokenizer.cls_token, tokenizer.cls_token_id), (tokenizer.sep_token, tokenizer.sep_token_id)]
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{tokenizer.cls_token} $A {tokenizer.sep_token}", special_tokens=ends
    )
    scorer: Any = MaskedLMScorer(AutoModelForMaskedLM.from_pretrained(folder), device="cpu", tokenizer=tokenizer)
    coded = tokenizer([text], return_offsets_mapping=True)
    spans = [span for span in coded["offset_mapping"][0] if span[0] < span[1]]
    (scores,) = scorer.compute_stats(list(scorer.prepare_text(coded, "within_word_l2r")), return_tensors=True)
    return list(zip(spans, scores.tolist(), strict=True))


@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta"])
def test_words_between_both_sides_score_as_in_minicons(kind: str, tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path) if kind == "bert" else make(kind, tmp_path)
    tokens = by_minicons(folder, LEFT + ASKED + RIGHT)
    spans = [(len(LEFT) + start, len(LEFT) + end) for start, end in word_spans(ASKED)]
    expected = [
        # A byte-level token begins with the space before its word.
        [score for (start, end), score in tokens if start < word_end and end > word_start]
        for word_start, word_end in spans
    ]
    assert max(map(len, expected)) > 2, "no word of several tokens: the order within a word was not tried"
    model = open_masked(
        ResolvedModel(role="masked", name="tiny", revision="1", folder=folder), device="cpu", dtype="float32"
    )
    (ours,) = complete([model.score([ScoreItem(left=LEFT, asked=ASKED, right=RIGHT)])])[0]
    assert len(ours) == len(split_words(ASKED))
    assert ours == pytest.approx([sum(scores) for scores in expected], abs=1e-3)

"""A tiny BERT and a tiny corpus, made on the spot."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, BertTokenizer

WORDS = ("the", "fox", "ran", "over", "a", "cold", "hill", "and", "sang", "to", "moon", "river", "old", "king", ".")
PIECES = ("##s", "##ing", "##ed")


def made_up_story(seed: int, words: int = 400) -> str:
    """Repetitive enough for a tiny model to learn something in a few steps."""
    rng = np.random.default_rng(seed)
    fill_tokens = (
        "the old king sang to the moon .",
        "a cold river ran over the hill .",
        "the foxs and the kings sing .",
    )
    text: list[str] = []
    while len(text) < words:
        text += fill_tokens[rng.integers(len(fill_tokens))].split()
    return " ".join(text)


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the sentence encoder's: BertModel weights with a pooler, and a WordPiece tokenizer."""
    folder = tmp_path_factory.mktemp("encoder")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *PIECES]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.2,
    )
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a train and a dev file in the corpus's format."""
    folder = tmp_path_factory.mktemp("stories")
    for part, seeds in (("train", range(12)), ("dev", range(100, 103))):
        with gzip.open(folder / f"stories-{part}.jsonl.gz", "wt", encoding="utf-8") as file:
            for seed in seeds:
                file.write(json.dumps({"id": f"{part}{seed}", "text": made_up_story(seed)}) + "\n")
    return folder

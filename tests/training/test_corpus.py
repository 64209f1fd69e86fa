from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from tests.training.conftest import made_up_story
from training.corpus import WINDOW, load_corpus, pack, read_texts


@given(ids=st.lists(st.integers(0, 65_535), max_size=300), length=st.integers(1, 40))
def test_packing_keeps_the_order_and_leaves_out_less_than_a_window(ids: list[int], length: int) -> None:
    windows = pack(ids, length)
    assert windows.shape[1] == length
    kept = windows.ravel().tolist()
    assert kept == ids[: len(kept)]
    assert len(ids) - len(kept) < length


def test_texts_come_in_the_files_order(stories: Path) -> None:
    texts = list(read_texts(stories / "stories-dev.jsonl.gz"))
    assert texts == [made_up_story(seed) for seed in range(100, 103)]


def test_no_window_crosses_from_one_story_into_the_next(stories: Path, encoder: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    corpus = load_corpus(stories / "stories-dev.jsonl.gz", tokenizer, tmp_path)
    expected = [
        window
        for text in read_texts(stories / "stories-dev.jsonl.gz")
        for window in pack(tokenizer(text, add_special_tokens=False)["input_ids"]).tolist()
    ]
    assert corpus.windows.tolist() == expected
    assert corpus.windows.shape[1] == WINDOW - 2


def test_counts_are_exact(stories: Path, encoder: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    path = stories / "stories-dev.jsonl.gz"
    counts = load_corpus(path, tokenizer, tmp_path).counts
    lengths = [len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in read_texts(path)]
    assert counts.stories == 3
    assert counts.tokens == sum(lengths)
    assert counts.windows == sum(length // (WINDOW - 2) for length in lengths)
    assert counts.tokens_in_windows == counts.windows * (WINDOW - 2)


def test_the_second_reading_comes_from_the_cache(
    stories: Path, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    path = stories / "stories-train.jsonl.gz"
    first = load_corpus(path, tokenizer, tmp_path)

    def refuse(*_: object) -> None:
        raise AssertionError("tokenised a second time")

    monkeypatch.setattr("training.corpus._tokenise", refuse)
    again = load_corpus(path, tokenizer, tmp_path)
    assert np.array_equal(first.windows, again.windows)
    assert first.counts == again.counts

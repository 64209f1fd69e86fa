from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from tests.training.conftest import made_up_story
from training.corpus import WINDOW, Passes, Stories, load_corpus, pack, read_texts


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


def test_window_never_crosses_from_one_story_into_the_next(stories: Path, encoder: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    corpus = load_corpus(stories / "stories-dev.jsonl.gz", tokenizer, tmp_path)
    expected = [
        window
        for text in read_texts(stories / "stories-dev.jsonl.gz")
        for window in pack(tokenizer(text, add_special_tokens=False)["input_ids"]).tolist()
    ]
    assert corpus.windows.tolist() == expected
    assert corpus.windows.shape[1] == WINDOW - 2


def test_corpus_counts_are_exact(stories: Path, encoder: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    path = stories / "stories-dev.jsonl.gz"
    counts = load_corpus(path, tokenizer, tmp_path).counts
    lengths = [len(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in read_texts(path)]
    assert counts.stories == 3
    assert counts.tokens == sum(lengths)
    assert counts.windows == sum(length // (WINDOW - 2) for length in lengths)
    assert counts.tokens_in_windows == counts.windows * (WINDOW - 2)


def test_corpus_is_read_from_the_cache_the_second_time(
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
    assert np.array_equal(first.stories.ids, again.stories.ids)
    assert first.counts == again.counts


@given(
    lengths=st.lists(st.integers(0, 90), min_size=1, max_size=12),
    length=st.integers(1, 20),
    rows=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_pass_begins_elsewhere_and_repeats_no_token(lengths: list[int], length: int, rows: int, seed: int) -> None:
    ids = np.arange(sum(lengths), dtype=np.uint16)
    stories = Stories(ids=ids, lengths=np.array(lengths, dtype=np.int64))
    story = np.repeat(np.arange(len(lengths)), lengths)
    sure = sum(max(1, (size - length + 1) // length) for size in lengths if size >= length)
    passes = Passes(stories, length, seed)
    if sure < rows:
        with pytest.raises(ValueError, match="fewer than"):
            passes.of_step(0, rows)
        return
    steps = sure // rows
    for turn in range(2):
        drawn = np.concatenate([passes.of_step(turn * steps + place, rows) for place in range(steps)])
        assert len(np.unique(drawn)) == drawn.size, "a token came twice in one pass"
        assert (np.diff(drawn.astype(np.int64), axis=1) == 1).all(), "windows are consecutive tokens"
        assert (story[drawn[:, 0]] == story[drawn[:, -1]]).all(), "a window crosses into the next story"


def test_passes_depend_on_the_seed_and_the_step_alone() -> None:
    stories = Stories(ids=np.arange(900, dtype=np.uint16), lengths=np.array([300, 600]))
    one, other, different = Passes(stories, 10, 1), Passes(stories, 10, 1), Passes(stories, 10, 2)
    there = [one.of_step(step, 4).tolist() for step in range(60)]
    assert [other.of_step(step, 4).tolist() for step in reversed(range(60))] == there[::-1]
    assert [different.of_step(step, 4).tolist() for step in range(60)] != there
    starts = {window[0] % 10 for batch in there for window in batch}
    assert len(starts) > 4, "every pass begins at the same tokens"

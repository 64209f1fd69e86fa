"""The story corpus as token ids, and windows of them.

What is measured on are consecutive windows from each story's first token on; what is learnt from are windows that begin
elsewhere in each pass. No window crosses from one story into the next, and the rest of a story that fills no window is
left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from bot.worker.weights.files import file_sha256
from training.saving import write_json

WINDOW = 128
"""Tokens of a window of the masked model, its start and end tokens included."""
PARTS = ("train", "dev")
"""The parts of the corpus, a file each."""
BATCH_OF_STORIES = 16
"""Stories that are tokenised at once."""

Windows = NDArray[np.uint16]
"""Token ids without special tokens, [windows, length] where they are cut into windows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusCounts:
    """What exactly was read; it goes into checkpoints and the model card."""

    file: str
    sha256: str
    stories: int
    characters: int
    tokens: int
    windows: int
    tokens_in_windows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stories:
    """The ids of all stories, uint16 [tokens], one story behind another, and how many each has, int64 [stories]."""

    ids: Windows
    lengths: NDArray[np.int64]

    def windows(self, length: int) -> Windows:
        """Consecutive windows of `length` tokens from each story's first token on, uint16 [windows, length]."""
        ends = np.cumsum(self.lengths)
        parts = [pack(self.ids[end - size : end], length) for end, size in zip(ends, self.lengths, strict=True)]
        return np.concatenate(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A part of the corpus: its stories, and the consecutive windows of them that `counts` counts."""

    stories: Stories
    windows: Windows
    counts: CorpusCounts


class Passes:
    """Windows of `length` tokens that begin elsewhere in each story at each pass, in random order.

    Which windows a step gets depends on the seed and the step alone. No token comes twice in a pass. A pass has as many
    steps as it has whole batches whatever the offsets, so that it may leave out a few windows.
    """

    def __init__(self, stories: Stories, length: int, seed: int) -> None:
        self._stories = stories
        self._length = length
        self._seed = seed
        self._begins = np.cumsum(stories.lengths) - stories.lengths
        long_enough = stories.lengths >= length
        self._least = int(np.maximum(1, (stories.lengths[long_enough] - length + 1) // length).sum())
        self._starts: tuple[int, NDArray[np.int64]] | None = None

    def of_step(self, step: int, rows: int) -> Windows:
        """The `rows` windows of a step, uint16 [rows, length]. Raises `ValueError` where there are not so many."""
        if self._least < rows:
            raise ValueError(f"the stories have {self._least} windows of {self._length} tokens, fewer than {rows}")
        turn, place = divmod(step, self._least // rows)
        starts = self._of_turn(turn)[place * rows : (place + 1) * rows]
        windows: Windows = self._stories.ids[starts[:, None] + np.arange(self._length)]
        return windows

    def _of_turn(self, turn: int) -> NDArray[np.int64]:
        if self._starts is None or self._starts[0] != turn:
            rng = np.random.default_rng((self._seed, self._length, turn))
            found = []
            for begin, size in zip(self._begins, self._stories.lengths, strict=True):
                if (free := size - self._length) >= 0:
                    offset = int(rng.integers(0, min(self._length, free + 1)))
                    found.append(begin + np.arange(offset, free + 1, self._length))
            self._starts = turn, rng.permutation(np.concatenate(found))
        return self._starts[1]


def read_texts(path: Path) -> Iterator[str]:
    """The stories' texts of a `.jsonl.gz` file, in its order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def pack(ids: Sequence[int] | Windows, length: int = WINDOW - 2) -> Windows:
    """Cut one story's ids into whole windows, shape (len(ids) // length, length)."""
    whole = len(ids) // length
    return np.asarray(ids[: whole * length], dtype=np.uint16).reshape(whole, length)


def load_corpus(path: Path, tokenizer: PreTrainedTokenizerBase, cache: Path, length: int = WINDOW - 2) -> Corpus:
    """Tokenise a corpus file, or read what an earlier run kept in `cache`; its windows have `length` tokens."""
    digest = file_sha256(path)
    stem = f"{path.name.removesuffix('.jsonl.gz')}-{len(tokenizer)}-{digest[:12]}"
    kept, record = cache / f"{stem}.npz", cache / f"{stem}.json"
    if not record.exists():
        cache.mkdir(parents=True, exist_ok=True)
        stories, characters = _tokenise(path, tokenizer)
        np.savez(kept, ids=stories.ids, lengths=stories.lengths)
        write_json(record, {"characters": characters})
    with np.load(kept) as arrays:
        stories = Stories(ids=arrays["ids"], lengths=arrays["lengths"])
    windows = stories.windows(length)
    counts = CorpusCounts(
        file=path.name,
        sha256=digest,
        stories=len(stories.lengths),
        characters=json.loads(record.read_text())["characters"],
        tokens=stories.ids.size,
        windows=len(windows),
        tokens_in_windows=windows.size,
    )
    return Corpus(stories=stories, windows=windows, counts=counts)


def corpus_file(folder: Path, part: str) -> Path:
    """Where the stories of a part lie."""
    return folder / f"stories-{part}.jsonl.gz"


def check_corpus(parser: argparse.ArgumentParser, folder: Path | None) -> None:
    """End the command with a sentence where the stories are not to be found."""
    if folder is None:
        parser.error("set STORY_CORPUS or pass --corpus: the folder with the stories")
    for part in PARTS:
        if not corpus_file(folder, part).exists():
            parser.error(f"{folder} holds no {corpus_file(folder, part).name}")


def _tokenise(path: Path, tokenizer: PreTrainedTokenizerBase) -> tuple[Stories, int]:
    """The stories of a file, and how many characters they have."""
    parts: list[Windows] = []
    texts = list(read_texts(path))
    for first in range(0, len(texts), BATCH_OF_STORIES):
        batch: Any = tokenizer(texts[first : first + BATCH_OF_STORIES], add_special_tokens=False, verbose=False)
        parts += [np.asarray(ids, dtype=np.uint16) for ids in batch["input_ids"]]
    lengths = np.array([len(part) for part in parts], dtype=np.int64)
    return Stories(ids=np.concatenate(parts), lengths=lengths), sum(map(len, texts))

"""The story corpus as windows of token ids.

A story becomes consecutive windows of `WINDOW - 2` tokens; [CLS] and [SEP] take the two other places. No window
crosses from one story into the next, and the rest of a story that fills no window is left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerBase

from bot.inference.weights import file_sha256
from training.saving import write_json

WINDOW = 128
PARTS = ("train", "dev")
BATCH_OF_STORIES = 16

Windows = NDArray[np.uint16]
"""Token ids, shape (windows, length), without special tokens."""


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
class Corpus:
    windows: Windows
    counts: CorpusCounts


def read_texts(path: Path) -> Iterator[str]:
    """The stories' texts of a `.jsonl.gz` file, in its order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def pack(ids: Sequence[int], length: int = WINDOW - 2) -> Windows:
    """Cut one story's ids into whole windows, shape (len(ids) // length, length)."""
    whole = len(ids) // length
    return np.asarray(ids[: whole * length], dtype=np.uint16).reshape(whole, length)


def load_corpus(path: Path, tokenizer: PreTrainedTokenizerBase, cache: Path, length: int = WINDOW - 2) -> Corpus:
    """Tokenise a corpus file into windows of `length` tokens, or read what an earlier run kept in `cache`."""
    digest = file_sha256(path)
    stem = f"{path.name.removesuffix('.jsonl.gz')}-{length}-{len(tokenizer)}-{digest[:12]}"
    array, record = cache / f"{stem}.npy", cache / f"{stem}.json"
    if not record.exists():
        cache.mkdir(parents=True, exist_ok=True)
        windows, counts = _tokenise(path, tokenizer, digest, length)
        np.save(array, windows)
        write_json(record, asdict(counts))
    windows = np.load(array, mmap_mode="r")
    return Corpus(windows=windows, counts=CorpusCounts(**json.loads(record.read_text())))


def windows_of_step(count: int, step: int, rows: int, seed: int) -> NDArray[np.int64]:
    """The numbers of the `rows` windows of a step, of `count` in all: each comes once in every pass over the corpus."""
    turn, place = divmod(step, count // rows)
    return np.random.default_rng((seed, turn)).permutation(count)[place * rows : (place + 1) * rows]


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


def _tokenise(path: Path, tokenizer: PreTrainedTokenizerBase, digest: str, length: int) -> tuple[Windows, CorpusCounts]:
    parts: list[Windows] = []
    texts = list(read_texts(path))
    tokens = 0
    for first in range(0, len(texts), BATCH_OF_STORIES):
        batch: Any = tokenizer(texts[first : first + BATCH_OF_STORIES], add_special_tokens=False, verbose=False)
        for ids in batch["input_ids"]:
            tokens += len(ids)
            parts.append(pack(ids, length))
    windows = np.concatenate(parts)
    counts = CorpusCounts(
        file=path.name,
        sha256=digest,
        stories=len(texts),
        characters=sum(map(len, texts)),
        tokens=tokens,
        windows=len(windows),
        tokens_in_windows=windows.size,
    )
    return windows, counts

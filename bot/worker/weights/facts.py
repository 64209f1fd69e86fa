"""What can be told of a model that is on disk without loading it: its size, its licence, what it can spell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.rules.text.words import has_han
from bot.worker.weights.bundled import BUNDLED_CAUSAL_NAME, BUNDLED_MASKED_NAME
from bot.worker.weights.gguf_header import read_header
from bot.worker.weights.large import LARGE
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.snapshots import Snapshot

OWN_LICENSE = "apache-2.0"
"""The licence of the models that come with Inkling."""
CHINESE_PIECES = 1500
"""From so many pieces with Chinese characters on a vocabulary is taken for one of a model that writes Chinese: the
bundled one (English) has 80, BERT of English some hundreds, Chinese BERT 7,000 and more, Qwen 25,000."""
_CARD = re.compile(r"\A---\n.*?^license:\s*['\"]?([\w.+-]+)", re.DOTALL | re.MULTILINE)
"""The licence in the YAML header of a model card."""
_CARD_BYTES = 20_000
"""Characters of a model card that are looked at: its header stands at the top."""


def size_of(model: ResolvedModel) -> int:
    """Return the bytes of a model's files."""
    if model.gguf is not None:
        return model.gguf.stat().st_size
    return sum(path.stat().st_size for path in model.folder.iterdir() if path.is_file())


def license_of(model: ResolvedModel, snapshot: Snapshot | None) -> str:
    """Return the licence as the model's own card names it; empty where none does."""
    if model.name in (BUNDLED_CAUSAL_NAME, BUNDLED_MASKED_NAME, LARGE.name):
        return OWN_LICENSE
    if snapshot is not None and snapshot.repository is not None and snapshot.repository.license:
        return snapshot.repository.license
    if model.gguf is not None:
        named = _field(model.gguf, "general.license")
        return named if isinstance(named, str) else ""
    try:
        card = (model.folder / "README.md").read_text(encoding="utf-8", errors="replace")[:_CARD_BYTES]
    except OSError:
        return ""
    found = _CARD.match(card)
    return found[1] if found else ""


def knows_chinese(model: ResolvedModel) -> bool:
    """Tell whether a model has pieces for Chinese characters, so that it may write Chinese; how well, only reading
    tells. Where its vocabulary cannot be read, it has none."""
    if model.languages:
        return "zh" in model.languages
    count = sum(has_han(_plain(piece)) for piece in _vocabulary(model) if not piece.isascii())
    return count >= CHINESE_PIECES


def _vocabulary(model: ResolvedModel) -> Iterable[str]:
    if model.gguf is not None:
        pieces = _field(model.gguf, "tokenizer.ggml.tokens")
        return pieces if isinstance(pieces, list) else ()
    for name, read in (("tokenizer.json", _of_tokenizer), ("vocab.txt", str.splitlines), ("vocab.json", json.loads)):
        try:
            found: Iterable[str] = read((model.folder / name).read_text(encoding="utf-8"))
            return found
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return ()


def _of_tokenizer(text: str) -> list[str]:
    vocabulary = json.loads(text)["model"]["vocab"]
    return [piece if isinstance(piece, str) else piece[0] for piece in vocabulary]


def _plain(piece: str) -> str:
    """Return the text of a piece; in byte-level vocabularies each character stands for a byte."""
    try:
        return bytes(_BYTES[character] for character in piece).decode("utf-8", errors="replace")
    except KeyError:
        return piece


def _byte_characters() -> dict[str, int]:
    """GPT-2's table: printable bytes stand for themselves, the others for characters from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = (byte for byte in range(256) if byte not in printable)
    return {chr(byte): byte for byte in printable} | {chr(0x100 + n): byte for n, byte in enumerate(others)}


_BYTES = _byte_characters()
"""The byte that each character of a byte-level vocabulary stands for."""


def _field(gguf: Path, key: str) -> Any:
    try:
        return read_header(gguf).fields.get(key)
    except (OSError, ValueError):
        return None

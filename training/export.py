"""Write a checkpoint's averaged weights as the folder that the bot bundles.

    python -m training.export --checkpoint OUT/checkpoint.pt --encoder FOLDER --to bot/inference/bundled
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM

from training.card import model_card

MANIFEST = "MANIFEST.json"
TIED = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")
"""Names under which the state repeats the word embeddings and the head's bias."""
LARGEST = 50_000_000
"""Bytes that the whole folder may take."""


def averaged_state(checkpoint: Path, config: BertConfig) -> dict[str, Tensor]:
    """The averaged weights of a checkpoint by name, in float16, each tensor once."""
    state: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    model = BertForMaskedLM(config)
    names = [name for name, _ in model.named_parameters()]
    averaged = dict(zip(names, state["ema"], strict=True))
    return {name: tensor.to(torch.float16).contiguous() for name, tensor in averaged.items() if name not in TIED}


def export(checkpoint: Path, encoder: Path, to: Path) -> None:
    """Write weights, configuration, tokenizer, model card and manifest into the folder `to`, in place of what was there."""
    to.mkdir(parents=True, exist_ok=True)
    config = masked_config(encoder)
    save_file(averaged_state(checkpoint, config), to / "model.safetensors", metadata={"format": "pt"})
    config.dtype = torch.float16
    config.save_pretrained(to)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(to)
    shutil.copyfile(encoder / "vocab.txt", to / "vocab.txt")


def masked_config(encoder: Path) -> BertConfig:
    """The encoder's configuration for a masked language model with a tied head."""
    config = BertConfig.from_pretrained(encoder)
    config.architectures = ["BertForMaskedLM"]
    config.tie_word_embeddings = True
    return config


def write_manifest(folder: Path) -> None:
    """List every file of the folder with its size and SHA-256."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST and path.is_file())
    entries = {
        path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in files
    }
    total = sum(path.stat().st_size for path in files)
    if total > LARGEST:
        raise ValueError(f"{folder} takes {total:,} bytes, more than {LARGEST:,}")
    (folder / MANIFEST).write_text(json.dumps({"files": entries}, indent=1) + "\n", encoding="utf-8")

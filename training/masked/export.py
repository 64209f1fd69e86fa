"""Write a checkpoint's averaged weights as the folder that the bot bundles.

    python -m training.masked.export --checkpoint OUT/checkpoint.pt --encoder FOLDER --to bot/inference/bundled

Then measure the folder with `training.masked.evaluate --json OUT/scores.json` and run this again with `--scores`: the
model card carries the figures.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM

from training.manifest import write_manifest
from training.masked.card import Facts, model_card
from training.masked.checkpoints import Progress, read_progress
from training.masked.evaluate import Scores
from training.masked.model import masked_config
from training.saving import write_json


def averaged_state(average: list[Tensor], config: BertConfig) -> dict[str, Tensor]:
    """The averaged weights by name, in float16. `named_parameters` names tied weights once."""
    with torch.device("meta"):
        names = [name for name, _ in BertForMaskedLM(config).named_parameters()]
    return {name: tensor.to("cpu", torch.float16).contiguous() for name, tensor in zip(names, average, strict=True)}


def export_model(checkpoint: Path, encoder: Path, to: Path) -> Progress:
    """Write weights, configuration and tokenizer into the folder `to`; the answer is how far the run was."""
    to.mkdir(parents=True, exist_ok=True)
    state: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    progress = read_progress(state)
    config = masked_config(encoder)
    config.dtype = torch.float16
    save_file(averaged_state(progress.average, config), to / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(to)
    save_tokenizer(encoder, to)
    return progress


def save_tokenizer(encoder: Path, to: Path) -> None:
    """Save the encoder's tokenizer without the truncation to 128 tokens that sentence embeddings ask for."""
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    backend.save(str(to / "tokenizer.json"))
    settings = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": True,
        "model_max_length": tokenizer.model_max_length,
        **{
            name: getattr(tokenizer, name)
            for name in ("cls_token", "mask_token", "pad_token", "sep_token", "unk_token")
        },
    }
    write_json(to / "tokenizer_config.json", settings)
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    (to / "vocab.txt").write_text("".join(f"{piece}\n" for piece, _ in vocabulary), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True, help="its folder also holds run.json")
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the encoder the run started from")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--scores", type=Path, help="what training.masked.evaluate --json wrote for these weights")
    parser.add_argument("--note", default="", help="a sentence on how this run differed from the recipe")
    options = parser.parse_args()
    progress = export_model(options.checkpoint, options.encoder, options.to)
    record = json.loads((options.checkpoint.parent / "run.json").read_text())
    scores = Scores(**json.loads(options.scores.read_text())) if options.scores else None
    facts = Facts(recipe=record["recipe"], corpus=record["corpus"], progress=progress, scores=scores, note=options.note)
    (options.to / "README.md").write_text(model_card(facts), encoding="utf-8")
    for path in options.to.iterdir():
        path.chmod(0o644)  # safetensors writes for the owner only
    write_manifest(options.to)


if __name__ == "__main__":
    main()

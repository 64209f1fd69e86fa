"""Write what a run learnt as the folder that the bot bundles, its matrices in 8 bits.

    python -m training.masked.export --checkpoint OUT/checkpoint.pt --encoder FOLDER --to bot/worker/bundled

`--checkpoint` may also be a safetensors file of a run's weights; `run.json` beside it then says how many tokens they
have `seen`.

Then measure the folder with `training.masked.evaluate --json OUT/scores.json` and run this again with `--scores`: the
model card carries the figures.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoTokenizer, BertConfig, BertForMaskedLM

from bot.worker.eight_bits import save_eight_bits
from bot.worker.weights.bundled import MASKED_FILE
from training.manifest import write_manifest
from training.masked.card import Facts, model_card
from training.masked.checkpoints import read_progress
from training.masked.evaluate import Scores
from training.masked.model import masked_config
from training.saving import write_json


def learnt_weights(checkpoint: Path, config: BertConfig) -> tuple[dict[str, Tensor], int]:
    """The weights of a run by name (tied ones once), and how many tokens it saw."""
    if checkpoint.suffix == ".safetensors":
        return load_file(checkpoint), int(read_record(checkpoint)["seen"])
    progress = read_progress(torch.load(checkpoint, map_location="cpu", weights_only=True))
    with torch.device("meta"):
        names = [name for name, _ in BertForMaskedLM(config).named_parameters()]
    return dict(zip(names, progress.average, strict=True)), progress.seen


def read_record(checkpoint: Path) -> dict[str, Any]:
    """What the run noted about itself."""
    record: dict[str, Any] = json.loads((checkpoint.parent / "run.json").read_text(encoding="utf-8"))
    return record


def export_model(checkpoint: Path, encoder: Path, to: Path) -> int:
    """Write weights, configuration and tokenizer into the folder `to`; the answer is how many tokens the run saw."""
    to.mkdir(parents=True, exist_ok=True)
    config = masked_config(encoder)
    config.dtype = torch.float16
    weights, seen = learnt_weights(checkpoint, config)
    save_eight_bits(weights, to / MASKED_FILE)
    config.save_pretrained(to)
    save_tokenizer(encoder, to)
    return seen


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
    seen = export_model(options.checkpoint, options.encoder, options.to)
    scores = Scores(**json.loads(options.scores.read_text())) if options.scores else None
    facts = Facts(record=read_record(options.checkpoint), seen=seen, scores=scores, note=options.note)
    (options.to / "README.md").write_text(model_card(facts), encoding="utf-8")
    for path in options.to.iterdir():
        path.chmod(0o644)  # safetensors writes for the owner only
    write_manifest(options.to)


if __name__ == "__main__":
    main()

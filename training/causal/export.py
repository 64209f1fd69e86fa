"""Write what a run of `training.causal.train` learnt as the folder that the bot bundles, its matrices in 8 bits.

python -m training.causal.export --run data/training/causal --to bot/worker/bundled_update
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bot.worker.eight_bits import StoredWeights, save_eight_bits
from bot.worker.weights.bundled import BUNDLED_CAUSAL, UPDATE_FILE
from training.causal.card import update_card
from training.causal.lowrank import factors
from training.manifest import write_manifest


def export_update(run: Path, to: Path, note: str = "") -> None:
    """Write the weights of the run's checkpoint (or of its `update.safetensors`, where there is one), the card with a
    `note` on its figures, and the manifest."""
    to.mkdir(parents=True, exist_ok=True)
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    learnt, blanks = _learnt(run, record)
    metadata = {"base": BUNDLED_CAUSAL.requirement, "base_sha256": BUNDLED_CAUSAL.member_sha256}
    save_eight_bits(learnt, to / UPDATE_FILE, metadata)
    with (run / "curve.csv").open(encoding="utf-8", newline="") as file:
        curve = list(csv.DictReader(file))
    (to / "README.md").write_text(update_card(record, curve, blanks, note), encoding="utf-8")
    for path in to.iterdir():
        path.chmod(0o644)  # safetensors writes for the owner only
    write_manifest(to)


def _learnt(run: Path, record: Mapping[str, Any]) -> tuple[dict[str, Tensor], int]:
    """The factors of all updates as they are exported, and how many blanks they saw."""
    if (run / UPDATE_FILE).exists():
        return dict(StoredWeights(run / UPDATE_FILE)), int(record["blanks"])
    state: dict[str, Any] = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)
    return factors(state["updates"], record["recipe"]["scale"]), state["progress"]["blanks"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--note", default="", help="a sentence on how what is exported was measured")
    options = parser.parse_args()
    export_update(options.run, options.to, options.note)


if __name__ == "__main__":
    main()

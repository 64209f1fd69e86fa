"""Write what a run of `training.causal.train` learnt as the folder that the bot bundles.

python -m training.causal.export --run data/training/causal --to bot/inference/bundled_update
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from bot.inference.weights import BUNDLED_CAUSAL, UPDATE_FILE
from training.causal.card import update_card
from training.causal.lowrank import halves
from training.manifest import write_manifest


def export_update(run: Path, to: Path) -> None:
    """Write the weights of the run's checkpoint, the card, and the manifest."""
    to.mkdir(parents=True, exist_ok=True)
    state: dict[str, Any] = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)
    metadata = {"format": "pt", "base": BUNDLED_CAUSAL.requirement, "base_sha256": BUNDLED_CAUSAL.member_sha256}
    save_file(halves(state["updates"]), to / UPDATE_FILE, metadata=metadata)
    with (run / "curve.csv").open(encoding="utf-8", newline="") as file:
        curve = list(csv.DictReader(file))
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (to / "README.md").write_text(update_card(record, curve, state["progress"]["blanks"]), encoding="utf-8")
    for path in to.iterdir():
        path.chmod(0o644)  # safetensors writes for the owner only
    write_manifest(to)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--to", type=Path, required=True)
    options = parser.parse_args()
    export_update(options.run, options.to)


if __name__ == "__main__":
    main()

"""Teach the bundled causal model to fill blanks with both sides in sight.

    python -m training.causal.train --out data/training/causal --steps 1100 --decay-steps 330

Learnt is a low-rank update of its matrices. The same command again goes on from the last checkpoint. `touch OUT/decay`
begins the last stretch at once.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm  # type: ignore[import-untyped]  # it ships no types

from bot.errors import WeightsError
from bot.inference.causal.hints import HintIds
from bot.inference.causal.loading import load_causal
from bot.inference.causal.phrases import surfaces
from bot.inference.plaintext import PlainText
from bot.inference.weights import UPDATE_FILE, resolve
from bot.settings import ModelChoice
from training.causal.evaluate import GapScores, choose_batches, evaluate
from training.causal.gaps import WINDOW, GapBatch, Letters
from training.causal.lowrank import start_with
from training.causal.trainer import GapProgress, GapRecipe, GapTrainer
from training.corpus import PARTS, Windows, check_corpus, corpus_file, load_corpus
from training.saving import save_whole, write_json
from training.stopping import StopRequest

SAVE_EVERY_S = 300.0
SCORE_EVERY = 150


def save(path: Path, trainer: GapTrainer) -> None:
    """Write a checkpoint whole or not at all."""
    state = {
        "updates": {name: {"down": one.down.data, "up": one.up.data} for name, one in trainer.updates.items()},
        "opt": trainer.optimizer.state_dict(),
        "progress": asdict(trainer.progress),
    }
    save_whole(path, state)


def resume(path: Path, trainer: GapTrainer) -> None:
    """Go on from a checkpoint."""
    state: dict[str, Any] = torch.load(path, weights_only=True)
    for name, one in trainer.updates.items():
        one.take(**state["updates"][name])
    trainer.optimizer.load_state_dict(state["opt"])
    trainer.progress = GapProgress(**state["progress"])


def note_scores(path: Path, progress: GapProgress, scores: GapScores) -> None:
    """Add a line to the curve."""
    values = asdict(progress) | asdict(scores)
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, values)
        if new:
            writer.writeheader()
        writer.writerow({name: f"{value:.4f}" if isinstance(value, float) else value for name, value in values.items()})


def parse_options() -> argparse.Namespace:
    default = GapRecipe()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=os.environ.get("STORY_CORPUS"), help="default: $STORY_CORPUS")
    parser.add_argument("--model", default="bundled", help="the model to teach: `bundled`, or a folder")
    parser.add_argument("--data", type=Path, default=Path("data"), help="where the bundled model lies")
    parser.add_argument("--start", type=Path, help="folder of an update to go on from instead of none")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--cache", type=Path, default=Path("data/training"), help="folder for the tokenised corpus")
    parser.add_argument("--steps", type=int, required=True, help="steps in all, the decay included")
    parser.add_argument("--decay-steps", type=int, required=True, help="how many of them are the decay")
    parser.add_argument("--rate", type=float, default=default.rate)
    parser.add_argument("--rank", type=int, default=default.rank)
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--no-compile", action="store_true", help="start at once, run slower")
    options = parser.parse_args()
    check_corpus(parser, options.corpus)
    return options


def main() -> None:
    options = parse_options()
    options.out.mkdir(parents=True, exist_ok=True)
    resolved = resolve(ModelChoice(name=options.model), "causal", options.data)
    model, tokenizer = load_causal(resolved, "cpu", "bfloat16", options.data / "cache")
    corpora = {part: load_corpus(corpus_file(options.corpus, part), tokenizer, options.cache, WINDOW) for part in PARTS}
    recipe = replace(GapRecipe(), rate=options.rate, rank=options.rank, seed=options.seed)
    recipe = replace(recipe, decay_tokens=options.decay_steps * recipe.tokens_a_step)
    letters, hints = Letters.of(surfaces(tokenizer, PlainText.of(tokenizer).marks)), HintIds.of(tokenizer)
    trainer = GapTrainer(
        model, recipe, letters, hints, threads=torch.get_num_threads(), compiled=not options.no_compile
    )
    try:
        start = start_with(trainer.updates, options.start / UPDATE_FILE) if options.start else None
    except WeightsError as error:
        sys.exit(str(error))
    record = {
        "recipe": asdict(recipe),
        "start": start,
        "corpus": {part: asdict(corpus.counts) for part, corpus in corpora.items()},
    }
    write_json(options.out / "run.json", record)
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        resume(checkpoint, trainer)
    dev = choose_batches(corpora["dev"].windows, letters, hints)
    run(trainer, corpora["train"].windows, dev, options.out, options.steps - options.decay_steps)


def run(trainer: GapTrainer, windows: Windows, dev: Mapping[str, GapBatch], out: Path, flat: int) -> None:
    """Learn until the decay is done, which begins after `flat` steps, or until asked to stop; keep checkpoints and the
    curve."""
    stop, checkpoint, progress = StopRequest(), out / "checkpoint.pt", trainer.progress
    saved = time.monotonic()
    bar = tqdm(initial=progress.step, unit="step", mininterval=10)
    if not progress.step:
        note_scores(out / "curve.csv", progress, evaluate(trainer, dev))
    begun = progress.step
    while not stop.asked and not trainer.schedule.finished(progress.seen):
        if progress.decay_from is None and (progress.step >= flat or (out / "decay").exists()):
            progress.decay_from = progress.seen
        trainer.step(windows)
        bar.set_postfix(loss=f"{progress.loss:.3f}", blanks=progress.blanks, refresh=False)
        bar.update(1)
        if progress.step % SCORE_EVERY == 0:
            note_scores(out / "curve.csv", progress, evaluate(trainer, dev))
        if time.monotonic() - saved > SAVE_EVERY_S:
            save(checkpoint, trainer)
            saved = time.monotonic()
    bar.close()
    if progress.step > begun:
        save(checkpoint, trainer)
        note_scores(out / "curve.csv", progress, evaluate(trainer, dev))


if __name__ == "__main__":
    main()

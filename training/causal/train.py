"""Teach the bundled causal model to fill blanks with both sides in sight.

    python -m training.causal.train --out data/training/causal --steps 1100 --decay-steps 330
    python -m training.causal.train --out data/training/causal --device cuda --seconds 270

Learnt is a low-rank update of its matrices. The same command again goes on from the last checkpoint. `touch OUT/decay`
begins the last stretch at once.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from bot.errors import WeightsError
from bot.settings import ModelChoice
from bot.worker.causal.fill_in_the_middle import MiddleIds
from bot.worker.causal.fill_search import surfaces
from bot.worker.causal.loading import load_causal
from bot.worker.plaintext import PlainText
from bot.worker.weights.bundled import UPDATE_FILE
from bot.worker.weights.resolving import resolve
from training.causal.evaluate import GapScores, choose_batches, evaluate
from training.causal.gaps import WINDOW, Letters
from training.causal.lowrank import start_with
from training.causal.trainer import GapDrawing, GapProgress, GapRecipe, GapTrainer, gpu_recipe
from training.corpus import PARTS, check_corpus, corpus_file, load_corpus
from training.running import Batches, Plan, drawing_workers, learn, work_clock
from training.saving import save_whole, write_json

DECAY_SHARE = 0.3
"""How many of the steps are the decay, where nothing is said."""


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
    state: dict[str, Any] = torch.load(path, map_location=trainer.model.device, weights_only=True)
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=os.environ.get("STORY_CORPUS"), help="default: $STORY_CORPUS")
    parser.add_argument("--model", default="bundled", help="the model to teach: `bundled`, or a folder")
    parser.add_argument("--data", type=Path, default=Path("data"), help="where the bundled model lies")
    parser.add_argument("--start", type=Path, help="folder of an update to go on from instead of none")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--cache", type=Path, default=Path("data/training"), help="folder for the tokenised corpus")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--steps", type=int, help="steps in all, the decay included")
    length.add_argument(
        "--seconds", type=float, help="seconds of work in all, the decay included: the recipe for a GPU"
    )
    parser.add_argument("--decay-steps", type=int, help="how many of the steps are the decay (default: three in ten)")
    parser.add_argument("--rate", type=float)
    parser.add_argument("--rank", type=int)
    parser.add_argument("--rows", type=int, help="windows a step")
    parser.add_argument("--plain-rows", type=int, help="rows of plain text a step")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument(
        "--workers", type=int, help="processes that draw batches (default: for a GPU, all cores but one)"
    )
    parser.add_argument("--score-every", type=int, default=150, help="steps between two lines of the curve")
    parser.add_argument("--no-compile", action="store_true", help="start at once, run slower")
    options = parser.parse_args()
    check_corpus(parser, options.corpus)
    return options


def chosen_recipe(options: argparse.Namespace) -> GapRecipe:
    """The recipe with what the command line says."""
    recipe = gpu_recipe(options.seconds) if options.seconds is not None else GapRecipe()
    given = {name: getattr(options, name) for name in ("rate", "rank", "rows", "plain_rows", "seed")}
    recipe = replace(recipe, **{name: value for name, value in given.items() if value is not None})
    if options.steps is None:
        return recipe
    decay = round(DECAY_SHARE * options.steps) if options.decay_steps is None else options.decay_steps
    return replace(recipe, decay=decay * recipe.tokens_a_step)


def main() -> None:
    options = parse_options()
    options.out.mkdir(parents=True, exist_ok=True)
    recipe, on_cpu = chosen_recipe(options), options.device == "cpu"
    resolved = resolve(ModelChoice(name=options.model), "causal", options.data)
    model, tokenizer = load_causal(resolved, options.device, "bfloat16", options.data / "cache")
    corpora = {part: load_corpus(corpus_file(options.corpus, part), tokenizer, options.cache, WINDOW) for part in PARTS}
    letters, middle_ids = Letters.of(surfaces(tokenizer, PlainText.of(tokenizer).marks)), MiddleIds.of(tokenizer)
    threads = torch.get_num_threads() if on_cpu else 1
    trainer = GapTrainer(model, recipe, middle_ids, threads=threads, compiled=not options.no_compile)
    try:
        start = start_with(trainer.updates, options.start / UPDATE_FILE) if options.start else None
    except WeightsError as error:
        sys.exit(str(error))
    record = {
        "recipe": asdict(recipe),
        "start": start,
        "corpus": {part: asdict(corpus.counts) for part, corpus in corpora.items()},
        "device": "cpu" if on_cpu else torch.cuda.get_device_name(),
    }
    write_json(options.out / "run.json", record)
    plan = _plan(options, recipe)
    if plan.checkpoint.exists():
        resume(plan.checkpoint, trainer)
    dev = choose_batches(corpora["dev"].windows, letters, middle_ids)
    learn(
        trainer,
        plan,
        Batches(GapDrawing(corpora["train"].stories, recipe, letters, middle_ids)),
        clock=work_clock(options.device, threads),
        save=lambda path: save(path, trainer),
        score=lambda: note_scores(options.out / "curve.csv", trainer.progress, evaluate(trainer, dev)),
    )


def _plan(options: argparse.Namespace, recipe: GapRecipe) -> Plan:
    workers = drawing_workers(options.device, options.workers)
    by_clock = options.steps is None
    return Plan(
        out=options.out,
        unit=recipe.unit,
        length=options.seconds if by_clock else options.steps * recipe.tokens_a_step,
        workers=workers,
        score_every=options.score_every,
    )


if __name__ == "__main__":
    main()

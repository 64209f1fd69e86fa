"""Train the bundled masked model.

    python -m training.masked.train --encoder FOLDER --out data/training/run --tokens 16000000
    python -m training.masked.train --encoder FOLDER --out data/training/run --device cuda --seconds 140

The same command again goes on from the last checkpoint. `touch OUT/decay` begins the last stretch at once.
"""

from __future__ import annotations

import argparse
import csv
import os
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import torch
from transformers import AutoTokenizer

from bot.worker.weights.bundled import MASKED_FILE
from bot.worker.weights.files import file_sha256
from training.corpus import PARTS, Corpus, check_corpus, corpus_file, load_corpus
from training.masked.checkpoints import Progress, load_checkpoint, save_checkpoint
from training.masked.evaluate import Scores, choose_windows
from training.masked.model import from_encoder, from_masked, vocabulary_of
from training.masked.trainer import Drawing, Recipe, Trainer, gpu_recipe
from training.running import Batches, Plan, drawing_workers, learn, work_clock
from training.saving import write_json

DEV_SAMPLE = 192
"""Windows that the curve is measured on."""


def note_scores(path: Path, progress: Progress, scores: Scores) -> None:
    """Add a line to the curve."""
    new = not path.exists()
    counters = (progress.step, progress.seen, f"{progress.spent_s / 60:.1f}", f"{progress.loss:.4f}")
    shares = (scores.top1, scores.top5, scores.span_top1, scores.span_top5)
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["step", "tokens", "minutes", "loss", "top1", "top5", "span_top1", "span_top5"])
        writer.writerow([*counters, *(f"{share:.4f}" for share in shares)])


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the encoder to start from")
    parser.add_argument("--start", type=Path, help="folder of a masked model to go on from instead of a fresh head")
    parser.add_argument("--corpus", type=Path, default=os.environ.get("STORY_CORPUS"), help="default: $STORY_CORPUS")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--cache", type=Path, default=Path("data/training"), help="folder for the tokenised corpus")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--tokens", type=int, help="tokens to see in all, the decay included")
    length.add_argument(
        "--seconds", type=float, help="seconds of work in all, the decay included: the recipe for a GPU"
    )
    parser.add_argument("--decay", type=float, help="length of the last stretch, in tokens or seconds")
    parser.add_argument("--warmup", type=float, help="length of the first stretch, in tokens or seconds")
    parser.add_argument("--tokens-a-step", type=int, help="tokens of a batch")
    parser.add_argument("--rates", type=float, default=1.0, help="multiply both learning rates by this")
    parser.add_argument("--span-share", type=float, help="rows whose blanks are runs")
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument(
        "--workers", type=int, help="processes that draw batches (default: for a GPU, all cores but one)"
    )
    parser.add_argument("--score-every", type=int, default=200, help="steps between two lines of the curve")
    parser.add_argument("--no-compile", action="store_true", help="start at once, run slower")
    options = parser.parse_args()
    check_corpus(parser, options.corpus)
    return options


def chosen_recipe(options: argparse.Namespace) -> Recipe:
    """The recipe with what the command line says."""
    recipe = gpu_recipe(options.seconds) if options.seconds is not None else Recipe()
    given = {name: getattr(options, name) for name in ("decay", "warmup", "tokens_a_step")}
    share = recipe.masks.span_share if options.span_share is None else options.span_share
    return replace(
        recipe,
        seed=options.seed,
        encoder_rate=recipe.encoder_rate * options.rates,
        head_rate=recipe.head_rate * options.rates,
        masks=replace(recipe.masks, span_share=share),
        **{name: value for name, value in given.items() if value is not None},
    )


def main() -> None:
    options = parse_options()
    recipe = chosen_recipe(options)
    on_cpu = options.device == "cpu"
    workers = drawing_workers(options.device, options.workers)
    length = options.seconds if recipe.unit == "seconds" else options.tokens
    plan = Plan(out=options.out, unit=recipe.unit, length=length, workers=workers, score_every=options.score_every)
    plan.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    tokenizer = AutoTokenizer.from_pretrained(options.encoder)
    corpora: dict[str, Corpus] = {
        part: load_corpus(corpus_file(options.corpus, part), tokenizer, options.cache) for part in PARTS
    }
    record = {
        "recipe": asdict(recipe),
        "start": file_sha256(options.start / MASKED_FILE) if options.start else None,
        "corpus": {part: asdict(corpus.counts) for part, corpus in corpora.items()},
        "device": torch.cuda.get_device_name() if options.device.startswith("cuda") else "cpu",
    }
    write_json(plan.out / "run.json", record)
    model = from_masked(options.start) if options.start else from_encoder(options.encoder, corpora["train"].windows)
    model.to(options.device)
    threads = torch.get_num_threads() if on_cpu else 1
    trainer = Trainer(model, recipe, threads=threads, compiled=not options.no_compile)
    if plan.checkpoint.exists():
        trainer.progress = load_checkpoint(plan.checkpoint, model, trainer.optimizer)
    vocabulary = vocabulary_of(tokenizer)
    dev = choose_windows(corpora["dev"].windows, DEV_SAMPLE)
    learn(
        trainer,
        plan,
        Batches(Drawing(corpora["train"].stories, recipe, vocabulary, threads)),
        clock=work_clock(options.device, threads),
        save=partial(_save, trainer),
        score=lambda: note_scores(plan.out / "curve.csv", trainer.progress, trainer.scores(dev, vocabulary)),
    )


def _save(trainer: Trainer, path: Path) -> None:
    save_checkpoint(path, trainer.model, trainer.optimizer, trainer.progress)


if __name__ == "__main__":
    main()

"""Train the bundled masked model.

    python -m training.masked.train --encoder FOLDER --out data/training/run --minutes 120

The same command again goes on from the last checkpoint. `touch OUT/decay` begins the last stretch at once.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from tqdm import tqdm  # type: ignore[import-untyped]  # it ships no types
from transformers import AutoTokenizer

from bot.inference.weights import file_sha256
from training.corpus import PARTS, Corpus, Windows, check_corpus, corpus_file, load_corpus
from training.masked.checkpoints import Progress, load_checkpoint, save_checkpoint
from training.masked.evaluate import Scores, choose_windows
from training.masked.model import Vocabulary, from_encoder, from_masked, vocabulary_of
from training.masked.trainer import Recipe, Trainer
from training.saving import write_json
from training.stopping import StopRequest

DEV_SAMPLE = 192
SAVE_EVERY_S = 600.0
SCORE_EVERY = 409_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Where a run keeps its files, and when its decay begins: `tokens` are all the tokens to see, `minutes` all
    the minutes of work (of the processor, not of the clock, so that a pause costs nothing)."""

    out: Path
    tokens: int | None = None
    minutes: float | None = None

    @property
    def checkpoint(self) -> Path:
        return self.out / "checkpoint.pt"

    def decay_is_due(self, progress: Progress, decay: int) -> bool:
        if progress.decay_from is not None:
            return False
        if self.tokens is not None and progress.seen >= self.tokens - decay:
            return True
        if self.minutes is not None and progress.seen:
            ahead_s = progress.spent_s * decay / progress.seen
            if progress.spent_s + ahead_s >= self.minutes * 60:
                return True
        return (self.out / "decay").exists()


def train(trainer: Trainer, run: Run, train_windows: Windows, dev: Windows, vocabulary: Vocabulary) -> None:
    """Learn until the decay is done, or until asked to stop; keep checkpoints and the curve."""
    stop = StopRequest()
    progress, decay = trainer.progress, trainer.recipe.decay_tokens
    saved, scored, begun = time.monotonic(), progress.seen // SCORE_EVERY, progress.seen
    bar = tqdm(total=run.tokens, initial=progress.seen, unit="tok", unit_scale=True, mininterval=10)
    while not stop.asked and not trainer.schedule.finished(progress.seen):
        if run.decay_is_due(progress, decay):
            save_checkpoint(run.out / "before-decay.pt", trainer.model, trainer.optimizer, progress)
            progress.decay_from = progress.seen
        trainer.step(train_windows, vocabulary)
        bar.set_postfix(loss=f"{progress.loss:.3f}", decay=progress.decay_from is not None, refresh=False)
        bar.update(trainer.recipe.tokens_a_step)
        if progress.seen // SCORE_EVERY > scored:
            scored = progress.seen // SCORE_EVERY
            note_scores(run.out / "curve.csv", progress, trainer.scores(dev, vocabulary))
        if time.monotonic() - saved > SAVE_EVERY_S:
            save_checkpoint(run.checkpoint, trainer.model, trainer.optimizer, progress)
            saved = time.monotonic()
    bar.close()
    if progress.seen == begun:
        return
    save_checkpoint(run.checkpoint, trainer.model, trainer.optimizer, progress)
    note_scores(run.out / "curve.csv", progress, trainer.scores(dev, vocabulary))


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
    default = Recipe()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the encoder to start from")
    parser.add_argument("--start", type=Path, help="folder of a masked model to go on from instead of a fresh head")
    parser.add_argument("--corpus", type=Path, default=os.environ.get("STORY_CORPUS"), help="default: $STORY_CORPUS")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--cache", type=Path, default=Path("data/training"), help="folder for the tokenised corpus")
    parser.add_argument("--tokens", type=int, help="tokens to see in all, the decay included")
    parser.add_argument("--minutes", type=float, help="minutes of work in all, the decay included")
    parser.add_argument("--decay-tokens", type=int, default=default.decay_tokens, help="length of the last stretch")
    parser.add_argument("--warmup-tokens", type=int, default=default.warmup_tokens, help="length of the first stretch")
    parser.add_argument("--rates", type=float, default=1.0, help="multiply both learning rates by this")
    parser.add_argument("--span-share", type=float, default=default.masks.span_share, help="rows whose blanks are runs")
    parser.add_argument("--seed", type=int, default=default.seed)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--no-compile", action="store_true", help="start at once, run slower")
    options = parser.parse_args()
    check_corpus(parser, options.corpus)
    return options


def chosen_recipe(options: argparse.Namespace) -> Recipe:
    """The recipe with what the command line says."""
    default = Recipe()
    return replace(
        default,
        seed=options.seed,
        warmup_tokens=options.warmup_tokens,
        decay_tokens=options.decay_tokens,
        encoder_rate=default.encoder_rate * options.rates,
        head_rate=default.head_rate * options.rates,
        masks=replace(default.masks, span_share=options.span_share),
    )


def main() -> None:
    options = parse_options()
    run = Run(out=options.out, tokens=options.tokens, minutes=options.minutes)
    recipe = chosen_recipe(options)
    run.out.mkdir(parents=True, exist_ok=True)
    (run.out / "pid").write_text(f"{os.getpid()}\n")
    torch.manual_seed(recipe.seed)
    tokenizer = AutoTokenizer.from_pretrained(options.encoder)
    corpora: dict[str, Corpus] = {
        part: load_corpus(corpus_file(options.corpus, part), tokenizer, options.cache) for part in PARTS
    }
    record = {
        "recipe": asdict(recipe),
        "start": file_sha256(options.start / "model.safetensors") if options.start else None,
        "corpus": {part: asdict(corpus.counts) for part, corpus in corpora.items()},
    }
    write_json(run.out / "run.json", record)
    model = from_masked(options.start) if options.start else from_encoder(options.encoder, corpora["train"].windows)
    model.to(options.device)
    threads = torch.get_num_threads() if options.device == "cpu" else 1
    trainer = Trainer(model, recipe, threads=threads, compiled=not options.no_compile)
    if run.checkpoint.exists():
        trainer.progress = load_checkpoint(run.checkpoint, model, trainer.optimizer)
    dev = choose_windows(corpora["dev"].windows, DEV_SAMPLE)
    train(trainer, run, corpora["train"].windows, dev, vocabulary_of(tokenizer))


if __name__ == "__main__":
    main()

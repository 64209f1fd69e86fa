from __future__ import annotations

import csv
import json
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from tests.support.signals import forget_alternate_stack
from training.corpus import Corpus, Stories, Windows, load_corpus
from training.masked import train as train_masked
from training.masked.checkpoints import Progress, load_checkpoint, save_checkpoint
from training.masked.evaluate import choose_windows, evaluate
from training.masked.masking import MaskedBatch
from training.masked.model import Vocabulary, from_encoder, masked_logits, to_tensors, vocabulary_of
from training.masked.trainer import Drawing, Recipe, Shape, Trainer, gpu_recipe
from training.running import Batches, Plan, learn

RECIPE = Recipe(tokens_a_step=4 * 128, warmup=1000, decay=2048, encoder_rate=3e-3, head_rate=3e-3)


@pytest.fixture
def corpus(stories: Path, encoder: Path, tmp_path: Path) -> Corpus:
    return load_corpus(stories / "stories-train.jsonl.gz", AutoTokenizer.from_pretrained(encoder), tmp_path)


@pytest.fixture
def windows(corpus: Corpus) -> Windows:
    return corpus.windows


@pytest.fixture
def vocabulary(encoder: Path) -> Vocabulary:
    return vocabulary_of(AutoTokenizer.from_pretrained(encoder))


def weights(trainer: Trainer) -> list[torch.Tensor]:
    return [*trainer.model.state_dict().values(), *trainer.progress.average]


@pytest.mark.parametrize(("recipe", "threads"), [(RECIPE, 2), (replace(RECIPE, dropout=0.1, averaged=False), 1)])
def test_resumed_run_takes_the_same_next_steps(
    encoder: Path, corpus: Corpus, vocabulary: Vocabulary, tmp_path: Path, recipe: Recipe, threads: int
) -> None:
    drawing = Drawing(corpus.stories, recipe, vocabulary, threads)
    straight = Trainer(from_encoder(encoder, corpus.windows), recipe, threads=threads)
    for step in range(3):
        straight.step(drawing(step))
    save_checkpoint(tmp_path / "ck.pt", straight.model, straight.optimizer, straight.progress)
    resumed = Trainer(from_encoder(encoder, corpus.windows), recipe, threads=threads)
    resumed.progress = load_checkpoint(tmp_path / "ck.pt", resumed.model, resumed.optimizer)
    losses = [[trainer.step(drawing(step)) for step in (3, 4)] for trainer in (straight, resumed)]
    assert losses[0] == losses[1]
    assert all(torch.equal(one, other) for one, other in zip(weights(straight), weights(resumed), strict=True))
    assert straight.progress.seen == resumed.progress.seen == 5 * 4 * 128


def test_threads_do_not_change_what_is_learnt(encoder: Path, corpus: Corpus, vocabulary: Vocabulary) -> None:
    alone, shared = (Trainer(from_encoder(encoder, corpus.windows), RECIPE, threads=threads) for threads in (1, 2))
    losses = [
        trainer.step(Drawing(corpus.stories, RECIPE, vocabulary, threads)(0))
        for trainer, threads in ((alone, 1), (shared, 2))
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    for one, other in zip(alone.model.parameters(), shared.model.parameters(), strict=True):
        assert one.grad is not None
        assert other.grad is not None
        assert torch.allclose(one.grad, other.grad, atol=2e-3)


def test_shapes_and_rates_vary_as_the_recipe_says(corpus: Corpus, vocabulary: Vocabulary) -> None:
    recipe = replace(gpu_recipe(100.0), tokens_a_step=512)
    drawing = Drawing(corpus.stories, recipe, vocabulary)
    batches = [drawing(step)[0] for step in range(60)]
    assert {batch.inputs.shape for batch in batches} == {(4, 128), (8, 64), (16, 32)}
    assert all(batch.inputs.size == 512 for batch in batches)
    hidden = [len(batch.targets) / batch.inputs.size for batch in batches]
    assert 0.15 < float(np.mean(hidden)) < 0.32
    assert max(hidden) - min(hidden) > 0.05, "every row hides the same share"
    assert np.array_equal(drawing(7)[0].inputs, Drawing(corpus.stories, recipe, vocabulary)(7)[0].inputs)


@pytest.mark.long
def test_processes_draw_the_same_batches_in_order(corpus: Corpus, vocabulary: Vocabulary) -> None:
    batches = Batches(Drawing(corpus.stories, RECIPE, vocabulary))
    alone, helped = batches.since(3, 0), batches.since(3, 2)
    for _ in range(5):
        (one,), (other,) = next(alone), next(helped)
        assert np.array_equal(one.inputs, other.inputs)
        assert np.array_equal(one.places, other.places)


def test_training_learns(encoder: Path, vocabulary: Vocabulary) -> None:
    """Seven words in a ring: the place of a word gives it away, but not its frequency."""
    stories = Stories(ids=np.tile(np.arange(5, 12, dtype=np.uint16), 16 * 18), lengths=np.full(16, 126))
    ring = stories.windows(126)
    trainer, drawing = Trainer(from_encoder(encoder, ring), RECIPE), Drawing(stories, RECIPE, vocabulary)
    before = trainer.scores(ring, vocabulary)
    for step in range(60):
        trainer.step(drawing(step))
    after = trainer.scores(ring, vocabulary)
    assert before.top1 < 0.4
    assert after.top1 > 0.8
    assert after.span_top1 > 0.8
    assert after.top5 >= after.top1


def test_head_starts_from_the_embeddings_and_the_counts(encoder: Path, windows: Windows) -> None:
    model = from_encoder(encoder, windows)
    head = model.cls.predictions
    assert head.decoder.weight is model.bert.embeddings.word_embeddings.weight
    counts = np.bincount(np.asarray(windows).ravel(), minlength=model.config.vocab_size)
    assert int(head.bias.argmax()) == int(counts.argmax())
    assert float(head.bias.detach().exp().sum()) == pytest.approx(1.0, abs=1e-4)


def test_logits_are_those_of_the_whole_model(encoder: Path, corpus: Corpus, vocabulary: Vocabulary) -> None:
    model = from_encoder(encoder, corpus.windows).train(False)
    (batch,) = Drawing(corpus.stories, RECIPE, vocabulary)(0)
    inputs, places, _ = to_tensors(batch, torch.device("cpu"))
    with torch.no_grad():
        everywhere = model(inputs).logits.reshape(-1, model.config.vocab_size)
        chosen = masked_logits(model, model.bert(inputs).last_hidden_state, places)
    assert torch.allclose(everywhere[places], chosen, atol=1e-5)


def test_training_measuring_changes_nothing_and_repeats(encoder: Path, corpus: Corpus, vocabulary: Vocabulary) -> None:
    trainer = Trainer(from_encoder(encoder, corpus.windows), RECIPE)
    trainer.step(Drawing(corpus.stories, RECIPE, vocabulary)(0))
    before = [tensor.clone() for tensor in weights(trainer)]
    sample = choose_windows(corpus.windows, 8)
    assert trainer.scores(sample, vocabulary) == trainer.scores(sample, vocabulary)
    assert all(torch.equal(one, other) for one, other in zip(before, weights(trainer), strict=True))
    assert trainer.model.training


def test_scores_of_a_model_that_always_says_the_same(encoder: Path, windows: Windows, vocabulary: Vocabulary) -> None:
    """With a bias that outweighs all else, top-1 is the share of that word among the hidden tokens."""
    model = from_encoder(encoder, windows)
    rows = np.tile(np.array([5, 6, 7], dtype=np.uint16), (4, 42))
    with torch.no_grad():
        model.cls.predictions.bias.zero_()
        model.cls.predictions.bias[6] = 1e4
    scores = evaluate(model, rows, vocabulary)
    assert 0.15 < scores.top1 < 0.5
    rows[:] = 6
    assert evaluate(model, rows, vocabulary).top1 == 1.0


def test_decay_is_due_in_time_for_the_end(tmp_path: Path) -> None:
    progress = Progress(average=[], seen=9_000, spent_s=90.0)
    assert not Plan(out=tmp_path).decay_is_due(progress, 1_000)
    assert Plan(out=tmp_path, length=10_000).decay_is_due(progress, 1_000)
    assert not Plan(out=tmp_path, length=10_001).decay_is_due(progress, 1_000)
    assert Plan(out=tmp_path, unit="seconds", length=140.0).decay_is_due(progress, 50.0)
    assert not Plan(out=tmp_path, unit="seconds", length=140.1).decay_is_due(progress, 50.0)
    (tmp_path / "decay").touch()
    assert Plan(out=tmp_path).decay_is_due(progress, 1_000)
    progress.decay_from = 9_000
    assert not Plan(out=tmp_path).decay_is_due(progress, 1_000)


@pytest.fixture
def ours() -> Iterator[None]:
    """Leave the signals as they were found."""
    forget_alternate_stack()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def run(trainer: Trainer, plan: Plan, corpus: Corpus, vocabulary: Vocabulary, seconds: Iterator[float]) -> None:
    """The loop as the command drives it, with a clock in hand."""

    def save(path: Path) -> None:
        save_checkpoint(path, trainer.model, trainer.optimizer, trainer.progress)

    def score() -> None:
        train_masked.note_scores(
            plan.out / "curve.csv", trainer.progress, trainer.scores(corpus.windows[:4], vocabulary)
        )

    batches = Batches(Drawing(corpus.stories, trainer.recipe, vocabulary))
    learn(trainer, plan, batches, clock=lambda: next(seconds), save=save, score=score)


@pytest.mark.usefixtures("ours")
def test_run_ends_with_its_decay_and_can_be_asked_to_stop(
    encoder: Path, corpus: Corpus, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    trainer = Trainer(from_encoder(encoder, corpus.windows), RECIPE)
    run(trainer, Plan(out=tmp_path, length=5120), corpus, vocabulary, count(0.0, 0.5))
    assert trainer.progress.decay_from == 3072
    assert trainer.progress.seen == 5120
    assert trainer.progress.spent_s == 5.0, "half a second a step by that clock"
    assert trainer.schedule.factor(trainer.progress.seen) == 0.0

    class Interrupting(Trainer):
        def step(self, shares: Sequence[MaskedBatch]) -> float:
            signal.raise_signal(signal.SIGTERM)
            return super().step(shares)

    interrupted = Interrupting(from_encoder(encoder, corpus.windows), RECIPE)
    run(interrupted, Plan(out=tmp_path), corpus, vocabulary, count(0.0, 0.5))
    assert interrupted.progress.step == 1
    rows = list(csv.DictReader((tmp_path / "curve.csv").open(encoding="utf-8")))
    assert [row["tokens"] for row in rows] == ["0", "5120", "0", "512"]
    assert (tmp_path / "checkpoint.pt").exists()
    assert (tmp_path / "before-decay.pt").exists()


@pytest.mark.usefixtures("ours")
def test_run_by_the_clock_ends_when_its_seconds_are_over(
    encoder: Path, corpus: Corpus, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    recipe = replace(gpu_recipe(10.0), tokens_a_step=512, shapes=(Shape(window=128),))
    trainer = Trainer(from_encoder(encoder, corpus.windows), recipe)
    run(trainer, Plan(out=tmp_path, unit="seconds", length=10.0), corpus, vocabulary, count(0.0, 0.5))
    assert trainer.progress.step == 20
    assert trainer.progress.decay_from == 5.0
    for parameter, average in zip(trainer.model.parameters(), trainer.progress.average, strict=True):
        assert torch.equal(parameter, average), "what is kept are the newest weights"


@pytest.mark.usefixtures("ours")
def test_training_command_runs_and_resumes(
    encoder: Path, stories: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--encoder", str(encoder), "--corpus", str(stories), "--out", str(tmp_path), "--no-compile"]
    arguments += ["--cache", str(tmp_path / "cache"), "--device", "cpu", "--decay", "4096"]
    for tokens in ("8192", "8192"):
        monkeypatch.setattr("sys.argv", ["train_masked", *arguments, "--tokens", tokens])
        train_masked.main()
    rows = list(csv.DictReader((tmp_path / "curve.csv").open(encoding="utf-8")))
    assert [row["tokens"] for row in rows] == ["0", "8192"], "the second call had nothing left to do"
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["corpus"]["train"]["stories"] == 12


def test_training_names_a_folder_without_stories(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--encoder", str(encoder), "--corpus", str(tmp_path), "--out", str(tmp_path / "run")]
    monkeypatch.setattr("sys.argv", ["train_masked", *arguments])
    with pytest.raises(SystemExit):
        train_masked.main()
    assert f"{tmp_path} holds no stories-train.jsonl.gz" in capsys.readouterr().err

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from tests.support.signals import forget_alternate_stack
from training.corpus import Windows, load_corpus
from training.masked import train as train_masked
from training.masked.checkpoints import Progress, load_checkpoint, save_checkpoint
from training.masked.evaluate import choose_windows, evaluate
from training.masked.masking import MaskPlan
from training.masked.model import Vocabulary, from_encoder, masked_logits, to_tensors, vocabulary_of
from training.masked.train import Run, train
from training.masked.trainer import Recipe, Trainer, draw_batch

RECIPE = Recipe(rows=4, warmup_tokens=1000, decay_tokens=2048, encoder_rate=3e-3, head_rate=3e-3)


@pytest.fixture
def windows(stories: Path, encoder: Path, tmp_path: Path) -> Windows:
    return load_corpus(stories / "stories-train.jsonl.gz", AutoTokenizer.from_pretrained(encoder), tmp_path).windows


@pytest.fixture
def vocabulary(encoder: Path) -> Vocabulary:
    return vocabulary_of(AutoTokenizer.from_pretrained(encoder))


def weights(trainer: Trainer) -> list[torch.Tensor]:
    return [*trainer.model.state_dict().values(), *trainer.progress.average]


def test_a_resumed_run_takes_the_same_next_steps(
    encoder: Path, windows: Windows, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    straight = Trainer(from_encoder(encoder, windows), RECIPE, threads=2)
    for _ in range(3):
        straight.step(windows, vocabulary)
    save_checkpoint(tmp_path / "ck.pt", straight.model, straight.optimizer, straight.progress)
    resumed = Trainer(from_encoder(encoder, windows), RECIPE, threads=2)
    resumed.progress = load_checkpoint(tmp_path / "ck.pt", resumed.model, resumed.optimizer)
    losses = [[trainer.step(windows, vocabulary) for _ in range(2)] for trainer in (straight, resumed)]
    assert losses[0] == losses[1]
    assert all(torch.equal(one, other) for one, other in zip(weights(straight), weights(resumed), strict=True))
    assert straight.progress.seen == resumed.progress.seen == 5 * 4 * 128


def test_the_number_of_threads_does_not_change_what_is_learnt(
    encoder: Path, windows: Windows, vocabulary: Vocabulary
) -> None:
    alone, shared = (Trainer(from_encoder(encoder, windows), RECIPE, threads=threads) for threads in (1, 2))
    assert alone.step(windows, vocabulary) == pytest.approx(shared.step(windows, vocabulary), rel=1e-3)
    for one, other in zip(alone.model.parameters(), shared.model.parameters(), strict=True):
        assert one.grad is not None
        assert other.grad is not None
        assert torch.allclose(one.grad, other.grad, atol=2e-3)


def test_every_window_comes_once_in_each_pass(windows: Windows, vocabulary: Vocabulary) -> None:
    numbered = np.arange(len(windows), dtype=np.uint16)[:, None].repeat(126, axis=1) + 500
    plan = Recipe(rows=4, masks=MaskPlan(rate=0.01, span_share=0.0))
    vocabulary = Vocabulary(special=vocabulary.special, continuation=np.zeros(2000, dtype=np.bool_))
    per_pass = len(windows) // 4
    orders = []
    for turn in range(2):
        batches = [draw_batch(numbered, turn * per_pass + place, plan, vocabulary)[0] for place in range(per_pass)]
        orders.append([int(row.max()) for batch in batches for row in batch.inputs])
        assert len(set(orders[-1])) == per_pass * 4
    assert orders[0] != orders[1]


def test_it_learns(encoder: Path, vocabulary: Vocabulary) -> None:
    """Seven words in a ring: the place of a word gives it away, but not its frequency."""
    ring = np.tile(np.arange(5, 12, dtype=np.uint16), (16, 18))
    trainer = Trainer(from_encoder(encoder, ring), RECIPE)
    before = trainer.scores(ring, vocabulary)
    for _ in range(60):
        trainer.step(ring, vocabulary)
    after = trainer.scores(ring, vocabulary)
    assert before.top1 < 0.4
    assert after.top1 > 0.8
    assert after.span_top1 > 0.8
    assert after.top5 >= after.top1


def test_a_head_starts_from_the_embeddings_and_the_counts(encoder: Path, windows: Windows) -> None:
    model = from_encoder(encoder, windows)
    head = model.cls.predictions
    assert head.decoder.weight is model.bert.embeddings.word_embeddings.weight
    counts = np.bincount(np.asarray(windows).ravel(), minlength=model.config.vocab_size)
    assert int(head.bias.argmax()) == int(counts.argmax())
    assert float(head.bias.detach().exp().sum()) == pytest.approx(1.0, abs=1e-4)


def test_logits_are_those_of_the_whole_model(encoder: Path, windows: Windows, vocabulary: Vocabulary) -> None:
    model = from_encoder(encoder, windows).train(False)
    (batch,) = draw_batch(windows, 0, RECIPE, vocabulary)
    inputs, places, _ = to_tensors(batch, torch.device("cpu"))
    with torch.no_grad():
        everywhere = model(inputs).logits.reshape(-1, model.config.vocab_size)
        chosen = masked_logits(model, model.bert(inputs).last_hidden_state, places)
    assert torch.allclose(everywhere[places], chosen, atol=1e-5)


def test_measuring_changes_nothing_and_repeats(encoder: Path, windows: Windows, vocabulary: Vocabulary) -> None:
    trainer = Trainer(from_encoder(encoder, windows), RECIPE)
    trainer.step(windows, vocabulary)
    before = [tensor.clone() for tensor in weights(trainer)]
    sample = choose_windows(windows, 8)
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


def test_when_the_decay_is_due(tmp_path: Path) -> None:
    progress = Progress(average=[], seen=9_000, spent_s=90.0)
    assert not Run(out=tmp_path).decay_is_due(progress, 1_000)
    assert Run(out=tmp_path, tokens=10_000).decay_is_due(progress, 1_000)
    assert not Run(out=tmp_path, tokens=10_001).decay_is_due(progress, 1_000)
    assert Run(out=tmp_path, minutes=100 / 60).decay_is_due(progress, 1_000)
    assert not Run(out=tmp_path, minutes=101 / 60).decay_is_due(progress, 1_000)
    (tmp_path / "decay").touch()
    assert Run(out=tmp_path).decay_is_due(progress, 1_000)
    progress.decay_from = 9_000
    assert not Run(out=tmp_path).decay_is_due(progress, 1_000)


def test_a_run_ends_with_its_decay_and_can_be_asked_to_stop(
    encoder: Path, windows: Windows, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    forget_alternate_stack()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        trainer = Trainer(from_encoder(encoder, windows), RECIPE)
        train(trainer, Run(out=tmp_path, tokens=5120), windows, windows[:4], vocabulary)
        assert trainer.progress.decay_from == 3072
        assert trainer.progress.seen == 5120
        assert trainer.schedule.factor(trainer.progress.seen) == 0.0

        class Interrupting(Trainer):
            def step(self, windows: Windows, vocabulary: Vocabulary) -> float:
                signal.raise_signal(signal.SIGTERM)
                return super().step(windows, vocabulary)

        interrupted = Interrupting(from_encoder(encoder, windows), RECIPE)
        train(interrupted, Run(out=tmp_path), windows, windows[:4], vocabulary)
        assert interrupted.progress.step == 1
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    rows = list(csv.DictReader((tmp_path / "curve.csv").open(encoding="utf-8")))
    assert [row["tokens"] for row in rows] == ["5120", "512"]
    assert (tmp_path / "checkpoint.pt").exists()
    assert (tmp_path / "before-decay.pt").exists()


def test_the_command_runs_and_goes_on(
    encoder: Path, stories: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_alternate_stack()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    arguments = ["--encoder", str(encoder), "--corpus", str(stories), "--out", str(tmp_path), "--no-compile"]
    arguments += ["--cache", str(tmp_path / "cache"), "--device", "cpu", "--decay-tokens", "4096"]
    try:
        for tokens in ("8192", "8192"):
            monkeypatch.setattr("sys.argv", ["train_masked", *arguments, "--tokens", tokens])
            train_masked.main()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    rows = list(csv.DictReader((tmp_path / "curve.csv").open(encoding="utf-8")))
    assert [row["tokens"] for row in rows] == ["8192"], "the second call had nothing left to do"
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["corpus"]["train"]["stories"] == 12


def test_a_folder_without_stories_is_named(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--encoder", str(encoder), "--corpus", str(tmp_path), "--out", str(tmp_path / "run")]
    monkeypatch.setattr("sys.argv", ["train_masked", *arguments])
    with pytest.raises(SystemExit):
        train_masked.main()
    assert f"{tmp_path} holds no stories-train.jsonl.gz" in capsys.readouterr().err

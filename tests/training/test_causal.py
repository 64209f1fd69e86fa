"""Teaching a causal model to fill blanks: what it is shown, that it learns, how a run goes on, and what comes of it."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer

from bot.worker.causal.fill_in_the_middle import CLOSE, OPEN, MiddleIds
from bot.worker.causal.fill_search import surfaces
from bot.worker.causal.lora import add_lora
from bot.worker.plaintext import PlainText
from bot.worker.weights.bundled import UPDATE_FILE
from tests.support.models import sentences, tiny_llama
from tests.support.signals import forget_alternate_stack
from training.causal import export, train
from training.causal.evaluate import choose_batches, evaluate
from training.causal.gaps import (
    IGNORED,
    LEAST_LEFT,
    TRUNK,
    WINDOW,
    Blank,
    GapBatch,
    GapPlan,
    Letters,
    draw_blanks,
    lay_out,
    word_places,
)
from training.causal.lowrank import LowRank
from training.causal.trainer import GapDrawing, GapRecipe, GapTrainer
from training.corpus import Corpus, Windows, load_corpus

RECIPE = GapRecipe(rows=2, rank=4, rate=1e-2, warmup=1, decay=4 * 1024)
STEPS = ["--steps", "6", "--decay-steps", "2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama whose vocabulary has the two tokens of a hint."""
    made = tiny_llama(tmp_path_factory.mktemp("teachable") / "llama")
    tokenizer = AutoTokenizer.from_pretrained(made)
    tokenizer.add_special_tokens({"additional_special_tokens": [OPEN, CLOSE]})
    tokenizer.save_pretrained(made)
    model = AutoModelForCausalLM.from_pretrained(made)
    torch.manual_seed(5)
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    model.save_pretrained(made)
    return made


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture(scope="module")
def letters(tokenizer: Any) -> Letters:
    return Letters.of(surfaces(tokenizer, PlainText.of(tokenizer).marks))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stories made of the sentences that the tiny model knows."""
    folder = tmp_path_factory.mktemp("corpus")
    told = sentences()
    for part, first in (("train", 0), ("dev", 400)):
        with gzip.open(folder / f"stories-{part}.jsonl.gz", "wt", encoding="utf-8") as file:
            for at in range(first, first + 400, 100):
                file.write(json.dumps({"text": " ".join(told[at : at + 100])}) + "\n")
    return folder


@pytest.fixture(scope="module")
def learnt(corpus: Path, tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """What is learnt from."""
    return load_corpus(corpus / "stories-train.jsonl.gz", tokenizer, tmp_path_factory.mktemp("cache"), WINDOW)


@pytest.fixture(scope="module")
def windows(learnt: Corpus) -> Windows:
    return learnt.windows


@pytest.fixture(scope="module")
def drawing(learnt: Corpus, letters: Letters, tokenizer: Any) -> GapDrawing:
    return GapDrawing(learnt.stories, RECIPE, letters, MiddleIds.of(tokenizer))


@pytest.fixture
def ours() -> Iterator[None]:
    """Leave the signals as they were found."""
    forget_alternate_stack()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def make(folder: Path, recipe: GapRecipe = RECIPE) -> GapTrainer:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    middle_ids = MiddleIds.of(AutoTokenizer.from_pretrained(folder))
    return GapTrainer(model, recipe, middle_ids, threads=1, compiled=False)


def test_blanks_are_whole_words_of_one_sentence(windows: Windows, letters: Letters, tokenizer: Any) -> None:
    seen: set[int] = set()
    for number in range(4):
        window = np.asarray(windows[number], dtype=np.int64)
        for blank in draw_blanks(window, letters, GapPlan(), np.random.default_rng(number)):
            before, fill, after = (
                tokenizer.decode(part)
                for part in (window[: blank.start], window[blank.start : blank.end], window[blank.end :])
            )
            words = fill.split()
            seen.add(len(words))
            assert LEAST_LEFT <= blank.start < TRUNK
            assert not after[:1].isalnum(), (fill, after[:10])
            assert not set(fill) & set(".!?"), fill
            assert before[-1:] in (" ", "") or tokenizer.decode(window[blank.start - 1 : blank.end]).strip() != fill
    assert seen >= {1, 2, 3, 5, 8}


def test_letters_know_contractions_and_hyphens(tokenizer: Any) -> None:
    texts = [" don", "'t", " well", "-", "being", " said", ',"', " “", "Who", "ever"]
    window = np.arange(len(texts), dtype=np.int64)
    starts, ends = word_places(window, Letters.of(texts))
    words = ["".join(texts[a:b]) for a, b in zip(starts, ends, strict=True)]
    assert " said" in words
    assert not {"t", "'t", "being", "ever", " don", "Who"} & set(words)


def test_branch_is_the_sequence_that_the_worker_reads(
    folder: Path, learnt: Corpus, drawing: GapDrawing, tokenizer: Any
) -> None:
    trainer, middle_ids = make(folder), MiddleIds.of(tokenizer)
    (batch,) = drawing(0)
    logits, targets, plain = trainer.logits(batch, np.array([0]))
    places = np.flatnonzero(batch.targets[0] != IGNORED)
    begins = [n for n in range(int(plain.sum()), len(places)) if places[n] - 1 not in places]
    ids = learnt.stories.ids
    window = next(
        ids[at : at + WINDOW]
        for at in range(len(ids) - WINDOW + 1)
        if np.array_equal(ids[at : at + TRUNK], batch.inputs[0, :TRUNK])
    )
    compared = 0
    for n in begins[:6]:
        start = int(batch.positions[0, _opening(batch, places[n], middle_ids)])
        lead = batch.inputs[0, _opening(batch, places[n], middle_ids) : places[n] + 1].tolist()
        sequence = [*window[:start].tolist(), *lead]
        with torch.no_grad():
            expected = trainer.model(torch.tensor([sequence]), attention_mask=_triangle(len(sequence))).logits[0, -1]
        assert torch.allclose(logits[n], expected, atol=1e-4)
        assert int(targets[n]) == int(window[start]), "the first token of the fill stands where the blank begins"
        compared += 1
    assert compared == 6


def _opening(batch: Any, place: int, middle_ids: MiddleIds) -> int:
    """Where the branch of a place begins."""
    return int(np.flatnonzero(batch.inputs[0, :place] == middle_ids.open)[-1])


def _triangle(size: int) -> torch.Tensor:
    return torch.full((size, size), -torch.inf).triu(1)[None, None]


def test_causal_training_row_holds_what_it_has_room_for(windows: Windows, letters: Letters) -> None:
    window = np.asarray(windows[0], dtype=np.int64)
    blanks = [Blank(40, 41), Blank(60, 62), Blank(80, 81)]
    plan = replace(GapPlan(), length=TRUNK + 60, cut=0.0)
    inputs, positions, targets, sees = lay_out(window, blanks, MiddleIds(9, 11), plan, np.random.default_rng(0))
    assert int((inputs[TRUNK:] == 9).sum()) == 2
    assert sees.shape == (TRUNK + 60, TRUNK + 60)
    assert not sees[TRUNK, 40:TRUNK].any(), "no branch sees what is missing, or what comes behind it"
    assert sees[TRUNK, :40].all()
    assert int((targets[TRUNK:] != IGNORED).sum()) == 2 + 3
    assert positions[TRUNK] == 40


def unheard_of(tokenizer: Any, folder: Path) -> Corpus:
    """Sentences that the tiny model does not know, in which what comes later tells what came before."""
    homes = (("fox", "den"), ("bee", "hive"), ("king", "castle"), ("bird", "nest"), ("monk", "cell"), ("spider", "web"))
    drawn = np.random.default_rng(1).integers(len(homes), size=600)
    text = " ".join("The {} left its {}.".format(*homes[number]) for number in drawn)
    with gzip.open(folder / "homes.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"text": text}) + "\n")
    return load_corpus(folder / "homes.jsonl.gz", tokenizer, folder, WINDOW)


def test_causal_training_learns_and_leaves_the_model_as_it_was(
    folder: Path, letters: Letters, tokenizer: Any, tmp_path: Path
) -> None:
    told, middle_ids = unheard_of(tokenizer, tmp_path), MiddleIds.of(tokenizer)
    trainer, drawing = make(folder), GapDrawing(told.stories, RECIPE, letters, middle_ids)
    bases = {name: update.base.weight.clone() for name, update in trainer.updates.items()}
    dev = choose_batches(told.windows, letters, middle_ids, count=6)
    before = evaluate(trainer, dev)
    for step in range(40):
        trainer.step(drawing(step))
    after = evaluate(trainer, dev)
    assert after.nats < before.nats / 2
    assert after.longer < before.longer / 2
    assert after.plain < before.plain / 2
    assert all(torch.equal(bases[name], update.base.weight) for name, update in trainer.updates.items())
    assert trainer.progress.blanks > 40 * 2 * 4


def test_batches_depend_on_the_seed_and_the_step_alone(
    folder: Path, learnt: Corpus, drawing: GapDrawing, letters: Letters, tokenizer: Any
) -> None:
    trainer, middle_ids = make(folder), MiddleIds.of(tokenizer)
    (first,) = drawing(0)
    trainer.step([first])
    targets = first.targets[:, TRUNK:] != IGNORED
    assert trainer.progress.blanks == int((targets[:, 1:] & ~targets[:, :-1]).sum()), "each fill is one blank"
    again = GapDrawing(learnt.stories, RECIPE, letters, middle_ids)
    assert np.array_equal(drawing(5)[0].inputs, again(5)[0].inputs)
    assert not np.array_equal(drawing(5)[0].inputs, drawing(6)[0].inputs)
    different = GapDrawing(learnt.stories, replace(RECIPE, seed=2), letters, middle_ids)
    assert not np.array_equal(drawing(5)[0].inputs, different(5)[0].inputs)


def test_rows_of_plain_text_are_learnt_beside_the_blanks(
    folder: Path, learnt: Corpus, letters: Letters, tokenizer: Any
) -> None:
    recipe = replace(RECIPE, plain_rows=3, plain_length=60, scale=1.0, weight_decay=0.05)
    blanks, plain = GapDrawing(learnt.stories, recipe, letters, MiddleIds.of(tokenizer))(0)
    assert plain.inputs.shape == (3, 60)
    assert np.array_equal(plain.inputs[:, 1:], plain.targets[:, :-1]), "each token is followed by the next"
    assert plain.of_plain.all()
    trainer = make(folder, recipe)
    asked = trainer.logits(plain, np.array([1]))
    with torch.no_grad():
        expected = trainer.model(torch.from_numpy(plain.inputs[1:2]), attention_mask=_triangle(60)).logits[0]
    assert torch.allclose(asked.logits, expected, atol=1e-4)
    before = torch.cat([update.up.detach().flatten().clone() for update in trainer.updates.values()])
    trainer.step([blanks, plain])
    after = torch.cat([update.up.detach().flatten() for update in trainer.updates.values()])
    assert trainer.progress.seen == recipe.tokens_a_step == 2 * 512 + 3 * 60
    assert not torch.equal(before, after)


def test_rows_taken_together_learn_what_rows_taken_one_by_one_learn(folder: Path, drawing: GapDrawing) -> None:
    """A GPU takes many rows through the model at once."""
    alone, together = make(folder), make(folder)
    together._rows_at_once = 2
    for trainer in (alone, together):
        trainer.model.config._attn_implementation = "sdpa"
        trainer.step(drawing(0))
    assert alone.progress.loss == pytest.approx(together.progress.loss, rel=1e-4)
    for name, update in alone.updates.items():
        one, other = update.up.grad, together.updates[name].up.grad
        assert one is not None
        assert other is not None
        assert torch.allclose(one, other, atol=1e-5)


def curve(run: Path) -> list[dict[str, str]]:
    with (run / "curve.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def arguments(folder: Path, corpus: Path, out: Path) -> list[str]:
    return [
        "train", "--model", str(folder), "--corpus", str(corpus), "--out", str(out), "--cache", str(out / "cache"),
        "--data", str(out / "data"), "--device", "cpu", "--no-compile", "--rank", "4", *STEPS,
    ]  # fmt: skip


@pytest.mark.usefixtures("ours")
def test_causal_training_resumes_a_stopped_run(
    folder: Path, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = GapTrainer.step

    def interrupting(trainer: GapTrainer, batches: Sequence[GapBatch]) -> float:
        if trainer.progress.step == 2:
            signal.raise_signal(signal.SIGTERM)
        return step(trainer, batches)

    whole, parted = tmp_path / "whole", tmp_path / "parted"
    for out, steps in ((whole, (step,)), (parted, (interrupting, step))):
        for stepping in steps:
            monkeypatch.setattr(GapTrainer, "step", stepping)
            monkeypatch.setattr("sys.argv", arguments(folder, corpus, out))
            train.main()
    one, other = (torch.load(out / "checkpoint.pt", weights_only=True) for out in (whole, parted))
    assert one["progress"]["step"] == other["progress"]["step"] == 6
    for name, parts in one["updates"].items():
        assert torch.equal(parts["up"], other["updates"][name]["up"])
    assert [line["step"] for line in curve(parted)] == ["0", "3", "6"]


@pytest.mark.usefixtures("ours")
def test_export_makes_a_model_of_what_was_learnt(
    folder: Path, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", arguments(folder, corpus, tmp_path / "run"))
    train.main()
    monkeypatch.setattr("sys.argv", ["export", "--run", str(tmp_path / "run"), "--to", str(tmp_path / "update")])
    export.main()
    card = (tmp_path / "update" / "README.md").read_text(encoding="utf-8")
    assert "6 steps of 4 windows" in card
    assert set(json.loads((tmp_path / "update" / "MANIFEST.json").read_text())["files"]) == {UPDATE_FILE, "README.md"}
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    merged = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    add_lora(merged, tmp_path / "update" / UPDATE_FILE)
    for name, parts in state["updates"].items():
        base = plain.get_submodule(name)
        assert isinstance(base, nn.Linear)
        layer = LowRank(base, rank=4, scale=2.0)
        layer.load_state_dict({"base.weight": base.weight, **parts})
        inputs = torch.randn(3, base.in_features)
        learnt = layer(inputs)
        assert torch.allclose(merged.get_submodule(name)(inputs), learnt, atol=2e-3)
        assert not torch.allclose(learnt, base(inputs), atol=1e-6)


@pytest.mark.long
def test_run_goes_on_from_an_exported_update(
    folder: Path, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, update = tmp_path / "first", tmp_path / "second", tmp_path / "update"
    monkeypatch.setattr("sys.argv", [*arguments(folder, corpus, first), "--rate", "1"])  # it is warming up
    train.main()
    export.export_update(first, update)
    monkeypatch.setattr("sys.argv", [*arguments(folder, corpus, second), "--start", str(update), "--seed", "2"])
    train.main()
    learnt, fresh = curve(first), curve(second)
    assert float(fresh[0]["nats"]) == pytest.approx(float(learnt[-1]["nats"]), abs=2e-2)  # float16 lies between
    assert float(learnt[0]["nats"]) != pytest.approx(float(learnt[-1]["nats"]), abs=0.2), "nothing was learnt"
    digest = hashlib.sha256((update / UPDATE_FILE).read_bytes()).hexdigest()
    export.export_update(second, tmp_path / "later")
    assert digest in (tmp_path / "later" / "README.md").read_text(encoding="utf-8")
    # Of another rank it is not taken.
    monkeypatch.setattr(
        "sys.argv", [*arguments(folder, corpus, tmp_path / "third"), "--start", str(update), "--rank", "3"]
    )
    with pytest.raises(SystemExit, match="--rank"):
        train.main()


def test_causal_training_names_a_missing_corpus(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("STORY_CORPUS", raising=False)
    monkeypatch.setattr("sys.argv", ["train", "--out", "nowhere", *STEPS])
    with pytest.raises(SystemExit):
        train.main()
    assert "STORY_CORPUS" in capsys.readouterr().err

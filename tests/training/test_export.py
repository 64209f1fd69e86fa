from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, BertForMaskedLM

from bot.worker.eight_bits import LARGEST as LARGEST_STEP
from bot.worker.eight_bits import StoredWeights
from bot.worker.masked.loading import load_masked
from training.corpus import load_corpus
from training.manifest import LARGEST, write_manifest
from training.masked import evaluate, export
from training.masked.checkpoints import save_checkpoint
from training.masked.model import from_encoder, vocabulary_of
from training.masked.trainer import Drawing, Recipe, Trainer

RECIPE = Recipe(tokens_a_step=512)


@pytest.fixture
def run(encoder: Path, stories: Path, tmp_path: Path) -> tuple[Path, Trainer]:
    """The folder of a short run, and its trainer."""
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    corpus = load_corpus(stories / "stories-train.jsonl.gz", tokenizer, tmp_path / "cache")
    trainer = Trainer(from_encoder(encoder, corpus.windows), RECIPE)
    drawing = Drawing(corpus.stories, RECIPE, vocabulary_of(tokenizer))
    for step in range(2):
        trainer.step(drawing(step))
    save_checkpoint(tmp_path / "checkpoint.pt", trainer.model, trainer.optimizer, trainer.progress)
    return tmp_path, trainer


def command(monkeypatch: pytest.MonkeyPatch, run: Path, encoder: Path, to: Path, *more: str) -> None:
    arguments = ["--checkpoint", str(run / "checkpoint.pt"), "--encoder", str(encoder), "--to", str(to), *more]
    monkeypatch.setattr("sys.argv", ["export", *arguments])
    export.main()


def write_record(run: Path, stories: Path, encoder: Path) -> None:
    """What `train_masked` notes down beside a checkpoint."""
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    corpora = {part: load_corpus(stories / f"stories-{part}.jsonl.gz", tokenizer, run) for part in ("train", "dev")}
    counts = {part: asdict(corpus.counts) for part, corpus in corpora.items()}
    record = {"recipe": asdict(RECIPE), "start": None, "corpus": counts, "seen": 4_096, "device": "cpu"}
    (run / "run.json").write_text(json.dumps(record))


def test_exported_folder_loads_back(run: tuple[Path, Trainer], encoder: Path, tmp_path: Path) -> None:
    folder, trainer = run
    assert export.export_model(folder / "checkpoint.pt", encoder, tmp_path / "to") == 2 * 512
    model = load_masked(tmp_path / "to", torch.float32)
    assert isinstance(model, BertForMaskedLM)
    assert model.cls.predictions.decoder.weight is model.bert.embeddings.word_embeddings.weight
    for parameter, average in zip(model.parameters(), trainer.progress.average, strict=True):
        assert parameter.dtype == torch.float32
        if parameter.ndim == 2:  # half a step of each row, at most
            steps = average.abs().amax(dim=1, keepdim=True) / LARGEST_STEP
            assert ((parameter - average).abs() <= 0.5001 * steps).all()
        else:
            assert torch.equal(parameter, average.half().float())


def test_weights_of_a_run_elsewhere_are_taken(
    run: tuple[Path, Trainer], encoder: Path, stories: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, trainer = run
    write_record(folder, stories, encoder)
    names = [name for name, _ in trainer.model.named_parameters()]
    save_file(dict(zip(names, trainer.progress.average, strict=True)), folder / "learnt.safetensors")
    there, here = tmp_path / "there", tmp_path / "here"
    export.export_model(folder / "checkpoint.pt", encoder, here)
    arguments = ["--checkpoint", str(folder / "learnt.safetensors"), "--encoder", str(encoder), "--to", str(there)]
    monkeypatch.setattr("sys.argv", ["export", *arguments])
    export.main()
    one, other = (StoredWeights(folder / "model.safetensors") for folder in (there, here))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert "saw 4,096 tokens" in (there / "README.md").read_text()


def test_exported_tokenizer_is_the_encoders_and_cuts_nothing(
    run: tuple[Path, Trainer], encoder: Path, tmp_path: Path
) -> None:
    export.export_model(run[0] / "checkpoint.pt", encoder, tmp_path / "to")
    before, after = (AutoTokenizer.from_pretrained(folder) for folder in (encoder, tmp_path / "to"))
    text = "The old [MASK] sang to the foxs. " * 60
    assert before(text)["input_ids"] == after(text)["input_ids"]
    assert len(after(text)["input_ids"]) > 512
    assert after.mask_token == "[MASK]"
    assert (tmp_path / "to" / "vocab.txt").read_text().split() == (encoder / "vocab.txt").read_text().split()


def test_export_command_writes_card_and_manifest(
    run: tuple[Path, Trainer], encoder: Path, stories: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = run
    write_record(folder, stories, encoder)
    to = tmp_path / "to"
    command(monkeypatch, folder, encoder, to)
    assert "Not measured yet" in (to / "README.md").read_text()
    scores = tmp_path / "scores.json"
    monkeypatch.setattr(
        "sys.argv",
        ["evaluate", "--model", str(to), "--corpus", str(stories), "--cache", str(folder), "--json", str(scores)],
    )
    evaluate.main()
    command(monkeypatch, folder, encoder, to, "--scores", str(scores), "--note", "A short one.")
    card = (to / "README.md").read_text()
    assert "Apache-2.0" in card
    assert "A short one." in card
    assert f"{json.loads(scores.read_text())['top1']:.1%}" in card
    assert "saw 1,024 tokens" in card
    assert "in windows of 128" in card
    manifest = json.loads((to / "MANIFEST.json").read_text())["files"]
    assert set(manifest) == {path.name for path in to.iterdir()} - {"MANIFEST.json"}
    for name, entry in manifest.items():
        content = (to / name).read_bytes()
        assert entry == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def test_export_refuses_a_folder_too_large_to_bundle(tmp_path: Path) -> None:
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(ValueError, match="50,000,001 bytes"):
        write_manifest(tmp_path)

"""Weights stored in 8 bits come back within half a step of each row, and load as the models that they were."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from transformers import AutoModelForMaskedLM, LlamaForCausalLM

from bot.errors import WeightsError
from bot.worker.causal.lora import add_lora
from bot.worker.eight_bits import FORMAT, LARGEST, SCALE, StoredWeights, is_eight_bits, save_eight_bits
from bot.worker.masked.loading import load_masked
from bot.worker.masked.model import open_masked
from bot.worker.weights.bundled import MASKED_FILE
from bot.worker.weights.model import ResolvedModel
from tests.support.masked_models import make
from tests.support.models import tiny_llama


@given(rows=st.integers(1, 6), columns=st.integers(1, 9), seed=st.integers(0, 99), zeros=st.booleans())
def test_matrix_comes_back_within_half_a_step(
    tmp_path_factory: pytest.TempPathFactory, rows: int, columns: int, seed: int, zeros: bool
) -> None:
    torch.manual_seed(seed)
    matrix = torch.randn(rows, columns) * torch.logspace(-6, 6, rows)[:, None]
    if zeros:
        matrix[0] = 0.0
    file = tmp_path_factory.mktemp("eight") / "w.safetensors"
    save_eight_bits({"m": matrix, "v": torch.arange(5.0)}, file, {"base": "x"})
    back = StoredWeights(file)
    assert set(back) == {"m", "v"}
    steps = matrix.abs().amax(dim=1, keepdim=True) / LARGEST
    assert ((back["m"] - matrix).abs() <= 0.5001 * steps).all()
    assert back["v"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert load_file(file)["m"].dtype == torch.int8
    assert is_eight_bits(file)


def test_files_not_in_eight_bits_are_read_as_they_are(tmp_path: Path) -> None:
    parts = {"m": torch.ones(2, 2, dtype=torch.int8), f"m{SCALE}": torch.ones(2)}
    save_file(parts, tmp_path / "w.safetensors")
    assert not is_eight_bits(tmp_path / "w.safetensors")
    assert set(StoredWeights(tmp_path / "w.safetensors")) == set(parts)


@pytest.mark.parametrize("kind", ["roberta", "modernbert", "distilbert", "chinese-bert"])
def test_masked_model_in_eight_bits_says_what_it_said(kind: str, tmp_path: Path) -> None:
    folder = make(kind, tmp_path / "whole")
    small = shutil.copytree(folder, tmp_path / "small")
    save_eight_bits(load_file(folder / MASKED_FILE), small / MASKED_FILE)
    whole, stored = (load_masked(each, torch.float32).train(False) for each in (folder, small))
    assert type(whole) is type(stored)
    ids = torch.arange(6, 20)[None]
    with torch.no_grad():
        one, other = whole(input_ids=ids).logits, stored(input_ids=ids).logits
    assert torch.allclose(one, other, atol=0.05)
    assert not torch.equal(one, other)
    assert load_masked(small, torch.bfloat16).dtype == torch.bfloat16


def test_matrix_or_scale_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = make("distilbert", tmp_path / "model")
    parts = load_file(folder / MASKED_FILE)
    name = next(name for name, part in parts.items() if part.ndim == 2 and "layer.0" in name)
    model = ResolvedModel(role="masked", name="small", revision="1", folder=folder)
    save_eight_bits({key: part for key, part in parts.items() if key != name}, folder / MASKED_FILE)
    with pytest.raises(WeightsError, match=f"lacks {name}"):
        open_masked(model, device="cpu", dtype="float32")
    save_eight_bits(parts, folder / MASKED_FILE)
    stored = load_file(folder / MASKED_FILE)
    del stored[name + SCALE]
    save_file(stored, folder / MASKED_FILE, metadata=dict(FORMAT))
    with pytest.raises(WeightsError, match="cannot be used"):
        open_masked(model, device="cpu", dtype="float32")


def test_eight_bits_tied_matrix_is_one(tmp_path: Path) -> None:
    folder = make("chinese-bert", tmp_path / "model")
    before = AutoModelForMaskedLM.from_pretrained(folder)
    save_eight_bits(load_file(folder / MASKED_FILE), folder / MASKED_FILE)
    after = load_masked(folder, torch.float32)
    for model in (before, after):
        assert model.get_output_embeddings().weight is model.get_input_embeddings().weight


def test_update_in_eight_bits_is_added(tmp_path: Path) -> None:
    folder = tiny_llama(tmp_path / "llama")
    name = "model.layers.1.mlp.up_proj"
    plain, whole, stored = (LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32) for _ in range(3))
    parts = {f"{name}.up": torch.randn(128, 3), f"{name}.down": torch.randn(3, 64)}
    save_file(parts, tmp_path / "whole.safetensors")
    save_eight_bits(parts, tmp_path / "small.safetensors")
    add_lora(whole, tmp_path / "whole.safetensors")
    add_lora(stored, tmp_path / "small.safetensors")
    one, other = (model.get_parameter(f"{name}.weight") for model in (whole, stored))
    assert torch.allclose(one, other, atol=0.1)
    assert not torch.allclose(one, plain.get_parameter(f"{name}.weight"), atol=0.5)

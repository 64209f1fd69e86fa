"""An update is added to the weights that it names, and to no others; what does not fit is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import LlamaForCausalLM

from bot.errors import WeightsError
from bot.worker.causal.lora import add_lora
from tests.support.models import tiny_llama

NAME = "model.layers.1.mlp.up_proj"


@pytest.fixture
def model(tmp_path_factory: pytest.TempPathFactory) -> LlamaForCausalLM:
    return LlamaForCausalLM.from_pretrained(tiny_llama(tmp_path_factory.mktemp("updates")), dtype=torch.float32)


def write(path: Path, name: str, rows: int, columns: int) -> dict[str, torch.Tensor]:
    parts = {f"{name}.up": torch.randn(rows, 3), f"{name}.down": torch.randn(3, columns)}
    save_file(parts, path)
    return parts


def test_lora_adds_the_product_where_it_is_named(model: LlamaForCausalLM, tmp_path: Path) -> None:
    before = {name: value.clone() for name, value in model.state_dict().items()}
    parts = write(tmp_path / "u.safetensors", NAME, 128, 64)
    add_lora(model, tmp_path / "u.safetensors")
    for name, value in model.state_dict().items():
        expected = before[name]
        if name == f"{NAME}.weight":
            expected = expected + parts[f"{NAME}.up"] @ parts[f"{NAME}.down"]
        assert torch.allclose(value, expected, atol=1e-6), name


@pytest.mark.parametrize(("name", "rows"), [("model.layers.7.mlp.up_proj", 128), (NAME, 60)])
def test_lora_of_another_model_is_refused(model: LlamaForCausalLM, tmp_path: Path, name: str, rows: int) -> None:
    write(tmp_path / "u.safetensors", name, rows, 64)
    with pytest.raises(WeightsError, match="does not fit"):
        add_lora(model, tmp_path / "u.safetensors")


def test_lora_refuses_a_damaged_or_missing_file(model: LlamaForCausalLM, tmp_path: Path) -> None:
    (tmp_path / "u.safetensors").write_bytes(b"nothing of the kind")
    for name in ("u.safetensors", "none.safetensors"):
        with pytest.raises(WeightsError, match=name):
            add_lora(model, tmp_path / name)

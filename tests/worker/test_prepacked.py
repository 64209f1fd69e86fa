"""Prepacked weights give the products of the layers that they stand for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

from bot.worker.prepacked import PrepackedLinear, prepack


def layers() -> nn.Sequential:
    torch.manual_seed(7)
    return nn.Sequential(nn.Linear(96, 160), nn.SiLU(), nn.Linear(160, 64, bias=False)).train(False)


@pytest.mark.parametrize("tokens", [1, 3, 32, 257])
def test_prepacked_layers_give_the_same_products(tokens: int) -> None:
    model = layers().to(torch.bfloat16)
    inputs = torch.randn(1, tokens, 96, dtype=torch.bfloat16)
    with torch.inference_mode():
        expected = model(inputs)
        assert prepack(model) in (0, 2)  # none where the processor has no bfloat16
        torch.testing.assert_close(model(inputs), expected)
    assert prepack(model) in (0, 2), "a second time there is nothing left, or nothing was done"


def test_prepack_leaves_float32_as_it_is() -> None:
    model = layers()
    assert prepack(model) == 0
    assert not [each for each in model.modules() if isinstance(each, PrepackedLinear)]


def test_prepacked_models_give_the_same_logits(tiny_causal: Path, tiny_masked: Path) -> None:
    for kind, folder in ((AutoModelForCausalLM, tiny_causal), (AutoModelForMaskedLM, tiny_masked)):
        model = kind.from_pretrained(folder, dtype=torch.bfloat16).train(False)
        head = model.get_output_embeddings().weight.shape
        ids = torch.tensor([[3, 5, 7, 11, 13]])
        with torch.inference_mode():
            expected = model(input_ids=ids).logits
            prepack(model)
            torch.testing.assert_close(model(input_ids=ids).logits, expected)
        assert model.get_output_embeddings().weight.shape == head

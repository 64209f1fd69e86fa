"""Tiny causal models of two classes, and the ways to run them, which the tests of scores and trees share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from bot.worker.causal.packed_runner import PackedRunner
from bot.worker.causal.padded_runner import PaddedRunner
from bot.worker.causal.token_tree import TreeRunner
from bot.worker.compute_threads import ComputeThreads
from tests.support.models import tiny_gpt2, tiny_llama


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """A model and its tokenizer."""
    make = {"gpt2": tiny_gpt2, "llama": tiny_llama}[request.param]
    folder: Path = make(tmp_path_factory.mktemp(request.param))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).train(False)
    return model, AutoTokenizer.from_pretrained(folder)


@pytest.fixture(params=[PackedRunner, PaddedRunner])
def tree_runner(loaded: tuple[Any, Any], request: pytest.FixtureRequest) -> TreeRunner:
    """Each way to run trees."""
    compute_threads = (ComputeThreads(2),) if request.param is PackedRunner else ()
    made: TreeRunner = request.param(loaded[0], "cpu", *compute_threads)
    return made

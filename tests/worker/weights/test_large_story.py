"""The large story model itself, where it has been fetched: run by `make test-large` alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from bot.errors import WeightsError
from bot.inference.supervisor import Supervisor
from bot.rules.text.words import has_han
from bot.settings import LARGE, Settings
from bot.worker.causal.openvino_model import prepare
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.resolving import resolve
from bot.writing.blocklist import Blocklist
from bot.writing.continuation.job import ContinueJob
from bot.writing.continuation.request import ContinueRequest
from storage.tagged_json import receipt_as_json

pytestmark = pytest.mark.large
DATA = Path(__file__).parents[3] / "data"
ENGLISH = "The lighthouse keeper had not spoken for a year when the boat came. A girl stood in it with a lantern."
CHINESE = "老灯塔看守人已经一年没有说过话了。那天傍晚，一条小船靠了岸，船上站着一个提着旧灯笼的女孩。"


@pytest.fixture(scope="module")
def large() -> ResolvedModel:
    try:
        return resolve(LARGE, "causal", DATA)
    except WeightsError as error:
        pytest.skip(str(error))


def test_large_model_graph_says_what_transformers_says_of_the_same_weights(large: ResolvedModel) -> None:
    """8-bit weights beside the de-quantised ones in float32."""
    import openvino as ov
    from transformers import AutoModelForCausalLM, AutoTokenizer

    assert large.gguf is not None
    prepared = prepare(large, DATA / "cache")
    ids = AutoTokenizer.from_pretrained(prepared.folder)([ENGLISH + CHINESE], return_tensors="np").input_ids
    exact = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
    request = ov.Core().compile_model(prepared.folder / "openvino_model.xml", "CPU", exact).create_infer_request()
    asked = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "position_ids": np.arange(ids.shape[1])[None],
        "beam_idx": np.zeros(1, np.int32),
    }
    ours = torch.tensor(np.array(request.infer(asked)["logits"])[0])
    same = AutoModelForCausalLM.from_pretrained(large.folder, gguf_file=large.gguf.name, dtype=torch.float32)
    with torch.inference_mode():
        theirs = same(torch.tensor(ids)).logits[0]
    agreed = (ours.argmax(-1) == theirs.argmax(-1)).float().mean().item()
    ours, theirs = ours.log_softmax(-1), theirs.log_softmax(-1)
    apart = (theirs.exp() * (theirs - ours)).sum(-1).mean().item()
    assert agreed > 0.9, f"{agreed:.1%} of {ids.shape[1]} tokens"
    assert apart < 0.02, f"{apart:.4f} nats"


async def test_large_model_goes_on_in_english_and_in_chinese(large: ResolvedModel) -> None:
    async with Supervisor(Settings(data=DATA, causal_model=LARGE)) as supervisor:
        for text in (ENGLISH, CHINESE):
            ask = ContinueRequest(text=text)
            made = await ContinueJob(ask, Blocklist.load(), 7).run(supervisor.engine, lambda *_: None)
            assert len(made) == ask.count
            assert {receipt_as_json(one.receipt)["model"] for one in made} == {large.name}
            assert all(has_han(one.text) == has_han(text) for one in made)

"""The graph that is made of a GGUF file, beside the same weights in transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bot.errors import WeightsError
from tests.support.story_models import make_gguf

pytest.importorskip("openvino_genai", reason="openvino-genai has no wheel for this platform")

EXACT = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
TOKENS = 220
"""Enough for a rotation of few bits to show."""


@pytest.fixture(scope="module", params=["llama", "qwen2"])
def gguf(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_gguf(request.param, tmp_path_factory.mktemp("gguf"))


def test_graph_logits_are_those_of_transformers(gguf: Path) -> None:
    import openvino as ov
    from gguf import GGUFReader
    from openvino import opset13 as ops
    from transformers import AutoModelForCausalLM

    from bot.worker.causal.openvino_graph import Matrix, Shape, build

    def plain(matrix: Matrix) -> Any:
        blocks = (matrix.read(at, min(matrix.rows, at + matrix.block)) for at in range(0, matrix.rows, matrix.block))
        return ops.constant(np.concatenate(list(blocks)))

    reader = GGUFReader(str(gguf))
    steps: list[tuple[int, int]] = []
    model = build(reader, Shape.of(reader), plain, lambda done, total: steps.append((done, total)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    request = ov.Core().compile_model(model, "CPU", EXACT).create_infer_request()
    ids = np.random.default_rng(1).integers(0, 300, (1, TOKENS))

    def read(begin: int, end: int) -> np.ndarray[Any, Any]:
        asked = {
            "input_ids": ids[:, begin:end],
            "attention_mask": np.ones((1, end), np.int64),
            "position_ids": np.arange(begin, end)[None],
            "beam_idx": np.zeros(1, np.int32),
        }
        return np.array(request.infer(asked)["logits"])

    ours = np.concatenate([read(0, TOKENS - 3), *(read(at, at + 1) for at in range(TOKENS - 3, TOKENS))], axis=1)
    same = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    with torch.inference_mode():
        theirs = same(torch.tensor(ids)).logits.numpy()
    assert np.abs(ours - theirs).max() < 1e-3 * np.abs(theirs).max()


def test_converting_says_what_it_cannot_make_a_graph_of(tmp_path: Path) -> None:
    from bot.worker.causal.converting import convert_beside

    other = make_gguf("gpt2", tmp_path / "gguf")
    with pytest.raises(WeightsError, match=r"cannot be prepared for OpenVINO: .*architecture gpt2"):
        convert_beside(other, tmp_path, lambda done, total: None)


def test_converting_may_be_stopped_by_who_listens(gguf: Path, tmp_path: Path) -> None:
    from bot.worker.causal.converting import convert_beside

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_beside(gguf, tmp_path, stop)
    assert not (tmp_path / "inkling.json").exists()


def test_pages_of_a_mapped_file_are_given_back(tmp_path: Path) -> None:
    import mmap

    from bot.worker.causal.mapped_files import give_back

    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 4096)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert mapped[:] == path.read_bytes()
        assert give_back(path) in (path.stat().st_size, 0)
        assert mapped[:] == path.read_bytes()
    assert give_back(path) == 0

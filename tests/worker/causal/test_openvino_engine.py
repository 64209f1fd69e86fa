"""What only OpenVINO has to get right: the weights it prepares, and what it puts in another sampler's place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.errors import WeightsError
from bot.rules.moods import MOODS, Sampling
from bot.worker.causal.engine_choice import open_causal
from bot.worker.causal.openvino_engine import OpenVinoEngine, substitutions
from bot.worker.causal.openvino_model import prepare
from bot.worker.weights.model import ResolvedModel
from tests.support.engines import HandClock, Record, ask, drain, note, open_engine, row, run, texts
from tests.support.models import tiny_gguf, tiny_gpt2

pytest.importorskip("openvino_genai", reason="openvino-genai has no wheel for this platform")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def gguf(folder: Path) -> Path:
    return tiny_gguf(folder / "gguf")


@pytest.fixture(scope="module")
def engine(folder: Path, gguf: Path) -> OpenVinoEngine:
    opened = open_engine(gguf, "openvino", folder / "cache", HandClock())
    assert isinstance(opened, OpenVinoEngine)
    return opened


def _resolved(path: Path) -> ResolvedModel:
    gguf = path if path.suffix == ".gguf" else None
    return ResolvedModel(role="causal", name="tiny", revision="r", folder=path.parent if gguf else path, gguf=gguf)


def _matrices(path: Path) -> list[Any]:
    """The weights that a model multiplies with, as it sees them."""
    import openvino as ov

    core = ov.Core()
    model = core.read_model(path)
    inputs = {
        node.input_value(1).get_node().get_friendly_name(): node.input_value(1)
        for node in model.get_ops()
        if node.get_type_name() == "MatMul" and node.input_value(1).get_partial_shape().is_static
    }
    compiled = core.compile_model(ov.Model(list(inputs.values()), [], "weights"), "CPU")
    return list(compiled([]).values())


@pytest.mark.long
def test_prepared_weights_are_those_of_the_gguf_but_for_a_hundredth(folder: Path, gguf: Path) -> None:
    from gguf import GGUFReader, dequantize

    prepared = prepare(_resolved(gguf), folder / "cache")
    ours = [matrix for matrix in _matrices(prepared.folder / "openvino_model.xml") if matrix.ndim == 2]
    wanted = [dequantize(t.data, t.tensor_type) for t in GGUFReader(str(gguf)).tensors if len(t.shape) == 2]
    assert len(ours) == 2 * 7 + 1
    for matrix in ours:
        norms = np.sort(np.linalg.norm(matrix, axis=1))  # GenAI may have put the rows of a head in another order
        off = [
            np.linalg.norm(np.sort(np.linalg.norm(w, axis=1)) - norms) / np.linalg.norm(norms)
            for w in wanted
            if w.shape == matrix.shape
        ]
        assert min(off) < 0.01


def test_model_is_prepared_once_and_half_made_things_are_not_found(folder: Path, gguf: Path) -> None:
    cache = folder / "once"
    first = prepare(_resolved(gguf), cache)
    made = {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()}
    assert prepare(_resolved(gguf), cache) == first
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()} == made
    assert not list(cache.glob("making-*"))
    assert (first.window, first.group) == (512, 128)
    assert first.ends == {0}


def test_siblings_find_the_prefill_of_the_first_row(engine: OpenVinoEngine) -> None:
    """A long prompt takes one step for the first row; its three siblings then start in one step together."""
    record: Record = {}
    engine.add(ask("a", "The river crossed the bridge. " * 40, rows=[row(seed) for seed in range(4)], tokens=4))
    note(record, engine)
    assert [key for key, told in record.items() if told.partials] == [("a", 0)]
    note(record, engine)
    assert len(record) == 4
    drain(engine, record)


def test_openvino_engine_min_p_before_the_temperature_keeps_the_same_tokens(engine: OpenVinoEngine) -> None:
    """However hot, a min-p of nearly 1 leaves the best token only."""
    rows = [row(seed, sampling=Sampling(temperature=8.0, min_p=0.9)) for seed in range(4)]
    cold = [row(0, sampling=Sampling(top_p=1e-6))]
    # Behind "The fox" the tiny model has five verbs that are as likely, and which is best depends on the processor.
    hot = texts(run(engine, ask("a", "The fox opened the", rows=rows, tokens=1)), "a")
    best = texts(run(engine, ask("b", "The fox opened the", rows=cold, tokens=1)), "b")
    assert set(hot) == set(best)


def test_moods_are_replaced_as_their_receipts_say() -> None:
    told = {mood: dict(substitutions(row(0, mood))) for mood in MOODS}
    assert told["open"] == {"dry": "frequency_penalty 0.12"}
    assert told["plain"] == told["steady"] == told["open"]
    assert told["wild"] == {"dry": "frequency_penalty 0.12", "xtc": "presence_penalty 0.3"}
    assert dict(substitutions(row(sampling=Sampling(temperature=0.7, top_p=0.9, typical_p=0.8)))) == {
        "typical_p": "top_p 0.8",
        "temperature last": "temperature before top_p",
    }
    assert substitutions(row(sampling=Sampling())) == ()


def test_auto_takes_openvino_for_a_gguf_and_torch_for_a_folder(folder: Path, gguf: Path) -> None:
    for path, expected in ((gguf, "openvino"), (tiny_gpt2(folder / "gpt2"), "torch")):
        opened = open_causal(_resolved(path), engine="auto", device="cpu", dtype="float32", cache=folder / "cache")
        assert opened.info.engine == expected


def test_openvino_says_what_it_cannot_load(folder: Path, tmp_path: Path) -> None:
    gpt2 = _resolved(tiny_gpt2(folder / "gpt2"))
    with pytest.raises(WeightsError, match="neither a GGUF file nor an OpenVINO folder"):
        open_causal(gpt2, engine="openvino", device="cpu", dtype="auto", cache=tmp_path)
    (tmp_path / "openvino_model.xml").write_text("<net/>")
    with pytest.raises(WeightsError, match=r"openvino_model\.bin is missing"):
        open_causal(_resolved(tmp_path), engine="auto", device="cpu", dtype="auto", cache=tmp_path)


def test_prepared_folder_can_be_named_itself(folder: Path, gguf: Path, tmp_path: Path) -> None:
    """Another's OpenVINO folder: the graph, a tokenizer.json and a config.json."""
    prepared = prepare(_resolved(gguf), folder / "cache")
    for name in ("openvino_model.xml", "openvino_model.bin"):
        (tmp_path / name).write_bytes((prepared.folder / name).read_bytes())
    (tmp_path / "tokenizer.json").write_bytes(prepared.tokenizer.read_bytes())
    (tmp_path / "config.json").write_text('{"eos_token_id": 0, "max_position_embeddings": 512}')
    engine = open_engine(tmp_path, "auto", folder / "cache", HandClock())
    assert (engine.info.engine, engine.info.window) == ("openvino", 512)
    assert len(run(engine, ask("a", tokens=3))) == 4

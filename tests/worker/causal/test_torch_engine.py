"""The torch engine against transformers' own generation, and what only it promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from bot.errors import WeightsError
from bot.inference.protocol import GenerateRequest
from bot.rules.moods import Sampling
from bot.worker.causal.loading import load_causal, pick_dtype
from bot.worker.causal.torch_engine import TorchEngine
from bot.worker.weights.model import ResolvedModel
from tests.support.engines import HandClock, Record, ask, drain, note, open_engine, row, run, texts
from tests.support.models import tiny_gguf, tiny_gpt2, tiny_llama

GREEDY = Sampling(top_p=1e-6)
PROMPTS = [
    "A",
    "The fox opened the door behind the mill and nobody spoke. A girl",
    "Old Marta",
    "The queen lost a silver key " * 9,  # much longer than the others
    "My brother found a lantern",
]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Matrices this small are made slower by every further thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(params=["gpt2", "llama"])
def model_folder(request: pytest.FixtureRequest, folder: Path) -> Path:
    return tiny_gpt2(folder / "gpt2") if request.param == "gpt2" else tiny_llama(folder / "llama")


def _open(folder: Path) -> TorchEngine:
    engine = open_engine(folder, "torch", folder / "cache", HandClock())
    assert isinstance(engine, TorchEngine)
    return engine


def _greedy_reference(folder: Path, prompt: str, tokens: int) -> str:
    """What `generate` writes for one prompt alone, without padding or batching."""
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(prompt, return_tensors="pt").input_ids
    out = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=tokens)
    whole: str = tokenizer.decode(out[0], skip_special_tokens=True)
    return whole[len(prompt) :]


def _greedy(request_id: str, prompt: str, tokens: int = 20) -> GenerateRequest:
    return ask(request_id, prompt, rows=[row(0, sampling=GREEDY), row(1, sampling=GREEDY)], tokens=tokens)


def test_torch_engine_rows_of_different_lengths_write_what_each_writes_alone(model_folder: Path) -> None:
    """Positions, masks and the cache are right for rows that join late, leave early and are padded."""
    engine = _open(model_folder)
    record: Record = {}
    for number, prompt in enumerate(PROMPTS):
        engine.add(_greedy(str(number), prompt, tokens=8 + 6 * number))
        note(record, engine)
        note(record, engine)
    drain(engine, record)
    for number, prompt in enumerate(PROMPTS):
        expected = _greedy_reference(model_folder, prompt, 8 + 6 * number)
        assert texts(record, str(number)) == [expected, expected]


def test_torch_engine_long_row_that_leaves_frees_its_columns_and_disturbs_nobody(folder: Path) -> None:
    path = tiny_llama(folder / "llama")
    engine = _open(path)
    record: Record = {}
    engine.add(_greedy("long", "The river sang to the moon. " * 12, tokens=2))
    for _ in range(3):
        note(record, engine)
    engine.add(_greedy("short", "A girl", tokens=40))
    drain(engine, record)
    assert texts(record, "short")[0] == _greedy_reference(path, "A girl", 40)


def test_prompt_longer_than_a_piece_of_prefill_is_read_right(folder: Path) -> None:
    path = tiny_llama(folder / "llama")
    prompt = "The keeper lost a silver key under the hill. " * 30
    engine = _open(path)
    assert 256 < len(AutoTokenizer.from_pretrained(path)(prompt).input_ids) < 480
    assert texts(run(engine, _greedy("a", prompt)), "a")[0] == _greedy_reference(path, prompt, 20)


def test_dry_reaches_what_is_written(folder: Path) -> None:
    """With a penalty that forbids, no three words come twice; without it they do."""
    engine = _open(tiny_llama(folder / "llama"))
    forbid = replace(GREEDY, dry_multiplier=1000.0, dry_allowed_length=1, dry_breakers=())
    record = run(engine, ask("a", rows=[row(sampling=GREEDY), row(sampling=forbid)], tokens=120))

    def repeated(text: str) -> int:
        words = f"The fox opened the door{text}".split()
        triples = list(zip(words, words[1:], words[2:], strict=False))
        return len(triples) - len(set(triples))

    plain, dry = texts(record, "a")
    assert repeated(plain) > 0
    assert repeated(dry) == 0


def test_float32_is_chosen_where_the_processor_has_no_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    for check in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, check, lambda: False)
    assert pick_dtype("auto", cpu) == torch.float32
    assert pick_dtype("bfloat16", cpu) == torch.bfloat16
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    assert pick_dtype("auto", cpu) == torch.bfloat16


def test_torch_engine_receipts_promise_less_for_short_number_formats(folder: Path) -> None:
    path = tiny_gpt2(folder / "gpt2")
    model = ResolvedModel(role="causal", name="tiny", revision="r", folder=path)
    engine = TorchEngine.open(model, device="cpu", dtype="bfloat16", cache=folder, clock=HandClock())
    assert engine.capabilities.reproducible == "same_batch"
    assert all(told.final.text is not None for told in run(engine, ask("a", tokens=4)).values())


def test_gguf_is_dequantised_once_and_close_to_what_it_holds(folder: Path) -> None:
    gguf = tiny_gguf(folder / "gguf")
    model = ResolvedModel(role="causal", name="tiny", revision="r", folder=gguf.parent, gguf=gguf)
    loaded, tokenizer = load_causal(model, "cpu", "float32", folder / "cache")
    made = {path: path.stat().st_mtime_ns for path in (folder / "cache").rglob("*") if path.is_file()}
    again, _ = load_causal(model, "cpu", "float32", folder / "cache")
    assert {path: path.stat().st_mtime_ns for path in made} == made
    ids = tokenizer("The fox opened the door", return_tensors="pt").input_ids
    with torch.inference_mode():
        assert torch.equal(loaded(input_ids=ids).logits, again(input_ids=ids).logits)
    assert tokenizer.decode(ids[0]) == "The fox opened the door"


@pytest.mark.parametrize("damage", ["no weights", "cut weights", "no config", "no tokenizer"])
def test_folder_that_is_broken_is_one_readable_sentence(folder: Path, tmp_path: Path, damage: str) -> None:
    source = tiny_gpt2(folder / "gpt2")
    for path in source.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    weights = tmp_path / "model.safetensors"
    if damage == "no weights":
        weights.unlink()
    elif damage == "cut weights":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "no config":
        (tmp_path / "config.json").unlink()
    else:
        (tmp_path / "tokenizer.json").unlink()
        (tmp_path / "tokenizer_config.json").unlink()
    model = ResolvedModel(role="causal", name="broken", revision="r", folder=tmp_path)
    with pytest.raises(WeightsError) as caught:
        load_causal(model, "cpu", "float32", tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)

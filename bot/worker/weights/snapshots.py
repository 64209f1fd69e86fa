"""What was fetched from a hub, as it lies on disk: huggingface_hub's own layout, so that its tools can read it.

models--org--name/blobs/DIGEST             the files themselves
models--org--name/snapshots/COMMIT/PATH    links to them
models--org--name/refs/REVISION            the commit that a branch had when it was fetched
models--org--name/inkling/COMMIT.json      what the hub listed, with digests
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bot.errors import WeightsError
from bot.inference.protocol import ModelRole
from bot.settings import ModelChoice
from bot.worker.weights.downloads import digest_of
from bot.worker.weights.files import Progress, write_whole
from bot.worker.weights.hub import RemoteFile, Repository
from bot.worker.weights.selecting import Selection, select

MAIN = "main"
"""The branch that is meant where none is named."""
_COMMIT = re.compile(r"[0-9a-f]{40}")
"""A commit's hash (SHA-1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A repository at one commit on disk. `repository` is None where another program fetched it."""

    folder: Path
    commit: str
    gguf: Path | None = None
    repository: Repository | None = None


class Shelf:
    """Where everything of one repository lies."""

    def __init__(self, data: Path, choice: ModelChoice) -> None:
        self.root = data / "models" / "hub" / f"models--{choice.name.replace('/', '--')}"

    def blob(self, file: RemoteFile) -> Path:
        """Return where the content of a file lies, or will lie."""
        return self.root / "blobs" / file.digest

    def folder(self, commit: str) -> Path:
        """Return the folder of a commit."""
        return self.root / "snapshots" / commit

    def has(self, repository: Repository, file: RemoteFile) -> bool:
        """Tell whether a file is there in its whole size; its digest was checked when it came."""
        path = self.folder(repository.commit) / file.path
        return path.is_file() and path.stat().st_size == file.size

    def holds(self, file: RemoteFile) -> bool:
        """Tell whether the content of a file is there, be it of another commit."""
        blob = self.blob(file)
        return blob.is_file() and blob.stat().st_size == file.size

    def link(self, repository: Repository, file: RemoteFile) -> None:
        """Let the snapshot show a file whose blob is there."""
        path = self.folder(repository.commit) / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(os.path.relpath(self.blob(file), path.parent))

    def record(self, repository: Repository, revision: str | None) -> None:
        """Note what the hub listed at a commit, and that the revision is that commit."""
        write_whole(self._listing(repository.commit), msgspec.json.encode(repository))
        named = revision or MAIN
        if named != repository.commit:
            write_whole(self.root / "refs" / named, repository.commit.encode())

    def commit_of(self, revision: str | None) -> str | None:
        """Return the commit that a revision had when it was fetched; None where it never was."""
        named = revision or MAIN
        if _COMMIT.fullmatch(named):
            return named
        try:
            commit = (self.root / "refs" / named).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return commit if _COMMIT.fullmatch(commit) else None

    def listing(self, commit: str) -> Repository | None:
        """Return what the hub listed at a commit; None where that is not known."""
        try:
            return msgspec.json.decode(self._listing(commit).read_bytes(), type=Repository)
        except (OSError, msgspec.MsgspecError):
            return None

    def _listing(self, commit: str) -> Path:
        return self.root / "inkling" / f"{commit}.json"


def find(choice: ModelChoice, role: ModelRole, data: Path) -> Snapshot | None:
    """Return what is on disk of a model, where all of it is; no network is needed. Raises `WeightsError` where what was
    listed cannot be the model that is meant."""
    shelf = Shelf(data, choice)
    commit = shelf.commit_of(choice.revision)
    if commit is None:
        return None
    folder, repository = shelf.folder(commit), shelf.listing(commit)
    if repository is not None:
        selection = select(repository, choice, role)
        whole = all(shelf.has(repository, file) for file in selection.files)
        return _snapshot(shelf, repository, selection) if whole else None
    if not folder.is_dir():
        return None
    gguf = None if choice.file is None else folder / choice.file
    return Snapshot(folder=folder, commit=commit, gguf=gguf) if gguf is None or gguf.is_file() else None


def snapshot_of(choice: ModelChoice, data: Path, repository: Repository, selection: Selection) -> Snapshot:
    """Return the snapshot of what has just been fetched."""
    return _snapshot(Shelf(data, choice), repository, selection)


def check_snapshot(snapshot: Snapshot, choice: ModelChoice, role: ModelRole, progress: Progress) -> None:
    """Compare every file of a model with the digest that the hub listed. Raises `WeightsError`."""
    if snapshot.repository is None:
        return
    for file in select(snapshot.repository, choice, role).files:
        path = snapshot.folder / file.path
        if digest_of(path, file, progress) != file.digest:
            raise WeightsError(f"{path.resolve()} is damaged (its digest differs): delete it and fetch it again.")


def _snapshot(shelf: Shelf, repository: Repository, selection: Selection) -> Snapshot:
    folder = shelf.folder(repository.commit)
    gguf = None if selection.gguf is None else folder / selection.gguf
    return Snapshot(folder=folder, commit=repository.commit, gguf=gguf, repository=repository)

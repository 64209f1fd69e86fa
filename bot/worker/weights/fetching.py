"""Brings a model from a hub: looks what it is, checks that it can serve, and fetches what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.errors import WeightsError
from bot.inference.protocol import ModelRole
from bot.settings import HubAccess, ModelChoice
from bot.worker.weights.downloads import bring, check_disk
from bot.worker.weights.files import Progress
from bot.worker.weights.folders import check_class, check_config, from_folder, kind_of
from bot.worker.weights.hub import Hub, Patience, RemoteFile, Repository
from bot.worker.weights.locking import alone_in
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.selecting import CONFIG, Selection, has_weights_for, select
from bot.worker.weights.snapshots import Shelf, Snapshot, check_snapshot, find, snapshot_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a hub has of a model: the repository, the files that would be used, and the bytes that are not here yet."""

    choice: ModelChoice
    role: ModelRole
    repository: Repository
    selection: Selection
    missing: int


class Fetcher:
    """Fetches from one hub into one data folder. `progress` may raise, which ends what is being done."""

    def __init__(self, access: HubAccess, data: Path, progress: Progress) -> None:
        def say(what: str) -> None:
            progress(what, 0, 0)

        self._hub = Hub(access, Patience(say=say))
        self._data = data
        self._progress = progress

    def offer(self, choice: ModelChoice, role: ModelRole | None = None, *, by_class: bool = False) -> Offer:
        """Ask the hub for a model, and fetch its configuration, which tells whether it can serve; `role` None: the role
        that it has. With `by_class`, transformers must know its class (see `check_class`). Raises `WeightsError`."""
        self._progress(f"asking for {choice}", 0, 0)
        repository = self._hub.look(choice)
        shelf = Shelf(self._data, choice)
        config = next((file for file in repository.files if file.path == CONFIG), None)
        if choice.file is None and config is not None:
            self._bring(choice, repository, config)
            path = shelf.folder(repository.commit) / CONFIG
            if role is None:
                role = kind_of(path, str(choice)) if has_weights_for(repository) else "causal"
            if has_weights_for(repository):
                check_config(path, role, str(choice))
                if by_class:
                    check_class(path, str(choice))
        selection = select(repository, choice, role or "causal")
        missing = sum(file.size for file in selection.files if not (shelf.has(repository, file) or shelf.holds(file)))
        return Offer(choice=choice, role=role or "causal", repository=repository, selection=selection, missing=missing)

    def accept(self, offer: Offer) -> ResolvedModel:
        """Fetch what is missing of an offer, and check that it is whole. Raises `WeightsError`."""
        shelf = Shelf(self._data, offer.choice)
        shelf.root.mkdir(parents=True, exist_ok=True)
        check_disk(shelf.root, offer.missing, offer.choice)
        for file in offer.selection.files:
            self._bring(offer.choice, offer.repository, file)
        shelf.record(offer.repository, offer.choice.revision)
        snapshot = snapshot_of(offer.choice, self._data, offer.repository, offer.selection)
        return resolved(snapshot, offer.choice, offer.role)

    def _bring(self, choice: ModelChoice, repository: Repository, file: RemoteFile) -> None:
        shelf = Shelf(self._data, choice)
        if shelf.has(repository, file):
            return

        def waiting() -> None:
            self._progress(f"another program fetches {choice.name}", 0, 0)

        with alone_in(shelf.root, waiting):
            if not shelf.holds(file):
                bring(self._hub, choice, repository, file, shelf.blob(file), self._progress)
            shelf.link(repository, file)


def fetched(choice: ModelChoice, role: ModelRole, data: Path, access: HubAccess, progress: Progress) -> ResolvedModel:
    """Return a hub model: what is on disk, where all of it is, else it is fetched. Raises `WeightsError`."""
    snapshot = find(choice, role, data)
    if snapshot is not None:
        return resolved(snapshot, choice, role)
    fetcher = Fetcher(access, data, progress)
    return fetcher.accept(fetcher.offer(choice, role))


def renewed(choice: ModelChoice, role: ModelRole, data: Path, access: HubAccess, progress: Progress) -> ResolvedModel:
    """Return a hub model as the hub has it now; one with a pinned commit that is here is not asked for. Raises
    `WeightsError`."""
    snapshot = find(choice, role, data)
    if snapshot is not None and snapshot.commit == choice.revision:
        return resolved(snapshot, choice, role)
    fetcher = Fetcher(access, data, progress)
    return fetcher.accept(fetcher.offer(choice, role, by_class=True))


def resolved(snapshot: Snapshot, choice: ModelChoice, role: ModelRole) -> ResolvedModel:
    """Return the model of a snapshot. Raises `WeightsError` where it is of another kind, or cut short."""
    name = choice.name if snapshot.gguf is None else f"{choice.name}:{snapshot.gguf.name}"
    return from_folder(snapshot.folder, role, name=name, revision=snapshot.commit, gguf=snapshot.gguf)


def verified(choice: ModelChoice, role: ModelRole, data: Path, progress: Progress) -> None:
    """Check a hub model that is on disk, by its digests. Raises `WeightsError`."""
    snapshot = find(choice, role, data)
    if snapshot is None:
        raise WeightsError(f"{choice} is not on this machine yet: run `inkling models fetch`.")
    check_snapshot(snapshot, choice, role, progress)

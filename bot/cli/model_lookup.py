"""From the name of a model to the model on disk, for `inkling models try` and `use`: what is fetched is shown before,
and asked for where somebody sits at the terminal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bot.cli.terminal import Terminal
from bot.errors import HostError, WeightsError
from bot.inference.protocol import ModelRole
from bot.settings import BUNDLED, LARGE, NAMED_MODELS, ModelChoice, Settings, parse_model
from bot.worker.weights import large
from bot.worker.weights.bundled import fetch_bundled
from bot.worker.weights.downloads import told
from bot.worker.weights.facts import OWN_LICENSE, license_of, size_of
from bot.worker.weights.fetching import Fetcher, Offer, resolved
from bot.worker.weights.folders import kind_of
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.resolving import is_hub_id, resolve
from bot.worker.weights.selecting import CONFIG, IR
from bot.worker.weights.snapshots import Snapshot, find
from bot.worker.weights.story_choice import plan_story

ROLES: tuple[ModelRole, ...] = ("causal", "masked")
"""The roles of the infill pair."""
VARIABLES: dict[ModelRole, str] = {"causal": "CAUSAL_MODEL", "masked": "MASKED_MODEL"}
"""The setting that a model of each role is tried for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A model on disk, and the choice that means this very one, its revision and file named."""

    choice: ModelChoice
    model: ResolvedModel
    license: str

    @property
    def line(self) -> str:
        """What is said of it before it is tried."""
        license_ = f"licence {self.license}" if self.license else "its card names no licence"
        return f"{self.choice}: {told(size_of(self.model))}, {license_}"


def find_model(settings: Settings, name: str, role: ModelRole | None, terminal: Terminal, *, yes: bool) -> Found:
    """Bring the model of this name here. `role` None: the one that it has (of Inkling's own models, causal).

    Raises `SettingsError`, `WeightsError`, and `HostError` where the person at the terminal does not want it.
    """
    choice = parse_model(name)
    if is_hub_id(choice):
        return _from_hub(settings, choice, role, terminal, yes=yes)
    role = role or _role_on_disk(choice)
    if choice.name in NAMED_MODELS and role == "causal":
        _bring_own(settings, choice, terminal, yes=yes)
    model = resolve(choice, role, settings.data)
    return Found(choice=choice, model=model, license=license_of(model, None))


def _bring_own(settings: Settings, choice: ModelChoice, terminal: Terminal, *, yes: bool) -> None:
    now = plan_story(choice, settings.data).now
    if choice == LARGE and now != LARGE:
        terminal.note(f"{large.LARGE.name}: licence {OWN_LICENSE}, {told(large.LARGE.size)} to fetch.")
        if not yes and not terminal.agrees("Fetch it?"):
            raise HostError("Nothing was fetched.")
        large.fetch_large(settings.data, terminal.progress, settings.hub)
    elif now == BUNDLED:
        fetch_bundled(settings.data, terminal.progress)


def _from_hub(
    settings: Settings, choice: ModelChoice, role: ModelRole | None, terminal: Terminal, *, yes: bool
) -> Found:
    for each in (role,) if role else ROLES:
        snapshot = _at_hand(choice, each, settings)
        if snapshot is not None:
            return _found(choice, resolved(snapshot, choice, each), snapshot)
    fetcher = Fetcher(settings.hub, settings.data, terminal.progress)
    offer = fetcher.offer(choice, role, by_class=True)
    _ask(offer, terminal, yes=yes)
    model = fetcher.accept(offer)
    return _found(choice, model, find(replace(choice, revision=model.revision), offer.role, settings.data))


def _at_hand(choice: ModelChoice, role: ModelRole, settings: Settings) -> Snapshot | None:
    """Return what is here of a model already, where it has this role."""
    try:
        snapshot = find(choice, role, settings.data)
        if snapshot is None or snapshot.gguf is not None or (role == "causal" and (snapshot.folder / IR).exists()):
            return snapshot
        return snapshot if kind_of(snapshot.folder / CONFIG, str(choice)) == role else None
    except WeightsError:  # the hub, or whoever loads it, says it better
        return None


def _found(choice: ModelChoice, model: ResolvedModel, snapshot: Snapshot | None) -> Found:
    """Name the commit, and the file by its whole path."""
    pinned = replace(choice, revision=model.revision)
    if model.gguf is not None:
        pinned = replace(pinned, file=model.gguf.relative_to(model.folder).as_posix())
    return Found(choice=pinned, model=model, license=license_of(model, snapshot))


def _ask(offer: Offer, terminal: Terminal, *, yes: bool) -> None:
    card = offer.repository
    terminal.note(f"{offer.choice} is at commit {card.commit[:12]}.")
    terminal.note(
        f"Licence: {card.license or 'its card names none'}. Languages, by its card: {_languages(card.languages)}."
    )
    terminal.note(
        f"{told(offer.selection.size)} in {len(offer.selection.files)} files, {told(offer.missing)} to fetch."
    )
    if offer.missing and not yes and not terminal.agrees("Fetch it?"):
        raise HostError("Nothing more was fetched.")


def _languages(tags: tuple[str, ...]) -> str:
    return ", ".join(tags) or "none named"


def _role_on_disk(choice: ModelChoice) -> ModelRole:
    path = Path(choice.name).expanduser()
    if path.is_file() or (path / IR).exists() or not (path / CONFIG).exists():
        return "causal"
    return kind_of(path / CONFIG, str(choice))

"""`inkling models list`: what is in use for what, and what is known of it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from bot.cli.story import foresee
from bot.cli.terminal import Terminal
from bot.errors import WeightsError
from bot.inference.protocol import ModelRole
from bot.settings import ModelChoice, Settings
from bot.worker.weights import measured
from bot.worker.weights.downloads import told
from bot.worker.weights.facts import license_of, size_of
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.resolving import is_hub_id, resolve
from bot.worker.weights.selecting import IR
from bot.worker.weights.snapshots import Snapshot, find
from bot.worker.weights.story_choice import LOCAL

WIDTH = 14
"""Columns that the name of a use takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One model in use. `problem` says what is wrong with it; then what follows is empty. `size` is in bytes,
    `tokens_per_s` what the last trial measured here, `languages` are what the model or its card says."""

    use: str
    setting: str
    choice: str
    problem: str = ""
    name: str = ""
    revision: str = ""
    update: str = ""
    size: int = 0
    license: str = ""
    languages: tuple[str, ...] = ()
    engine: str = ""
    tokens_per_s: float | None = None
    measured_on: str = ""
    path: str = ""


def show(settings: Settings, terminal: Terminal, *, as_json: bool = False) -> int:
    """List the models in use; 1 where one is missing or broken."""
    story = foresee(settings)
    entries = list(_entries(settings, story.now))
    if as_json:
        terminal.say(
            json.dumps({"why": story.reason, "models": [asdict(entry) for entry in entries]}, ensure_ascii=False)
        )
        return int(any(entry.problem for entry in entries))
    terminal.say(story.reason)
    for entry in entries:
        terminal.say()
        for line in _lines(entry):
            terminal.say(line)
    return int(any(entry.problem for entry in entries))


def _entries(settings: Settings, story: ModelChoice) -> Iterator[Listed]:
    uses: list[tuple[str, str, ModelRole, ModelChoice]] = [
        ("story model", "CAUSAL_MODEL", "causal", story),
        ("infill model", "INFILL_MODEL", "causal", settings.infill_model),
        ("masked model", "MASKED_MODEL", "masked", settings.masked_model),
    ]
    for use, setting, role, choice in uses:
        if use == "story model" and settings.engine not in LOCAL:
            continue
        try:
            yield _listed(settings, use, setting, role, choice)
        except WeightsError as error:
            yield Listed(use=use, setting=setting, choice=str(choice), problem=str(error))


def _listed(settings: Settings, use: str, setting: str, role: ModelRole, choice: ModelChoice) -> Listed:
    snapshot = None
    if is_hub_id(choice):
        snapshot = find(choice, role, settings.data)
        if snapshot is None:
            raise WeightsError(f"{choice} is not on this machine yet: run `inkling models fetch`.")
    model = resolve(choice, role, settings.data)
    trial = measured.last(settings.data, model) if use != "infill model" else None
    return Listed(
        use=use,
        setting=setting,
        choice=str(choice),
        name=model.name,
        revision=model.revision,
        update=model.update.revision if model.update and use == "infill model" else "",
        size=size_of(model),
        license=license_of(model, snapshot),
        languages=model.languages or _of_card(snapshot),
        engine=trial.engine if trial else _engine_of(settings, use, model),
        tokens_per_s=trial.tokens_per_s if trial and trial.tokens_per_s else None,
        measured_on=trial.on if trial else "",
        path=str(model.gguf or model.folder),
    )


def _of_card(snapshot: Snapshot | None) -> tuple[str, ...]:
    return snapshot.repository.languages if snapshot is not None and snapshot.repository is not None else ()


def _engine_of(settings: Settings, use: str, model: ResolvedModel) -> str:
    """Return which engine would take it, as long as it has not been tried."""
    written = model.gguf is not None or (model.folder / IR).exists()
    here = importlib.util.find_spec("openvino_genai") is not None and settings.device in ("auto", "cpu")
    return "openvino" if use == "story model" and written and here and settings.engine != "torch" else "torch"


def _lines(entry: Listed) -> Iterator[str]:
    indent = " " * WIDTH
    if entry.problem:
        yield f"{entry.use:<{WIDTH}}{entry.problem}"
        return
    update = f", with update {entry.update}" if entry.update else ""
    yield f"{entry.use:<{WIDTH}}{entry.name} (revision {entry.revision[:12]}{update})"
    speed = f", {entry.tokens_per_s:.0f} tokens a second on {entry.measured_on}" if entry.tokens_per_s else ""
    if not speed and entry.use == "story model":
        speed = ", not measured yet (`inkling models try` does)"
    yield f"{indent}{told(entry.size)}, licence {entry.license or 'not named'}, languages {_tags(entry)}"
    yield f"{indent}{entry.engine}{speed}"
    yield f"{indent}{entry.path}"


def _tags(entry: Listed) -> str:
    return ", ".join(entry.languages) or "not named"

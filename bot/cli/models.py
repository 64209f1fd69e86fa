"""`inkling models`: what is loaded from where, bringing it, checking it."""

from __future__ import annotations

from dataclasses import replace

from bot.cli.story import settle
from bot.cli.terminal import Terminal
from bot.inference.protocol import ModelRole
from bot.inference.worker_config import plan_of
from bot.settings import AUTO, BUNDLED, LARGE, ModelChoice, Settings
from bot.worker.weights import verifying
from bot.worker.weights.bundled import causal_file, fetch_bundled
from bot.worker.weights.fetching import fetched, renewed
from bot.worker.weights.large import fetch_large
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.resolving import is_hub_id, resolve


def chosen(settings: Settings) -> tuple[tuple[ModelRole, ModelChoice], ...]:
    """Return the models that the settings name: what writes here, and the infill pair where it is another."""
    story, infill = plan_of(settings).causal, settings.infill_model
    pair: tuple[tuple[ModelRole, ModelChoice], ...] = (("causal", infill), ("masked", settings.masked_model))
    return pair if infill == story else (("causal", story), *pair)


def fetch(settings: Settings, terminal: Terminal, *, quiet: bool = False) -> int:
    """Bring the chosen models onto this machine, the large story model too where it is the one; of a hub model without
    a pinned commit the newest. Where each is, is told unless `quiet`. Raises `WeightsError`."""
    story = settle(settings)
    settings = replace(settings, causal_model=story.later or story.now)
    for role, choice in chosen(settings):
        model = _fetched(settings, role, choice, terminal)
        if not quiet:
            terminal.note(f"{role}: {model.name} ({model.revision}) is in {model.gguf or model.folder}")
    return 0


def _fetched(settings: Settings, role: ModelRole, choice: ModelChoice, terminal: Terminal) -> ResolvedModel:
    if role == "causal" and choice == BUNDLED:
        fetch_bundled(settings.data, terminal.progress)
    elif role == "causal" and choice == LARGE:
        fetch_large(settings.data, terminal.progress, settings.hub)
    elif is_hub_id(choice):
        return renewed(choice, role, settings.data, settings.hub, terminal.progress)
    return resolve(choice, role, settings.data)


def ensure(settings: Settings, terminal: Terminal) -> None:
    """Bring the bundled model, and hub models, where they are not there at all, before anything waits for them. Raises
    `WeightsError`."""
    if settings.inference_url is not None:
        return
    bundled = not {plan_of(settings).causal, settings.infill_model}.isdisjoint({BUNDLED, AUTO, LARGE})
    if bundled and not causal_file(settings.data).exists():
        fetch_bundled(settings.data, terminal.progress)
    for role, choice in chosen(settings):
        if is_hub_id(choice):
            fetched(choice, role, settings.data, settings.hub, terminal.progress)


def verify(settings: Settings, terminal: Terminal) -> int:
    """Check the chosen models as thoroughly as their kind allows; 1 where one is missing or broken."""
    broken = 0
    for role, choice in chosen(settings):
        state = verifying.verify(choice, role, settings.data, terminal.progress)
        if state.problem is not None:
            broken = 1
            terminal.note(f"{role}: {state.problem}")
        else:
            terminal.say(f"{role}\t{choice}\twhole\t{state.where}")
    return broken

"""`inkling models`: what is loaded from where, bringing it, checking it."""

from __future__ import annotations

from dataclasses import replace

from bot.cli.story import settle
from bot.cli.terminal import Terminal
from bot.errors import WeightsError
from bot.inference.engine import ModelRole
from bot.inference.plan import plan_of
from bot.inference.weights import verifying
from bot.inference.weights.bundled import causal_file, fetch_bundled
from bot.inference.weights.large import fetch_large
from bot.inference.weights.resolving import resolve
from bot.settings import AUTO, BUNDLED, LARGE, ModelChoice, Settings


def chosen(settings: Settings) -> tuple[tuple[ModelRole, ModelChoice], ...]:
    """Return the models that the settings name: what writes here, and the infill pair where it is another."""
    story, infill = plan_of(settings).causal, settings.infill_model
    pair: tuple[tuple[ModelRole, ModelChoice], ...] = (("causal", infill), ("masked", settings.masked_model))
    return pair if infill == story else (("causal", story), *pair)


def fetch(settings: Settings, terminal: Terminal) -> int:
    """Bring the chosen models onto this machine, the large story model too where it is the one. Raises
    `WeightsError`."""
    story = settle(settings)
    settings = replace(settings, causal_model=story.later or story.now)
    for role, choice in chosen(settings):
        if role == "causal" and choice == BUNDLED:
            fetch_bundled(settings.data, terminal.progress)
        elif role == "causal" and choice == LARGE:
            fetch_large(settings.data, terminal.progress)
        else:
            terminal.progress(f"looking for {choice}", 0, 0)
        model = resolve(choice, role, settings.data)
        terminal.note(f"{role}: {model.name} ({model.revision}) is in {model.gguf or model.folder}")
    return 0


def ensure(settings: Settings, terminal: Terminal) -> None:
    """Bring the bundled model where it is not there at all, before anything waits for it. Raises `WeightsError`."""
    bundled = not {plan_of(settings).causal, settings.infill_model}.isdisjoint({BUNDLED, AUTO, LARGE})
    if bundled and settings.inference_url is None and not causal_file(settings.data).exists():
        fetch_bundled(settings.data, terminal.progress)


def show(settings: Settings, terminal: Terminal) -> int:
    """List the chosen models; 1 where one is missing or broken."""
    return _tell(settings, terminal, thorough=False)


def verify(settings: Settings, terminal: Terminal) -> int:
    """Check the chosen models as thoroughly as their kind allows; 1 where one is missing or broken."""
    return _tell(settings, terminal, thorough=True)


def _tell(settings: Settings, terminal: Terminal, *, thorough: bool) -> int:
    broken = 0
    for role, choice in chosen(settings):
        state = verifying.verify(choice, role, settings.data, terminal.progress) if thorough else None
        problem = state.problem if state else None
        if problem is None:
            try:
                model = resolve(choice, role, settings.data)
            except WeightsError as error:
                problem = str(error)
        if problem is not None:
            broken = 1
            terminal.note(f"{role}: {problem}")
        else:
            told = "whole" if thorough else f"revision {model.revision}"
            if model.update is not None and not thorough:
                told += f" with update {model.update.revision}"
            languages = ", ".join(model.languages) or "any"
            terminal.say(f"{role}\t{model.name}\t{told}\tlanguages: {languages}\t{model.gguf or model.folder}")
    return broken

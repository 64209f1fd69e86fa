"""Whether a chosen model is there and whole, for `inkling models`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.errors import WeightsError
from bot.inference.protocol import ModelRole
from bot.settings import AUTO, BUNDLED, ModelChoice
from bot.worker.weights.bundled import verify_bundled
from bot.worker.weights.facts import size_of
from bot.worker.weights.fetching import verified
from bot.worker.weights.files import Progress
from bot.worker.weights.large import large_file, verify_large
from bot.worker.weights.resolving import is_hub_id, resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """What `inkling models` says of one model: `problem` is None when it is there and whole."""

    role: ModelRole
    choice: ModelChoice
    where: Path | None
    size: int
    problem: str | None


def verify(choice: ModelChoice, role: ModelRole, data: Path, progress: Progress) -> ModelState:
    """Check one model as thoroughly as its kind allows: by its digests where they are known, else by its headers."""
    try:
        if is_hub_id(choice):
            verified(choice, role, data, progress)
        model = resolve(choice, role, data)
        if model.gguf == large_file(data):
            verify_large(data, progress)
        elif choice in (BUNDLED, AUTO):
            verify_bundled(model, progress)
    except WeightsError as error:
        return ModelState(role=role, choice=choice, where=None, size=0, problem=str(error))
    return ModelState(role=role, choice=choice, where=model.gguf or model.folder, size=size_of(model), problem=None)

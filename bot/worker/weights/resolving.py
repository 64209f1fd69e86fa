"""From what the host chose to the files it means: the bundled model, a folder, or a hub id."""

from __future__ import annotations

from pathlib import Path

from bot.errors import WeightsError
from bot.inference.protocol import ModelRole
from bot.settings import AUTO, BUNDLED, LARGE, NAMED_MODELS, HubAccess, ModelChoice
from bot.worker.weights.bundled import bundled_causal, bundled_masked
from bot.worker.weights.fetching import fetched
from bot.worker.weights.files import Progress, silent
from bot.worker.weights.folders import from_folder, variable
from bot.worker.weights.large import large_model
from bot.worker.weights.model import ResolvedModel
from bot.worker.weights.story_choice import plan_story


def resolve(
    choice: ModelChoice,
    role: ModelRole,
    data: Path,
    hub: HubAccess = HubAccess(),  # noqa: B008 - a frozen value
    progress: Progress = silent,
) -> ResolvedModel:
    """Find the chosen model on disk, or bring a hub model there; what is there is not asked for again. `auto` is the
    story model that is in use now.

    Raises `WeightsError` with one readable sentence where it is missing, broken or of the wrong kind.
    """
    if role == "causal" and choice == AUTO:
        choice = plan_story(choice, data).now
    if role == "causal" and choice == LARGE:
        return large_model(data)
    if choice == BUNDLED:
        return bundled_causal(data) if role == "causal" else bundled_masked()
    folder = Path(choice.name).expanduser()
    if folder.is_dir():
        return from_folder(folder, role, name=folder.name, revision="folder")
    if folder.is_file() and folder.suffix == ".gguf":
        return from_folder(folder.parent, role, name=folder.stem, revision="folder", gguf=folder)
    if not is_hub_id(choice):
        raise WeightsError(f"{variable(role)}={choice.name}: there is no such folder.")
    return fetched(choice, role, data, hub, progress)


def is_hub_id(choice: ModelChoice) -> bool:
    """Tell whether a choice names a repository of the hub: no model of ours, and nothing that is on disk."""
    name = choice.name
    return (
        name not in NAMED_MODELS
        and not name.startswith((".", "/", "~"))
        and name.count("/") <= 1
        and not Path(name).expanduser().exists()
    )

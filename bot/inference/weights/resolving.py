"""From what the host chose to the files it means: the bundled model, a folder, or a hub id."""

from __future__ import annotations

from pathlib import Path

from bot.errors import WeightsError
from bot.inference.engine import ModelRole
from bot.inference.weights.bundled import bundled_causal, bundled_masked
from bot.inference.weights.folders import from_folder, variable
from bot.inference.weights.model import ResolvedModel
from bot.settings import ModelChoice


def resolve(choice: ModelChoice, role: ModelRole, data: Path) -> ResolvedModel:
    """Find the chosen model on disk, or bring a hub model there.

    Raises `WeightsError` with one readable sentence where it is missing, broken or of the wrong kind.
    """
    if choice.name == "bundled":
        return bundled_causal(data) if role == "causal" else bundled_masked()
    folder = Path(choice.name).expanduser()
    if folder.is_dir():
        return from_folder(folder, role, name=folder.name, revision="folder")
    if folder.is_file() and folder.suffix == ".gguf":
        return from_folder(folder.parent, role, name=folder.stem, revision="folder", gguf=folder)
    if choice.name.startswith((".", "/", "~")) or choice.name.count("/") > 1:
        raise WeightsError(f"{variable(role)}={choice.name}: there is no such folder.")
    return _from_hub(choice, role, data)


def _from_hub(choice: ModelChoice, role: ModelRole, data: Path) -> ResolvedModel:
    from huggingface_hub import snapshot_download

    wanted = ["*.json", "*.safetensors", "*.txt", "*.model", "tokenizer*", "vocab*", "merges*"]
    try:
        folder = Path(
            snapshot_download(
                choice.name,
                revision=choice.revision,
                cache_dir=data / "models" / "hub",
                allow_patterns=wanted,
            )
        )
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{variable(role)}={choice.name}: not a folder here, and the hub did not give it "
            f"({type(error).__name__}). Check the name, the revision and the network, or give a folder."
        ) from error
    return from_folder(folder, role, name=choice.name, revision=folder.name)

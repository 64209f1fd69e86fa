"""Folders and files that a host names: of the right kind, and whole as far as their headers tell."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

from bot.errors import WeightsError
from bot.inference.engine import ModelRole
from bot.inference.weights.model import ResolvedModel


def from_folder(folder: Path, role: ModelRole, *, name: str, revision: str, gguf: Path | None = None) -> ResolvedModel:
    """Return the model in `folder`, or the one in the file `gguf` of it. Raises `WeightsError` with one sentence where
    it is of another kind, missing or cut short."""
    gguf = gguf or _only_gguf(folder, role)
    if gguf is not None:
        _check_gguf(gguf)
        return ResolvedModel(role=role, name=name, revision=revision, folder=folder, gguf=gguf)
    if (folder / "openvino_model.xml").exists() and role == "causal":
        return ResolvedModel(role=role, name=name, revision=revision, folder=folder)
    _check_kind(folder, role)
    for path in _weight_files(folder, role):
        _check_safetensors(path)
    return ResolvedModel(role=role, name=name, revision=revision, folder=folder)


def variable(role: ModelRole) -> str:
    """Return the name of the setting that chooses the model of this role."""
    return "CAUSAL_MODEL" if role == "causal" else "MASKED_MODEL"


def _only_gguf(folder: Path, role: ModelRole) -> Path | None:
    if role != "causal" or (folder / "config.json").exists():
        return None
    found = sorted(folder.glob("*.gguf"))
    if len(found) > 1:
        raise WeightsError(f"{folder} holds several GGUF files: name one of them in {variable(role)}.")
    return found[0] if found else None


def _check_kind(folder: Path, role: ModelRole) -> None:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(f"{variable(role)}={folder}: it has no config.json, so it is no model folder.") from error
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read: {error}.") from error
    kinds = (config.get("architectures") or []) if isinstance(config, dict) else None
    if not isinstance(kinds, list):
        raise WeightsError(f"{path} is not the config.json of a model.")
    kinds = [str(kind) for kind in kinds]
    wanted = ("ForCausalLM", "LMHeadModel") if role == "causal" else ("ForMaskedLM",)
    if kinds and not any(kind.endswith(wanted) for kind in kinds):
        raise WeightsError(
            f"{variable(role)}={folder}: {', '.join(kinds)} is not a {role} language model; "
            f"one whose class ends in {' or '.join(wanted)} is needed."
        )


def _weight_files(folder: Path, role: ModelRole) -> Iterator[Path]:
    index = folder / "model.safetensors.index.json"
    names = ["model.safetensors"]
    if index.exists():
        try:
            names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise WeightsError(f"{index} is damaged: copy or download it again.") from error
    elif not (folder / "model.safetensors").exists():
        if (folder / "pytorch_model.bin").exists():
            return
        raise WeightsError(f"{variable(role)}={folder}: no weights there (model.safetensors is missing).")
    for name in names:
        if not (folder / name).exists():
            raise WeightsError(f"{variable(role)}={folder}: {name} is missing.")
        yield folder / name


def _check_safetensors(path: Path) -> None:
    """Compare the size of the file with what its own header announces."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length)) if length < size else {}
        ends = [int(entry["data_offsets"][1]) for key, entry in header.items() if key != "__metadata__"]
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, struct.error) as error:
        raise WeightsError(f"{path} is damaged: copy or download it again.") from error
    if not ends or size < 8 + length + max(ends):
        raise WeightsError(f"{path} is cut short: copy or download it again.")


def _check_gguf(path: Path) -> None:
    """Compare the size of the file with the last tensor that its header announces."""
    from gguf import GGUFReader

    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise WeightsError(f"{path} is not a GGUF file.")
        last = max(GGUFReader(str(path)).tensors, key=lambda tensor: int(tensor.data_offset))
    except (OSError, ValueError, IndexError, KeyError) as error:
        raise WeightsError(f"{path} is damaged or cut short: fetch it again.") from error
    if path.stat().st_size < int(last.data_offset) + int(last.n_bytes):
        raise WeightsError(f"{path} is cut short: fetch it again.")

"""Folders and files that a host names: of the right kind, and whole as far as their headers tell."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.errors import WeightsError
from bot.inference.protocol import ModelRole
from bot.worker.weights.gguf_header import read_header
from bot.worker.weights.model import ResolvedModel

_ENDINGS: dict[ModelRole, tuple[str, ...]] = {
    "causal": ("ForCausalLM", "LMHeadModel"),
    "masked": ("ForMaskedLM",),
}
"""How the names of the classes end that can have each role."""
_NO_WRITERS = {"bert", "nomic-bert", "modern-bert", "jina-bert-v2", "clip", "t5encoder", "whisper", "mmproj"}
"""What a GGUF file can hold that continues no texts."""


def from_folder(folder: Path, role: ModelRole, *, name: str, revision: str, gguf: Path | None = None) -> ResolvedModel:
    """Return the model in `folder`, or the one in the file `gguf` of it. Raises `WeightsError` with one sentence where
    it is of another kind, missing or cut short."""
    gguf = gguf or _only_gguf(folder, role)
    if gguf is not None:
        _check_gguf(gguf)
        return ResolvedModel(role=role, name=name, revision=revision, folder=folder, gguf=gguf)
    if (folder / "openvino_model.xml").exists() and role == "causal":
        return ResolvedModel(role=role, name=name, revision=revision, folder=folder)
    check_config(folder / "config.json", role, str(folder))
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


def check_config(path: Path, role: ModelRole, named: str) -> None:
    """Check by its config.json that a model is of this role and can be loaded by transformers; `named` is what the
    host wrote. Raises `WeightsError`."""
    config = _read_config(path, named)
    kinds = _kinds(config, path)
    if kinds and not any(kind.endswith(_ENDINGS[role]) for kind in kinds):
        raise WeightsError(
            f"{variable(role)}={named}: {', '.join(kinds)} is not a {role} language model; "
            f"one whose class ends in {' or '.join(_ENDINGS[role])} is needed."
        )
    quantised = config.get("quantization_config")
    if quantised is not None:
        method = quantised.get("quant_method") if isinstance(quantised, dict) else None
        raise WeightsError(
            f"{variable(role)}={named}: its weights are quantised ({method or 'unnamed'}) for libraries that are not "
            "here: take the same model unquantised, as a GGUF file or as an OpenVINO folder."
        )


def kind_of(path: Path, named: str) -> ModelRole:
    """Return which role a model can have, by its config.json. Raises `WeightsError` where it has neither."""
    kinds = _kinds(_read_config(path, named), path)
    for role in _ENDINGS:
        if any(kind.endswith(_ENDINGS[role]) for kind in kinds):
            return role
    told = f"{', '.join(kinds)} is" if kinds else "its config.json names no class, so it may be"
    endings = " or ".join(ending for role in _ENDINGS for ending in _ENDINGS[role])
    raise WeightsError(
        f"{named}: {told} neither a causal nor a masked language model; one whose class ends in {endings} is needed."
    )


def _read_config(path: Path, named: str) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(f"{named}: it has no config.json, so it is no model folder.") from error
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read: {error}.") from error
    if not isinstance(config, dict):
        raise WeightsError(f"{path} is not the config.json of a model.")
    return config


def _kinds(config: dict[str, Any], path: Path) -> list[str]:
    kinds = config.get("architectures") or []
    if not isinstance(kinds, list):
        raise WeightsError(f"{path} is not the config.json of a model.")
    return [str(kind) for kind in kinds]


def check_class(path: Path, named: str) -> None:
    """Refuse, by its config.json, a class that transformers does not know itself: code from a hub is never run. This
    imports transformers, and with it torch. Raises `WeightsError`."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    config = _read_config(path, named)
    kind = str(config.get("model_type", ""))
    if kind not in CONFIG_MAPPING:
        told = ", ".join(dict.fromkeys([*_kinds(config, path), kind])) or "none"
        raise WeightsError(
            f"{named}: transformers does not know its class ({told}), and code that comes with a model is never run: "
            "take another model, or its GGUF file."
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
    """Compare the size of the file with the end of the last tensor that its header announces; it must be a model that
    writes."""
    try:
        header = read_header(path)
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read as a GGUF file ({error}): fetch it again.") from error
    if path.stat().st_size < header.end:
        raise WeightsError(f"{path} is cut short: fetch it again.")
    parts = header.fields.get("split.count")
    if isinstance(parts, int) and parts > 1:
        raise WeightsError(f"{path} is one of {parts} parts: take a smaller file that is whole.")
    kind = header.fields.get("general.architecture")
    if kind in _NO_WRITERS:
        raise WeightsError(f"{path} is a model of the kind {kind}, which continues no texts: take another file.")

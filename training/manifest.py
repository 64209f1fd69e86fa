"""The list of what a bundled folder holds, by which the bot checks it."""

from __future__ import annotations

from pathlib import Path

from bot.worker.weights.files import file_sha256
from training.saving import write_json

MANIFEST = "MANIFEST.json"
"""The name of the list, which stands in the folder."""
LARGEST = 50_000_000
"""Bytes that the whole folder may take."""


def write_manifest(folder: Path) -> None:
    """List every file of the folder with its size and SHA-256; refuse a folder that is too large to bundle."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    total = sum(path.stat().st_size for path in files)
    if total > LARGEST:
        raise ValueError(f"{folder} takes {total:,} bytes, more than the {LARGEST:,} that may be bundled")
    entries = {path.name: {"bytes": path.stat().st_size, "sha256": file_sha256(path)} for path in files}
    write_json(folder / MANIFEST, {"files": entries})

"""The list of what a bundled folder holds, by which the bot checks it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

MANIFEST = "MANIFEST.json"
LARGEST = 50_000_000
"""Bytes that the whole folder may take."""


def write_manifest(folder: Path) -> None:
    """List every file of the folder with its size and SHA-256; refuse a folder that is too large to bundle."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    total = sum(path.stat().st_size for path in files)
    if total > LARGEST:
        raise ValueError(f"{folder} takes {total:,} bytes, more than the {LARGEST:,} that may be bundled")
    entries = {
        path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in files
    }
    write_json(folder / MANIFEST, {"files": entries})


def write_json(path: Path, value: object) -> None:
    """Write a value as JSON, a line for each entry."""
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")

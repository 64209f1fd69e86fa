"""Writing what a run keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch


def save_whole(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state whole or not at all."""
    unfinished = path.with_suffix(".partial")
    torch.save(state, unfinished)
    unfinished.replace(path)


def write_json(path: Path, value: object) -> None:
    """Write a value as JSON, a line for each entry."""
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")

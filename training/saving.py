"""Writing a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch


def save_whole(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state whole or not at all."""
    unfinished = path.with_suffix(".partial")
    torch.save(state, unfinished)
    unfinished.replace(path)

"""Weights stored in 8 bits: every matrix as int8 with one float32 scale a row (absolute maximum over 127).

A file of such weights says so in its safetensors metadata (`FORMAT`). Vectors and scalars are kept in float16. It
halves what a checkout carries; `training/README.md` has what it costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

FORMAT = {"storage": "int8-rows"}
"""The metadata of a file whose matrices are stored in 8 bits."""
SCALE = ".scale"
"""What is put behind a matrix' name to name its scales, float32 [rows]."""
LARGEST = 127
"""The largest step of a row: int8 without -128, so that the range is symmetric."""


def save_eight_bits(tensors: Mapping[str, Tensor], file: Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write `tensors` (floating point, any shape), matrices in 8 bits; `metadata` is added to the file's own."""
    packed: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim == 2:
            packed[name], packed[name + SCALE] = _rounded(tensor.float())
        else:
            packed[name] = tensor.to(torch.float16).contiguous()
    save_file(packed, file, metadata={"format": "pt", **(metadata or {}), **FORMAT})


def is_eight_bits(file: Path) -> bool:
    """Tell whether a safetensors file stores its matrices in 8 bits. Raises `SafetensorError` where it is damaged."""
    with safe_open(file, framework="pt") as opened:
        return bool((opened.metadata() or {}).get("storage") == FORMAT["storage"])


def load_weights(file: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file by name, those stored in 8 bits as float32.

    Raises `OSError` and `SafetensorError` where it cannot be read, `KeyError` where a matrix lacks its scales.
    """
    with safe_open(file, framework="pt") as opened:
        names = opened.keys()
        tensors = {name: opened.get_tensor(name) for name in names}
        stored = (opened.metadata() or {}).get("storage")
    if stored != FORMAT["storage"]:
        return tensors
    return {name: _restored(name, tensors) for name in tensors if not name.endswith(SCALE)}


def _rounded(matrix: Tensor) -> tuple[Tensor, Tensor]:
    scales = matrix.abs().amax(dim=1) / LARGEST
    divisors = torch.where(scales > 0, scales, 1.0)  # a row of zeros
    steps = (matrix / divisors[:, None]).round().clamp(-LARGEST, LARGEST)
    return steps.to(torch.int8).contiguous(), scales.contiguous()


def _restored(name: str, tensors: Mapping[str, Tensor]) -> Tensor:
    tensor = tensors[name]
    return tensor.float() * tensors[name + SCALE][:, None] if tensor.dtype == torch.int8 else tensor

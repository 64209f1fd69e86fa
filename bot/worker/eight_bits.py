"""Weights stored in 8 bits: every matrix as int8 with one float32 scale a row (absolute maximum over 127).

A file of such weights says so in its safetensors metadata (`FORMAT`). Vectors and scalars are kept in float16. It
halves what a checkout carries; `training/README.md` has what it costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

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


class StoredWeights(Mapping[str, Tensor]):
    """The tensors of a safetensors file by name, each read when it is asked for, those stored in 8 bits as float32: so
    that a model that is loaded needs no more memory than with weights in float16.

    Raises `OSError` and `SafetensorError` where the file cannot be read, and, when it is asked for, `KeyError` for a
    matrix that lacks its scales.
    """

    def __init__(self, file: Path) -> None:
        opened: Any = safe_open(file, framework="pt")  # its methods have no types
        self._file = opened
        self.eight_bits = (self._file.metadata() or {}).get("storage") == FORMAT["storage"]
        self._stored = list(self._file.keys())

    def __getitem__(self, name: str) -> Tensor:
        tensor: Tensor = self._of(name)
        if self.eight_bits and tensor.dtype == torch.int8:
            return tensor.float() * self._of(name + SCALE)[:, None]
        return tensor

    def _of(self, name: str) -> Tensor:
        if name not in self._stored:
            raise KeyError(name)
        tensor: Tensor = self._file.get_tensor(name)
        return tensor

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._stored if not (self.eight_bits and name.endswith(SCALE)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def is_eight_bits(file: Path) -> bool:
    """Tell whether a safetensors file stores its matrices in 8 bits. Raises `SafetensorError` where it is damaged."""
    return StoredWeights(file).eight_bits


def _rounded(matrix: Tensor) -> tuple[Tensor, Tensor]:
    scales = matrix.abs().amax(dim=1) / LARGEST
    divisors = torch.where(scales > 0, scales, 1.0)  # a row of zeros
    steps = (matrix / divisors[:, None]).round().clamp(-LARGEST, LARGEST)
    return steps.to(torch.int8).contiguous(), scales.contiguous()

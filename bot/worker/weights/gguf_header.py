"""Reads the header of a GGUF file: a second for a hundred thousand pieces of vocabulary, for which gguf's own reader,
which makes an array of each, takes ten times as long."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAGIC = b"GGUF"
"""How a GGUF file begins."""
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""GGUF's number of each type of value, and how struct reads it."""
_STRING, _ARRAY = 8, 9
"""GGUF's numbers of the two types of value that have a length."""
_ALIGNMENT = 32
"""Bytes to which the tensors are aligned where the header does not say: GGUF's default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a file says of itself: its fields (numbers, texts, or lists of them), and where its last tensor ends."""

    fields: dict[str, Any]
    end: int


def read_header(path: Path) -> Header:
    """Read the header of a GGUF file. Raises `ValueError` where it is none, or damaged, and `OSError`."""
    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            raise ValueError("not a GGUF file")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return _Reader(data).header()
            except (struct.error, IndexError, KeyError, UnicodeDecodeError, OverflowError, RecursionError) as error:
                raise ValueError("its header is damaged") from error


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 4

    def header(self) -> Header:
        (version,) = self._take("I")
        if version not in (2, 3):
            raise ValueError(f"version {version} of GGUF is not known")
        tensors, fields = self._take("QQ")
        found = dict(self._field() for _ in self._times(fields))
        ends = [self._tensor_end() for _ in self._times(tensors)]
        alignment = found.get("general.alignment", _ALIGNMENT)
        if not ends or not isinstance(alignment, int) or alignment <= 0:
            raise ValueError("it has no tensors")
        start = -(-self._at // alignment) * alignment
        return Header(fields=found, end=start + max(ends))

    def _times(self, count: int) -> Iterator[int]:
        if count > len(self._data):  # each takes more than a byte
            raise IndexError
        return iter(range(count))

    def _take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self._data, self._at)
        self._at += struct.calcsize(f"<{layout}")
        return values

    def _text(self) -> str:
        (length,) = self._take("Q")
        text = self._data[self._at : self._at + length]
        if len(text) < length:
            raise IndexError
        self._at += length
        return text.decode("utf-8", errors="replace")

    def _field(self) -> tuple[str, Any]:
        name = self._text()
        (kind,) = self._take("I")
        return name, self._value(kind)

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._text()
        if kind != _ARRAY:
            return self._take(_SCALARS[kind])[0]
        inner, count = self._take("IQ")
        if inner in (_STRING, _ARRAY):
            return [self._value(inner) for _ in self._times(count)]
        if count > len(self._data):
            raise IndexError
        return list(self._take(f"{count}{_SCALARS[inner]}"))

    def _tensor_end(self) -> int:
        from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

        self._text()
        (dimensions,) = self._take("I")
        if dimensions > 8:
            raise IndexError
        shape = self._take(f"{dimensions}Q")
        kind, offset = self._take("IQ")
        try:
            block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
        except ValueError as error:
            raise KeyError(kind) from error
        count = 1
        for length in shape:
            count *= length
        return int(offset) + count // block * size

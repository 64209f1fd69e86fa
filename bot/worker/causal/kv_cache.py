"""A key-value cache whose rows join and leave: what continuous batching needs of `transformers`.

The rows end at the same column, so a shorter row is empty on its left: what is new is written to one column for all,
and sliding-window models see the right distances. Memory is taken in larger pieces, so that a step copies nothing.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

_COLUMNS = 64
"""Columns (tokens) by which the cache's memory grows."""


class KVLayer(DynamicLayer):  # type: ignore[no-untyped-call]  # its __init_subclass__ has no types
    """Keys and values of one layer, shape [rows, heads, columns, head size], in a store that may be larger."""

    length = 0
    _key_store: Tensor | None = None
    _value_store: Tensor | None = None

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        self.dtype, self.device = key_states.dtype, key_states.device
        self.is_initialized = True

    def get_seq_length(self) -> int:
        return self.length

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append columns for every row and return all of the keys and values."""
        self.lazy_initialization(key_states, value_states)
        rows, end = len(key_states), self.length + key_states.shape[-2]
        key_store = self._key_store = _with_room(self._key_store, key_states, rows, end, self.length)
        value_store = self._value_store = _with_room(self._value_store, value_states, rows, end, self.length)
        key_store[:rows, :, self.length : end] = key_states
        value_store[:rows, :, self.length : end] = value_states
        self.length = end
        self.keys, self.values = key_store[:rows, :, :end], value_store[:rows, :, :end]
        return self.keys, self.values

    def select(self, rows: Tensor, drop_columns: int) -> None:
        """Keep these rows only (long, shape [rows]), and forget the first columns."""
        if self._key_store is None or self._value_store is None:
            return
        self._key_store = self._key_store[:, :, drop_columns : self.length].index_select(0, rows)
        self._value_store = self._value_store[:, :, drop_columns : self.length].index_select(0, rows)
        self.length -= drop_columns

    def part(self, row: int, drop_columns: int) -> KVLayer:
        """Return a copy of one row without its first columns."""
        assert self._key_store is not None
        assert self._value_store is not None
        taken = KVLayer()  # type: ignore[no-untyped-call]  # its __init_subclass__ has no types
        columns = slice(drop_columns, self.length)
        taken.update(self._key_store[row : row + 1, :, columns], self._value_store[row : row + 1, :, columns])
        return taken

    def join(self, rows: int, other: KVLayer, copies: int) -> None:
        """Add `copies` of the only row of `other` below the first `rows` rows."""
        assert other.keys is not None
        assert other.values is not None
        self.lazy_initialization(other.keys, other.values)
        end = max(self.length, other.length)
        self._key_store = _joined(self._key_store, other.keys, rows, copies, self.length, end)
        self._value_store = _joined(self._value_store, other.values, rows, copies, self.length, end)
        self.length = end


class KVCache(Cache):
    """The layers of a model, made as the model asks for them."""

    def __init__(self) -> None:
        super().__init__(layer_class_to_replicate=KVLayer)

    @property
    def length(self) -> int:
        """How many columns there are."""
        rows = self._rows()
        return rows[0].length if rows else 0

    def select(self, rows: list[int], drop_columns: int) -> None:
        """Keep these rows only, and forget the first columns."""
        for layer in self._rows():
            layer.select(torch.tensor(rows, device=layer.device), drop_columns)

    def part(self, row: int, drop_columns: int) -> KVCache:
        """Return a copy of one row without its first columns."""
        taken = KVCache()
        taken.layers = [layer.part(row, drop_columns) for layer in self._rows()]
        return taken

    def join(self, rows: int, other: KVCache, copies: int) -> None:
        """Add `copies` of the only row of `other` below the first `rows` rows."""
        while len(self.layers) < len(other.layers):
            self.layers.append(KVLayer())  # type: ignore[no-untyped-call]  # as above
        for layer, its in zip(self._rows(), other._rows(), strict=True):
            layer.join(rows, its, copies)

    def _rows(self) -> list[KVLayer]:
        return cast("list[KVLayer]", self.layers)


def _with_room(store: Tensor | None, like: Tensor, rows: int, columns: int, used: int) -> Tensor:
    """Return the store, or a larger copy where it has less than `rows` rows or `columns` columns."""
    if store is not None and store.shape[0] >= rows and store.shape[2] >= columns:
        return store
    larger = _empty(like, rows, columns)
    if store is not None and used:
        kept = min(rows, store.shape[0])
        larger[:kept, :, :used] = store[:kept, :, :used]
    return larger


def _joined(store: Tensor | None, new: Tensor, rows: int, copies: int, used: int, end: int) -> Tensor:
    """Put `copies` of `new` below the first `rows` rows, all rows ending at column `end`."""
    shift, length = end - used, new.shape[2]
    if store is None or shift or store.shape[0] < rows + copies:
        larger = _empty(new, max(rows + copies, rows * 3 // 2), end)
        if store is not None and rows:
            larger[:rows, :, shift:end] = store[:rows, :, :used]
        store = larger
    store[rows : rows + copies, :, end - length : end] = new
    return store


def _empty(like: Tensor, rows: int, columns: int) -> Tensor:
    # Zeros, for what is masked out is still multiplied, and memory as found may hold infinities.
    columns += _COLUMNS - columns % _COLUMNS
    return like.new_zeros(rows, like.shape[1], columns, like.shape[3])

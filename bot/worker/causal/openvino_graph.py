"""The graph of a decoder (Llama, Qwen2, Qwen3) for OpenVINO, from the description and the tensors of a GGUF file.

Its shape is what OpenVINO GenAI expects of a text model with a state, and what the CPU plugin fuses: RMS norms as
power, mean, root and quotient; rotary positions as two halves of a head; keys and values in variables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.errors import WeightsError

if TYPE_CHECKING:
    import numpy as np
    import openvino as ov
    from gguf import GGUFReader, ReaderTensor

ARCHITECTURES = ("llama", "qwen2", "qwen3")
"""The architectures of a GGUF that can be converted."""
_INTERLEAVED = ("llama",)
"""Where a GGUF has the two halves of each head's rotation interleaved."""
_EVERYTHING = 2**63 - 1
"""The end of a slice that goes on to the last element: the largest 64-bit integer."""

_BLOCK_WEIGHTS = 1 << 21
"""About how many weights are read at once: de-quantising takes ten times their size for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A matrix of the file, which is never there as a whole: `read(begin, end)` gives some rows as float32. They are
    read in blocks of `block`."""

    rows: int
    columns: int
    block: int
    read: Callable[[int, int], np.ndarray[Any, Any]]


Pack = Callable[[Matrix], Any]
"""Makes a graph node that gives a matrix, float32 [rows, columns]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a GGUF file says of a decoder: numbers of layers and heads, and the constants of norms and rotation."""

    architecture: str
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    window: int
    epsilon: float
    rope_base: float

    @classmethod
    def of(cls, reader: GGUFReader) -> Shape:
        """Read it. Raises `WeightsError` where the file lacks something or is of another architecture."""
        architecture = str(field(reader, "general.architecture"))
        if architecture not in ARCHITECTURES:
            raise WeightsError(f"OpenVINO has no graph here for a GGUF file of the architecture {architecture}.")

        def number(name: str, default: Any = None) -> Any:
            return field(reader, f"{architecture}.{name}", default)

        if number("rope.scaling.type", "none") not in ("none", "linear") or number("rope.scaling.factor", 1.0) != 1.0:
            raise WeightsError("OpenVINO has no graph here for a GGUF file whose rotary positions are scaled.")
        heads = int(number("attention.head_count"))
        return cls(
            architecture=architecture,
            layers=int(number("block_count")),
            heads=heads,
            kv_heads=int(number("attention.head_count_kv", heads)),
            head_size=int(number("attention.key_length", int(number("embedding_length")) // heads)),
            window=int(number("context_length")),
            epsilon=float(number("attention.layer_norm_rms_epsilon")),
            rope_base=float(number("rope.freq_base", 10_000.0)),
        )


def field(reader: GGUFReader, key: str, default: Any = None) -> Any:
    """Return a value of a GGUF file's description. Raises `WeightsError` where it is missing and has no default."""
    found = reader.get_field(key)
    if found is None:
        if default is None:
            raise WeightsError(f"the GGUF file does not say its {key}.")
        return default
    return found.contents()


def build(reader: GGUFReader, shape: Shape, pack: Pack, told: Callable[[int, int], None]) -> ov.Model:
    """Make the graph; `pack` makes its matrices, and `told(done, total)` hears of each layer. Raises `WeightsError`."""
    return _Builder(reader, shape, pack).build(told)


class _Builder:
    def __init__(self, reader: GGUFReader, shape: Shape, pack: Pack) -> None:
        from openvino import opset13

        self._ops: Any = opset13
        self._shape = shape
        self._pack = pack
        self._tensors = {tensor.name: tensor for tensor in reader.tensors}
        self._sinks: list[Any] = []

    def build(self, told: Callable[[int, int], None]) -> ov.Model:
        import openvino as ov

        ops, shape = self._ops, self._shape
        ids, attended, positions, beams = (
            self._parameter(name, rank, kind)
            for name, rank, kind in (
                ("input_ids", 2, "i64"),
                ("attention_mask", 2, "i64"),
                ("position_ids", 2, "i64"),
                ("beam_idx", 1, "i32"),
            )
        )
        self._beams, self._batch = beams, ops.gather(ops.shape_of(ids), self._ints(0), self._int(0))
        self._mask = self._make_mask(ids, attended)
        self._cos, self._sin = self._rotation(positions)
        embeddings = self._matrix("token_embd.weight")
        hidden = ops.gather(embeddings, ops.convert(ids, "i32"), self._int(0))
        for layer in range(shape.layers):
            hidden = self._layer(layer, hidden)
            told(layer + 1, shape.layers + 1)
        hidden = self._norm("output_norm.weight", hidden)
        head = self._matrix("output.weight") if "output.weight" in self._tensors else embeddings
        logits = ops.result(ops.matmul(hidden, head, False, True))
        logits.get_output_tensor(0).set_names({"logits"})
        told(shape.layers + 1, shape.layers + 1)
        return ov.Model([logits], self._sinks, [ids, attended, positions, beams], "decoder")

    # ---- layers

    def _layer(self, layer: int, hidden: Any) -> Any:
        ops, name = self._ops, f"blk.{layer}"
        normed = self._norm(f"{name}.attn_norm.weight", hidden)
        hidden = ops.add(hidden, self._attention(layer, normed))
        normed = self._norm(f"{name}.ffn_norm.weight", hidden)
        gate = ops.swish(self._linear(f"{name}.ffn_gate", normed))
        product = ops.multiply(gate, self._linear(f"{name}.ffn_up", normed))
        return ops.add(hidden, self._linear(f"{name}.ffn_down", product))

    def _attention(self, layer: int, normed: Any) -> Any:
        ops, shape, name = self._ops, self._shape, f"blk.{layer}"
        queries = self._rotated(self._heads(f"{name}.attn_q", normed, shape.heads))
        keys = self._rotated(self._heads(f"{name}.attn_k", normed, shape.kv_heads))
        values = self._heads(f"{name}.attn_v", normed, shape.kv_heads)
        keys = self._repeated(self._remembered(f"past_key_values.{layer}.key", keys))
        values = self._repeated(self._remembered(f"past_key_values.{layer}.value", values))
        seen = ops.scaled_dot_product_attention(queries, keys, values, self._mask)
        width = shape.heads * shape.head_size
        merged = ops.reshape(ops.transpose(seen, self._ints(0, 2, 1, 3)), self._ints(0, 0, width), True)
        return self._linear(f"{name}.attn_output", merged)

    def _heads(self, name: str, normed: Any, heads: int) -> Any:
        """Return [batch, heads, tokens, head size] of a projection, normed where the model norms each head."""
        ops, shape = self._ops, self._shape
        split = ops.reshape(self._linear(name, normed), self._ints(0, 0, heads, shape.head_size), True)
        if f"{name}_norm.weight" in self._tensors:
            split = self._norm(f"{name}_norm.weight", split)
        return ops.transpose(split, self._ints(0, 2, 1, 3))

    def _rotated(self, heads: Any) -> Any:
        ops, half = self._ops, self._shape.head_size // 2
        last, one = self._ints(3), self._ints(1)
        second = ops.slice(heads, self._ints(half), self._ints(_EVERYTHING), one, last)
        first = ops.slice(heads, self._ints(0), self._ints(half), one, last)
        turned = ops.concat([ops.multiply(second, self._float(-1.0, 4)), first], -1)
        return ops.add(ops.multiply(heads, self._cos), ops.multiply(turned, self._sin))

    def _remembered(self, variable: str, new: Any) -> Any:
        """Put what is new behind what the state holds, and keep both there."""
        import numpy as np
        import openvino as ov
        from openvino.op.util import Variable, VariableInfo

        ops, shape = self._ops, self._shape
        info = VariableInfo()
        info.data_shape = ov.PartialShape([-1, shape.kv_heads, -1, shape.head_size])
        info.data_type = ov.Type.f32
        info.variable_id = variable
        kept = Variable(info)
        nothing = ops.broadcast(
            ops.constant(np.zeros((), np.float32)),
            ops.concat([self._batch, self._ints(shape.kv_heads), self._ints(0), self._ints(shape.head_size)], 0),
        )
        before = ops.gather(ops.read_value(nothing, kept), self._beams, self._int(0))
        both = ops.concat([before, new], 2)
        self._sinks.append(ops.assign(both, kept))
        return both

    def _repeated(self, heads: Any) -> Any:
        """Give each group of query heads a copy of its key or value head."""
        ops, shape = self._ops, self._shape
        times = shape.heads // shape.kv_heads
        if times == 1:
            return heads
        sizes = self._ints(shape.kv_heads), self._ints(times), self._ints(0), self._ints(shape.head_size)
        target = ops.concat([self._batch, *sizes], 0)
        wide = ops.broadcast(ops.unsqueeze(heads, self._int(2)), target, broadcast_spec="BIDIRECTIONAL")
        return ops.reshape(wide, self._ints(0, shape.heads, -1, shape.head_size), True)

    # ---- positions

    def _rotation(self, positions: Any) -> tuple[Any, Any]:
        """Return cosines and sines, each [batch, 1, tokens, head size]."""
        import numpy as np

        ops, size = self._ops, self._shape.head_size
        turns = self._shape.rope_base ** -(np.arange(0, size, 2, dtype=np.float64) / size)
        if "rope_freqs.weight" in self._tensors:  # Llama 3.1 and later: slower turns for far positions
            turns = turns / self._vector("rope_freqs.weight")
        column = ops.constant(turns.astype(np.float32).reshape(1, -1, 1))
        many = ops.broadcast(
            column, ops.concat([self._batch, self._ints(1), self._ints(1)], 0), broadcast_spec="BIDIRECTIONAL"
        )
        row = ops.convert(ops.unsqueeze(positions, self._int(1)), "f32")
        angles = ops.transpose(ops.matmul(many, row, False, False), self._ints(0, 2, 1))
        both = ops.concat([angles, angles], -1)
        return ops.unsqueeze(ops.cos(both), self._int(1)), ops.unsqueeze(ops.sin(both), self._int(1))

    def _make_mask(self, ids: Any, attended: Any) -> Any:
        """Let each token see what is attended to up to itself, the last: bool [batch, 1, tokens, all tokens].

        It is made of lengths alone: with paged attention the positions have another shape, and no mask is asked for."""
        ops, one = self._ops, self._int(1, "int64")
        new, every = (ops.gather(ops.shape_of(of), self._int(1), self._int(0)) for of in (ids, attended))
        columns = ops.range(self._int(0, "int64"), every, one, "i64")
        rows = ops.unsqueeze(ops.range(ops.subtract(every, new), every, one, "i64"), self._int(1))
        real = ops.convert(ops.unsqueeze(ops.unsqueeze(attended, self._int(1)), self._int(1)), "boolean")
        return ops.logical_and(ops.less_equal(columns, rows), real)

    # ---- parts

    def _linear(self, name: str, values: Any) -> Any:
        product = self._ops.matmul(values, self._matrix(f"{name}.weight"), False, True)
        if f"{name}.bias" not in self._tensors:
            return product
        bias = self._vector(f"{name}.bias").reshape(1, 1, -1)
        return self._ops.add(product, self._ops.constant(bias))

    def _norm(self, name: str, values: Any) -> Any:
        ops = self._ops
        rank = len(values.get_output_partial_shape(0))
        mean = ops.reduce_mean(ops.power(values, self._float(2.0, rank)), self._ints(-1), True)
        root = ops.sqrt(ops.add(mean, self._float(self._shape.epsilon, rank)))
        normed = ops.multiply(values, ops.divide(self._float(1.0, rank), root))
        gamma = self._vector(name).reshape([1] * (rank - 1) + [-1])
        return ops.multiply(normed, ops.constant(gamma))

    def _matrix(self, name: str) -> Any:
        tensor = self._tensor(name)
        heads = self._interleaved_heads(name)
        size = self._shape.head_size if heads else 1
        rows, columns = int(tensor.shape[1]), int(tensor.shape[0])
        block = max(1, _BLOCK_WEIGHTS // (columns * size)) * size

        def read(begin: int, end: int) -> np.ndarray[Any, Any]:
            values = _dequantised(tensor, slice(begin, end))
            return _halves(values, size) if heads else values

        return self._pack(Matrix(rows=rows, columns=columns, block=block, read=read))

    def _vector(self, name: str) -> np.ndarray[Any, Any]:
        values = _dequantised(self._tensor(name), slice(None))
        return _halves(values, self._shape.head_size) if self._interleaved_heads(name) else values

    def _tensor(self, name: str) -> ReaderTensor:
        tensor: ReaderTensor | None = self._tensors.get(name)
        if tensor is None:
            raise WeightsError(f"the GGUF file has no {name}.")
        return tensor

    def _interleaved_heads(self, name: str) -> bool:
        """Tell whether the rows of a tensor have the two halves of each head's rotation interleaved."""
        return self._shape.architecture in _INTERLEAVED and name.split(".")[-2] in ("attn_q", "attn_k")

    def _parameter(self, name: str, rank: int, kind: str) -> Any:
        import openvino as ov

        made = self._ops.parameter([-1] * rank, getattr(ov.Type, kind))
        made.set_friendly_name(name)  # paged attention finds it by this one
        made.get_output_tensor(0).set_names({name})
        return made

    def _int(self, value: int, kind: str = "int32") -> Any:
        import numpy as np

        return self._ops.constant(np.array(value, kind))

    def _ints(self, *values: int) -> Any:
        import numpy as np

        return self._ops.constant(np.array(values, np.int64))

    def _float(self, value: float, rank: int) -> Any:
        import numpy as np

        return self._ops.constant(np.full([1] * rank, value, np.float32))


def _dequantised(tensor: ReaderTensor, rows: slice) -> np.ndarray[Any, Any]:
    """Return rows of a tensor as float32."""
    import numpy as np
    from gguf import dequantize

    values: np.ndarray[Any, Any] = dequantize(tensor.data[rows], tensor.tensor_type)
    return values.astype(np.float32, copy=False)


def _halves(values: np.ndarray[Any, Any], head_size: int) -> np.ndarray[Any, Any]:
    """Put the rows of each head's rotation one half behind the other."""
    split = values.reshape(-1, head_size // 2, 2, *values.shape[1:])
    return split.swapaxes(1, 2).reshape(values.shape)

"""Prepares weights for OpenVINO GenAI, and opens its pipeline with the properties that matter.

Measured on two cores with AVX512-VNNI (docs/figures.md): GenAI's own GGUF reader rounds the minimum of each Q4_1 block
to a whole step, which moves the weights by 8%, and its groups of 32 make the prefill a third slower. So a GGUF file is
turned once into an OpenVINO folder with 8-bit weights, one scale a row (0.8% off), and kept.
"""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import WeightsError
from bot.inference.causal.loading import cache_key, making, tokenizer_file
from bot.settings import Dtype

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFReader

    from bot.inference.weights.model import ResolvedModel

_log = logging.getLogger(__name__)

_CACHE_BLOCKS = 576
"""For keys and values, 64 tokens each: 405 MB of the bundled model, taken from the system as they fill. The 192 rows of
sixteen people need 480; when they are used up rows wait, none is lost."""
_BATCHED_TOKENS = 512
"""The most tokens in one step, decoding rows included: what bounds how long a step takes."""
_ROWS = 512
_DETAILS = "inkling.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedModel:
    """What the pipeline loads. `tokenizer` is a tokenizer.json, `group` how many weights of a row may share a scale
    of their activations."""

    folder: Path
    tokenizer: Path
    window: int
    ends: frozenset[int]
    group: int


def prepare(model: ResolvedModel, cache: Path) -> PreparedModel:
    """Make what the pipeline loads, or find it in `cache`. Raises `WeightsError`."""
    if model.gguf is None:
        return _from_ir(model.folder)
    folder = cache / f"openvino-{cache_key(model.gguf)}"
    if not (folder / _DETAILS).exists():
        _log.info("preparing %s for OpenVINO, once", model.gguf.name)
        with making(folder) as scratch:
            _convert(model.gguf, scratch)
    details = json.loads((folder / _DETAILS).read_text(encoding="utf-8"))
    return PreparedModel(
        folder=folder,
        tokenizer=tokenizer_file(model.gguf, cache),
        window=details["window"],
        ends=frozenset(details["ends"]),
        group=details["group"],
    )


def open_pipeline(prepared: PreparedModel, dtype: Dtype) -> Any:
    """Load a prepared model. Raises `WeightsError`."""
    import openvino_genai

    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = _CACHE_BLOCKS
    scheduler.max_num_batched_tokens = _BATCHED_TOKENS
    scheduler.max_num_seqs = _ROWS
    scheduler.enable_prefix_caching = True
    scheduler.dynamic_split_fuse = True
    properties: dict[str, Any] = {}
    if prepared.group:
        properties["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = str(prepared.group)
    if dtype in ("float32", "bfloat16"):
        properties["INFERENCE_PRECISION_HINT"] = {"float32": "f32", "bfloat16": "bf16"}[dtype]
    try:
        return openvino_genai.ContinuousBatchingPipeline(str(prepared.folder), scheduler, "CPU", properties)
    except (RuntimeError, ValueError) as error:
        raise WeightsError(f"OpenVINO cannot load {prepared.folder}: {_line(error)}") from error


def _from_ir(folder: Path) -> PreparedModel:
    """Use a folder that was made for OpenVINO elsewhere, as it is."""
    for name in ("openvino_model.bin", "tokenizer.json", "config.json"):
        if not (folder / name).exists():
            raise WeightsError(f"{folder}: {name} is missing, which an OpenVINO folder needs here.")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        ends = config.get("eos_token_id")
        window = int(config["max_position_embeddings"])
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{folder / 'config.json'} cannot be used: {_line(error)}") from error
    named = frozenset([ends] if isinstance(ends, int) else ends or ())
    return PreparedModel(folder=folder, tokenizer=folder / "tokenizer.json", window=window, ends=named, group=0)


def _convert(source: Path, folder: Path) -> None:
    """Write `folder` from a GGUF file: its weights made 16-bit without loss, read by GenAI, then made 8-bit by us."""
    from gguf import GGUFReader

    reader = GGUFReader(str(source))
    architecture = _field(reader, "general.architecture")
    whole = folder / "whole.gguf"
    _write_float16(reader, str(architecture), whole)
    _save_ir(whole)
    group = _compress(folder / "openvino_model.xml")
    whole.unlink()
    details = {
        "window": int(_field(reader, f"{architecture}.context_length")),
        "ends": [int(_field(reader, "tokenizer.ggml.eos_token_id"))],
        "group": group,
    }
    (folder / _DETAILS).write_text(json.dumps(details), encoding="utf-8")


def _field(reader: GGUFReader, key: str) -> Any:
    field = reader.get_field(key)
    if field is None:
        raise WeightsError(f"the GGUF file does not say its {key}.")
    return field.contents()


def _write_float16(reader: GGUFReader, architecture: str, target: Path) -> None:
    """Copy a GGUF file with its quantised weights as float16."""
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(target, architecture)
    for field in reader.fields.values():
        if field.name == "general.architecture" or field.name.startswith("GGUF."):
            continue  # the writer's own
        value = gguf.LlamaFileType.MOSTLY_F16 if field.name == "general.file_type" else field.contents()
        inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, value, field.types[0], sub_type=inner)
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        plain = tensor.tensor_type == gguf.GGMLQuantizationType.F32
        writer.add_tensor(tensor.name, values if plain else values.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _save_ir(whole: Path) -> None:
    """Let GenAI read a GGUF file and leave its graph beside it, as openvino_model.xml and .bin."""
    import openvino_genai

    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = 1  # nothing is written here
    try:
        openvino_genai.ContinuousBatchingPipeline(str(whole), scheduler, "CPU", {"enable_save_ov_model": True})
    except (RuntimeError, ValueError, LookupError) as error:  # a key that it misses is an IndexError
        raise WeightsError(f"OpenVINO cannot read this GGUF file: {_line(error)}") from error
    if not whole.with_name("openvino_model.xml").exists():
        raise WeightsError("OpenVINO did not leave the model that it made of this GGUF file.")


def _compress(path: Path) -> int:
    """Make the weight matrices of a model 8-bit, one scale a row, in place; return the largest group of activations
    that divides the length of every row."""
    import openvino as ov
    from openvino import opset13 as ops

    model = ov.Core().read_model(path)
    group = 0
    for node in model.get_ops():
        if node.get_type_name() != "Convert" or not _is_weight(node):
            continue
        weights = node.input_value(0).get_node().data
        group = math.gcd(group, weights.shape[1])
        numbers, scales = _per_row(weights)
        small = ops.multiply(ops.convert(ops.constant(numbers), "f16"), ops.constant(scales))
        wide = ops.convert(small, "f32").output(0)
        for reader in node.output(0).get_target_inputs():
            reader.replace_source_output(wide)
    compressed = path.with_name("compressed.xml")
    ov.save_model(model, compressed, compress_to_fp16=False)
    del model
    for end in (".xml", ".bin"):
        compressed.with_suffix(end).replace(path.with_suffix(end))
    return group


def _is_weight(node: Any) -> bool:
    """Tell whether a Convert widens a float16 matrix that is multiplied with or looked up in."""
    source = node.input_value(0).get_node()
    if source.get_type_name() != "Constant" or str(source.get_element_type().get_type_name()) != "f16":
        return False
    readers = {reader.get_node().get_type_name() for reader in node.output(0).get_target_inputs()}
    return len(source.get_output_shape(0)) == 2 and readers <= {"MatMul", "Gather"}


def _per_row(weights: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return int8 values and a float16 scale for each row."""
    import numpy as np

    wide = weights.astype(np.float32)
    scales = (np.abs(wide).max(axis=1, keepdims=True) / 127).astype(np.float16)
    scales[scales == 0] = 1
    numbers = np.rint(wide / scales.astype(np.float32)).clip(-127, 127).astype(np.int8)
    return numbers, scales


def _line(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line]
    return lines[-1] if lines else type(error).__name__

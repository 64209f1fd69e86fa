"""Prepares weights for OpenVINO GenAI, and opens its pipeline with the properties that matter.

Measured on two cores with AVX512-VNNI (docs/figures.md): GenAI's own GGUF reader rounds the minimum of each Q4_1 block
to a whole step, which moves the weights by 8%, keeps the turns of the rotary positions as float16, and its groups of 32
make the prefill a third slower. So a GGUF file is turned once into an OpenVINO folder with 8-bit weights, one scale a
row (0.8% off), and kept.
"""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import WeightsError
from bot.settings import Dtype
from bot.worker.causal.converting import DETAILS, TOKENIZER, WEIGHTS, Told, convert_beside
from bot.worker.causal.kept_files import cache_key, making
from bot.worker.causal.mapped_files import give_back

if TYPE_CHECKING:
    from bot.worker.weights.model import ResolvedModel

_log = logging.getLogger(__name__)

_CACHE_BYTES = 425_000_000
"""For keys and values, taken from the system as they fill: 576 blocks of the bundled model, 440 of the large one. The
192 rows of sixteen people need 480 of the one, their 128 rows 320 of the other; when all are used up rows wait, none is
lost."""
_BLOCK_TOKENS = 64
"""Tokens of a block of the cache."""
_LEAST_BLOCKS = 64
"""Blocks that a model gets however much memory each takes: 4,096 tokens."""
_UNKNOWN_BLOCKS = 576
"""Blocks for a model that does not tell the size of its keys and values: as many as the bundled one gets."""
_BATCHED_TOKENS = 512
"""The most tokens in one step, decoding rows included: what bounds how long a step takes."""
_ROWS = 512
"""The most rows that are decoded at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedModel:
    """What the pipeline loads. `tokenizer` is a tokenizer.json, `group` how many weights of a row may share a scale
    of their activations, `kv_values` how many values are kept for each token, a byte each (0: unknown)."""

    folder: Path
    tokenizer: Path
    window: int
    ends: frozenset[int]
    group: int
    kv_values: int = 0

    @property
    def weights(self) -> int:
        """About how many weights there are, by the size of their file: a byte each."""
        return (self.folder / WEIGHTS).stat().st_size

    @property
    def blocks(self) -> int:
        """How many blocks of keys and values there may be."""
        if not self.kv_values:
            return _UNKNOWN_BLOCKS
        return max(_LEAST_BLOCKS, _CACHE_BYTES // (self.kv_values * _BLOCK_TOKENS))


def is_prepared(model: ResolvedModel, cache: Path) -> bool:
    """Tell whether what the pipeline loads is there."""
    return model.gguf is None or ((_folder_of(model.gguf, cache) / DETAILS).exists())


def prepare(model: ResolvedModel, cache: Path, told: Told | None = None, *, gives_way: bool = False) -> PreparedModel:
    """Make what the pipeline loads, or find it in `cache`. `told(done, total)` hears how far it is; `gives_way` where
    another model writes meanwhile. Raises `WeightsError`, and what `told` raises."""
    if model.gguf is None:
        return _from_ir(model.folder)
    folder = _folder_of(model.gguf, cache)
    if not (folder / DETAILS).exists():
        _log.info("preparing %s for OpenVINO, once", model.gguf.name)
        with making(folder) as scratch:
            convert_beside(model.gguf, scratch, told or _untold, gives_way=gives_way)
        for made in ("openvino", "tokenizer"):  # what earlier versions left
            shutil.rmtree(cache / f"{made}-{cache_key(model.gguf)}", ignore_errors=True)
    details = json.loads((folder / DETAILS).read_text(encoding="utf-8"))
    return PreparedModel(
        folder=folder,
        tokenizer=folder / TOKENIZER,
        window=details["window"],
        ends=frozenset(details["ends"]),
        group=details["group"],
        kv_values=details["kv_values"],
    )


def _folder_of(gguf: Path, cache: Path) -> Path:
    return cache / f"openvino-8bit-{cache_key(gguf)}"


def _untold(done: int, total: int) -> None:
    """Tell nobody."""


def open_pipeline(prepared: PreparedModel, dtype: Dtype) -> Any:
    """Load a prepared model. Raises `WeightsError`."""
    import openvino_genai

    scheduler = openvino_genai.SchedulerConfig()
    scheduler.num_kv_blocks = prepared.blocks
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
        pipeline = openvino_genai.ContinuousBatchingPipeline(str(prepared.folder), scheduler, "CPU", properties)
        _warm_up(pipeline, prepared)
    except (RuntimeError, ValueError) as error:
        raise WeightsError(f"OpenVINO cannot load {prepared.folder}: {_line(error)}") from error
    give_back(prepared.folder / WEIGHTS)
    return pipeline


def _warm_up(pipeline: Any, prepared: PreparedModel) -> None:
    """Write a token: only then the weights are laid out for the processor."""
    import numpy as np
    import openvino as ov
    import openvino_genai

    config = openvino_genai.GenerationConfig()
    config.apply_chat_template = False
    config.max_new_tokens = 1
    config.stop_token_ids = set(prepared.ends) or {0}
    config.eos_token_id = min(config.stop_token_ids)
    handle = pipeline.add_request(0, ov.Tensor(np.zeros((1, 1), dtype=np.int64)), config)
    while pipeline.has_non_finished_requests():
        pipeline.step()
    if handle.can_read():
        handle.read()


def _from_ir(folder: Path) -> PreparedModel:
    """Use a folder that was made for OpenVINO elsewhere, as it is."""
    for name in (WEIGHTS, TOKENIZER, "config.json"):
        if not (folder / name).exists():
            raise WeightsError(f"{folder}: {name} is missing, which an OpenVINO folder needs here.")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        ends = config.get("eos_token_id")
        window = int(config["max_position_embeddings"])
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{folder / 'config.json'} cannot be used: {_line(error)}") from error
    named = frozenset([ends] if isinstance(ends, int) else ends or ())
    return PreparedModel(folder=folder, tokenizer=folder / TOKENIZER, window=window, ends=named, group=0)


def _line(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line]
    return lines[-1] if lines else type(error).__name__

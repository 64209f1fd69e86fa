"""A masked language model from its folder: as transformers saves it, or with matrices stored in 8 bits."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForMaskedLM, PreTrainedModel

from bot.worker.default_dtype import DEFAULT_DTYPE
from bot.worker.eight_bits import StoredWeights, is_eight_bits
from bot.worker.weights.bundled import MASKED_FILE


def load_masked(folder: Path, dtype: torch.dtype) -> PreTrainedModel:
    """Load the model of a folder in `dtype`; nothing is fetched.

    Raises `ValueError` where weights are missing, and what transformers and safetensors raise for a damaged folder.
    """
    file = folder / MASKED_FILE
    if file.exists() and is_eight_bits(file):
        return _from_eight_bits(folder, file, dtype)
    with DEFAULT_DTYPE:
        model, report = AutoModelForMaskedLM.from_pretrained(
            folder, local_files_only=True, dtype=dtype, output_loading_info=True
        )
    _refuse_missing(report["missing_keys"])
    loaded: PreTrainedModel = model
    return loaded


def _from_eight_bits(folder: Path, file: Path, dtype: torch.dtype) -> PreTrainedModel:
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    with DEFAULT_DTYPE:
        model: PreTrainedModel = AutoModelForMaskedLM.from_config(config, dtype=dtype)  # type: ignore[no-untyped-call]
    weights = {name: tensor.to(dtype) for name, tensor in StoredWeights(file).items()}
    result = model.load_state_dict(weights, strict=False)
    _refuse_missing(set(result.missing_keys) - set(model.all_tied_weights_keys))
    model.tie_weights()
    return model


def _refuse_missing(names: set[str] | list[str]) -> None:
    missing = sorted(names)
    if missing:
        raise ValueError(f"weights lacks {missing[0]} and {len(missing) - 1} more")

"""Loads causal models from disk into torch: a folder as transformers saves it, or a GGUF file.

De-quantising a GGUF takes many seconds, so it is done once and kept as safetensors.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from bot.errors import WeightsError
from bot.settings import Dtype
from bot.worker.causal.kept_files import cache_key, making
from bot.worker.default_dtype import DEFAULT_DTYPE

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from bot.worker.weights.model import ResolvedModel

_log = logging.getLogger(__name__)

_UNKNOWN_WINDOW = 1024
"""Tokens that a model is taken to see where its configuration does not say."""


def load_causal(
    model: ResolvedModel, device: str, dtype: Dtype, cache: Path
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a causal model and its tokenizer, ready for inference.

    `device` is `auto` or a torch device. `cache` is where a GGUF's de-quantised copy is kept. Raises `WeightsError`.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = pick_device(device)
    kind = pick_dtype(dtype, place)
    folder = model.folder if model.gguf is None else _dequantised(model.gguf, kind, cache)
    with _readable_errors(model):
        with DEFAULT_DTYPE:
            loaded: PreTrainedModel = AutoModelForCausalLM.from_pretrained(folder, dtype=kind, local_files_only=True)
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if not tokenizer("a").input_ids:
        raise WeightsError(f"{model.name} in {model.folder} has no tokenizer: tokenizer.json is missing.")
    loaded.to(place)  # type: ignore[arg-type]  # its decorator hides nn.Module's signature
    return loaded.train(False).requires_grad_(False), tokenizer


def pick_device(device: str) -> torch.device:
    """Return the torch device of a setting; `auto` is a GPU where there is one."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(device)


def pick_dtype(dtype: Dtype, device: torch.device) -> torch.dtype:
    """Return the torch dtype of a setting; `auto` is bfloat16 where the processor multiplies it, else float32."""
    if dtype != "auto":
        chosen: torch.dtype = getattr(torch, dtype)
        return chosen
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.bfloat16 if _multiplies_bfloat16() else torch.float32


def end_ids(model: PreTrainedModel) -> frozenset[int]:
    """Return the token ids that the model's own files name as ends of a text."""
    found: set[int] = set()
    for config in (model.config, getattr(model, "generation_config", None)):
        named = getattr(config, "eos_token_id", None)
        if named is not None:
            found.update([named] if isinstance(named, int) else named)
    return frozenset(found)


def window_of(model: PreTrainedModel) -> int:
    """Return how many tokens the model can see."""
    window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return window if isinstance(window, int) and window > 0 else _UNKNOWN_WINDOW


def _dequantised(gguf: Path, dtype: torch.dtype, cache: Path) -> Path:
    """Return a folder with the GGUF's weights in `dtype`, made on the first call."""
    folder = cache / f"torch-{str(dtype).removeprefix('torch.')}-{cache_key(gguf)}"
    if (folder / "config.json").exists():
        return folder
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    _log.info("de-quantising %s, once", gguf.name)
    with making(folder) as scratch:
        # from_pretrained(gguf_file=…) wants accelerate, which nothing else here needs; these are its own steps.
        config = AutoConfig.from_pretrained(gguf.parent, gguf_file=gguf.name)
        make: Any = AutoModelForCausalLM.from_config  # neither of the two has types
        read: Any = load_gguf_checkpoint
        with DEFAULT_DTYPE:
            model: PreTrainedModel = make(config, dtype=dtype)
        tensors = read(str(gguf), return_tensors=True, model_to_load=model, torch_dtype=dtype)["tensors"]
        result = model.load_state_dict(tensors, strict=False)
        tied = set(getattr(model, "all_tied_weights_keys", None) or ())
        wrong = [*result.unexpected_keys, *(key for key in result.missing_keys if key not in tied)]
        if wrong:
            raise WeightsError(f"{gguf} lacks or has unknown weights, such as {wrong[0]}.")
        model.tie_weights()
        model.save_pretrained(scratch)
        AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(scratch)
    return folder


@contextmanager
def _readable_errors(model: ResolvedModel) -> Iterator[None]:
    """Turn what loading can raise into one sentence."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise WeightsError(f"{model.name} in {model.folder} cannot be loaded: {_line(error)}") from error


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _multiplies_bfloat16() -> bool:
    """Tell whether this CPU has instructions for bfloat16 (AVX512-BF16, AMX, or Arm's)."""
    cpu: Any = torch.backends.cpu
    capability: str = cpu.get_cpu_capability()
    if capability == "DEFAULT":
        return False
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, check, bool)() for check in checks)

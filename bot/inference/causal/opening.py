"""The choice between the causal engines."""

from __future__ import annotations

import importlib.util
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import WeightsError
from bot.inference.causal.protocol import CausalEngine, Clock
from bot.settings import Dtype, EngineChoice

if TYPE_CHECKING:
    from bot.inference.weights.model import ResolvedModel

_log = logging.getLogger(__name__)


def open_causal(
    model: ResolvedModel,
    *,
    engine: EngineChoice,
    device: str,
    dtype: Dtype,
    cache: Path,
    clock: Clock = time.monotonic,
) -> CausalEngine:
    """Load a model into an engine. `auto` takes OpenVINO where it is installed, the device is the CPU and the weights
    are GGUF or OpenVINO IR, else torch.

    `cache` is a folder for what is made of the weights once; `clock` tells when deadlines pass. Raises `WeightsError`.
    """
    if engine == "torch":
        return _open_torch(model, device, dtype, cache, clock)
    problem = _against_openvino(model, device)
    if problem is None:
        try:
            return _open_openvino(model, dtype, cache, clock)
        except WeightsError as error:
            if engine == "openvino" or is_ir(model):
                raise
            _log.warning("OpenVINO cannot load %s, torch takes over: %s", model.name, error)
    elif engine == "openvino":
        raise WeightsError(f"ENGINE=openvino: {problem} Set ENGINE=auto or torch.")
    return _open_torch(model, device, dtype, cache, clock)


def is_ir(model: ResolvedModel) -> bool:
    """Tell whether the weights are OpenVINO's own intermediate representation."""
    return model.gguf is None and (model.folder / "openvino_model.xml").exists()


def _against_openvino(model: ResolvedModel, device: str) -> str | None:
    if importlib.util.find_spec("openvino_genai") is None:
        return "OpenVINO GenAI is not installed (there is no wheel for every platform)."
    if model.gguf is None and not is_ir(model):
        return f"{model.name} is neither a GGUF file nor an OpenVINO folder."
    if device not in ("auto", "cpu") or (device == "auto" and _has_accelerator()):
        return f"it runs on the CPU here, not on DEVICE={device}."
    return None


def _has_accelerator() -> bool:
    import torch

    return torch.cuda.is_available()


def _open_openvino(model: ResolvedModel, dtype: Dtype, cache: Path, clock: Clock) -> CausalEngine:
    from bot.inference.causal.openvino_engine import OpenVinoEngine

    return OpenVinoEngine.open(model, dtype=dtype, cache=cache, clock=clock)


def _open_torch(model: ResolvedModel, device: str, dtype: Dtype, cache: Path, clock: Clock) -> CausalEngine:
    from bot.inference.causal.torch_engine import TorchEngine

    return TorchEngine.open(model, device=device, dtype=dtype, cache=cache, clock=clock)

"""The choice between the causal engines."""

from __future__ import annotations

import importlib.util
import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import WeightsError
from bot.settings import Dtype, EngineChoice
from bot.worker.causal.converting import Told
from bot.worker.causal.openvino_model import is_prepared, prepare
from bot.worker.causal.protocol import CausalEngine, Clock

if TYPE_CHECKING:
    from bot.worker.weights.model import ResolvedModel

_log = logging.getLogger(__name__)

_GPUS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""What Linux has where there is a GPU for torch: of NVIDIA, of AMD, under WSL."""


def open_causal(
    model: ResolvedModel,
    *,
    engine: EngineChoice,
    device: str,
    dtype: Dtype,
    cache: Path,
    clock: Clock = time.monotonic,
    strict: bool = False,
    told: Told | None = None,
) -> CausalEngine:
    """Load a model into an engine. `auto` takes OpenVINO where it is installed, the device is the CPU and the weights
    are GGUF or OpenVINO IR, else torch; and torch, too, where OpenVINO cannot load it, unless it is `strict`.

    `cache` is a folder for what is made of the weights once, of which `told(done, total)` hears how far it is; `clock`
    tells when deadlines pass. Raises `WeightsError`.
    """
    if engine == "torch":
        return _open_torch(model, device, dtype, cache, clock)
    problem = _against_openvino(model, device)
    if problem is None:
        try:
            return _open_openvino(model, dtype, cache, clock, told)
        except WeightsError as error:
            if engine == "openvino" or is_ir(model) or strict:
                raise
            _log.warning("OpenVINO cannot load %s, torch takes over: %s", model.name, error)
    elif engine == "openvino":
        raise WeightsError(f"ENGINE=openvino: {problem} Set ENGINE=auto or torch.")
    return _open_torch(model, device, dtype, cache, clock)


def is_at_hand(model: ResolvedModel, *, engine: EngineChoice, device: str, cache: Path) -> bool:
    """Tell whether a model can be loaded without being made ready for a minute first."""
    if engine == "torch" or _against_openvino(model, device) is not None:
        return True  # torch reads a GGUF file anew where it must
    return is_prepared(model, cache)


def make_ready(model: ResolvedModel, *, engine: EngineChoice, device: str, cache: Path, told: Told) -> None:
    """Make of a model what loading it needs, where that takes long; `told(done, total)` hears how far it is. Raises
    `WeightsError`, and what `told` raises."""
    if not is_at_hand(model, engine=engine, device=device, cache=cache):
        prepare(model, cache, told, gives_way=True)


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
    """Ask torch, whose import takes seconds, only where the system has a GPU at all."""
    if sys.platform == "linux" and not any(map(Path.exists, map(Path, _GPUS))):
        return False
    import torch

    return torch.cuda.is_available()


def _open_openvino(model: ResolvedModel, dtype: Dtype, cache: Path, clock: Clock, told: Told | None) -> CausalEngine:
    from bot.worker.causal.openvino_engine import OpenVinoEngine

    return OpenVinoEngine.open(model, dtype=dtype, cache=cache, clock=clock, told=told)


def _open_torch(model: ResolvedModel, device: str, dtype: Dtype, cache: Path, clock: Clock) -> CausalEngine:
    from bot.worker.causal.torch_engine import TorchEngine

    return TorchEngine.open(model, device=device, dtype=dtype, cache=cache, clock=clock)

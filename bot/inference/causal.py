"""The causal engines' common protocol, and the choice between them."""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot.errors import WeightsError
from bot.inference.engine import Continuation, GenerateRequest, ModelInfo, Partial, Reproducible
from bot.settings import Dtype, EngineChoice

if TYPE_CHECKING:
    from bot.inference.weights import ResolvedModel

Clock = Callable[[], float]
"""Seconds that only go forward, as `time.monotonic`."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an engine can do. `samplers` are those it has in full (others are replaced, and the receipt says by
    what); `reproducible` is how far a seed repeats a text; `scores` tells whether its weights can also score."""

    samplers: frozenset[str]
    reproducible: Reproducible
    scores: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowUpdate:
    """News of one row of a request."""

    request_id: str
    event: Partial | Continuation


class CausalEngine(Protocol):
    """Decodes the rows of all running requests together. One thread calls it; no call waits for another.

    A request's rows come to one `Continuation` each, in any order, whatever happens to them.
    """

    info: ModelInfo
    capabilities: Capabilities

    def add(self, request: GenerateRequest) -> None:
        """Let the rows of `request` join; they share one prefill. Raises `WorkerRefused` where it is wrong."""

    def cancel(self, request_id: str) -> None:
        """End the rows of a request; the next step gives what they have. Unknown ids are ignored."""

    def step(self) -> list[RowUpdate]:
        """Do a short piece of work: at most one bounded piece of prefill and one decode step of every row."""

    @property
    def rows_running(self) -> int:
        """How many rows have not ended, those that wait for their prefill included. At 0 there is nothing to do."""


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
    from bot.inference.causal_openvino import OpenVinoEngine

    return OpenVinoEngine.open(model, dtype=dtype, cache=cache, clock=clock)


def _open_torch(model: ResolvedModel, device: str, dtype: Dtype, cache: Path, clock: Clock) -> CausalEngine:
    from bot.inference.causal_torch import TorchEngine

    return TorchEngine.open(model, device=device, dtype=dtype, cache=cache, clock=clock)

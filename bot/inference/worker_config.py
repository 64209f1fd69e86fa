"""What the supervisor tells the worker: which models to load, and how; where to serve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from bot.inference.model_server import ModelServer, server_of
from bot.settings import BUNDLED, Dtype, EngineChoice, HubAccess, ModelChoice, Settings

EXIT_HOST_ERROR = 3
"""The exit status when the host must mend something; `LAST_WORDS` says what."""
LAST_WORDS = "bot.worker.last_words"
"""The logger by which a worker says, before it ends, what the host must mend; the supervisor tells it, once."""
OPEN_HUB = HubAccess()
"""Access to the hub without a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlan:
    """Which models to load, and how: `causal` writes stories, `infill` and `masked` are the infill pair. With a
    `server` the story model is that one's, and `causal` writes what must stay here."""

    data: Path
    causal: ModelChoice = BUNDLED
    infill: ModelChoice = BUNDLED
    masked: ModelChoice = BUNDLED
    engine: EngineChoice = "auto"
    device: str = "auto"
    dtype: Dtype = "auto"
    hub: HubAccess = OPEN_HUB
    server: ModelServer | None = None


class ChildConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor writes to the child's standard input, as one line."""

    socket: str
    plan: ModelPlan
    log_level: str = "INFO"

    def to_line(self) -> bytes:
        """Encode it as the line that the child reads."""
        return msgspec.json.encode(self, enc_hook=str) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> ChildConfig:
        """Decode the line."""
        return msgspec.json.decode(line, type=cls, dec_hook=lambda kind, text: kind(text))


def plan_of(settings: Settings) -> ModelPlan:
    """Take from the settings what the models need."""
    server = server_of(settings)
    return ModelPlan(
        data=settings.data,
        causal=settings.causal_model if server is None else settings.infill_model,
        infill=settings.infill_model,
        masked=settings.masked_model,
        engine=settings.engine if server is None else "auto",
        device=settings.device,
        dtype=settings.dtype,
        hub=settings.hub,
        server=server,
    )

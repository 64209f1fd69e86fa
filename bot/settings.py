"""One frozen value read from the environment and `.env`; every mistake is reported together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

EngineChoice = Literal["auto", "openvino", "torch"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]
LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """Which model: `bundled`, a folder, or a hub id, the last with an optional revision."""

    name: str = "bundled"
    revision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a host can set. Secrets stay out of the repr."""

    discord_token: str | None = field(default=None, repr=False)
    discord_api_base: str | None = None
    discord_gateway_url: str | None = None
    data: Path = Path("data")
    engine: EngineChoice = "auto"
    inference_url: str | None = None
    inference_token: str | None = field(default=None, repr=False)
    causal_model: ModelChoice = ModelChoice()
    masked_model: ModelChoice = ModelChoice()
    device: str = "auto"
    dtype: Dtype = "auto"
    queue_waiting: int = 200
    queue_per_person: int = 3
    queue_per_server: int = 60
    queue_rows: int = 192
    keep_days: int = 30
    owner_ids: frozenset[int] = frozenset()
    log_level: str = "INFO"
    log_format: LogFormat = "text"

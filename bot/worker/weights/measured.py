"""How quick the models were here: kept from one `inkling models try` to the next."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bot.worker.weights.files import write_whole
from bot.worker.weights.model import ResolvedModel

FILE = "measured.json"
"""In the folder of the models."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One trial on this machine: tokens a second over all rows (0 for a masked model), `peak_mb` the memory of the
    models' process at its peak in MB, `on` the day (ISO, UTC)."""

    engine: str
    tokens_per_s: float
    rows: int
    peak_mb: float
    on: str


def keep(data: Path, model: ResolvedModel, measured: Measured) -> None:
    """Keep what was measured of a model, in place of what was."""
    write_whole(data / "models" / FILE, msgspec.json.format(msgspec.json.encode(_all(data) | {_key(model): measured})))


def last(data: Path, model: ResolvedModel) -> Measured | None:
    """Return what was measured of a model, if it ever was."""
    return _all(data).get(_key(model))


def _key(model: ResolvedModel) -> str:
    return f"{model.role} {model.name} {model.revision} {model.gguf or model.folder}"


def _all(data: Path) -> dict[str, Measured]:
    try:
        return msgspec.json.decode((data / "models" / FILE).read_bytes(), type=dict[str, Measured])
    except (OSError, msgspec.MsgspecError):
        return {}

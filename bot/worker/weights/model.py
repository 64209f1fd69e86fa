"""A model that is on disk, as whoever loads it needs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.inference.protocol import ModelRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What is added to the weights of a causal model that scores and infills: it taught it to see both sides of a
    blank."""

    file: Path
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """A model that is on disk. `gguf` is the weights file where they are GGUF, else None and `folder` is as
    transformers saves it. `languages` are BCP 47 tags it is known to write, empty where unknown."""

    role: ModelRole
    name: str
    revision: str
    folder: Path
    gguf: Path | None = None
    update: Update | None = None
    languages: tuple[str, ...] = ()

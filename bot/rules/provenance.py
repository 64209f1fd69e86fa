"""Provenance: of every word of a passage, whether a person wrote it, a model, or a model before a person changed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Origin = Literal["human", "gpt", "bert", "edited"]
"""Where a passage or a word comes from; `edited` is a model's text that a person changed. Of single words it marks
those that the person put into a model's text."""
ORIGINS: tuple[Origin, ...] = get_args(Origin)


@dataclass(frozen=True, slots=True)
class Span:
    """The [start, end) characters of a text that come from one origin. The spans of a text are in order, do not
    overlap, and cover every word."""

    start: int
    end: int
    origin: Origin

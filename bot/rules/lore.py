"""Memory and lore: what a story's models are told besides its passages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LoreKind = Literal["memory", "lore"]
LoreState = Literal["proposed", "ratified", "rejected"]
MAX_LORE = 1000
MAX_TRIGGERS = 10
RATIFIES = 3
"""With so many more people for an entry than against it, it is ratified without the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoreEntry:
    """An entry. Memory is always told, lore where one of its `triggers` (words, case-folded) stands in the text.
    `story_id` None: of the whole server."""

    id: int
    server_id: int
    story_id: int | None
    kind: LoreKind
    triggers: tuple[str, ...]
    text: str
    state: LoreState
    proposed_by: int | None
    created_ms: int

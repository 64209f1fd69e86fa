"""An author's note: what somebody wants of a continuation, in a few words ("make it funny")."""

from __future__ import annotations

from bot.errors import BadInput
from bot.rules.text.characters import is_blank, normalise

MAX_NOTE = 200
"""Characters of a note."""


def check_note(given: str | None) -> str:
    """Return a note as it is told to the models and kept: normalised, on one line; empty where there is none. Raises
    `BadInput`: `note_too_long` (length, limit)."""
    note = " ".join(normalise(given or "").split())
    if is_blank(note):
        return ""
    if len(note) > MAX_NOTE:
        raise BadInput("note_too_long", length=len(note), limit=MAX_NOTE)
    return note

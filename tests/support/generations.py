"""Generations as they come back from the database, without a database."""

from __future__ import annotations

from bot.rules.generations import Generation, GenerationKind, Place, Suggestion


def made(kind: GenerationKind, text: str, *suggestions: Suggestion) -> Generation:
    """A generation of person 3 in channel 2 of server 1."""
    return Generation(
        id=1,
        kind=kind,
        place=Place(server_id=1, channel_id=2),
        person_id=3,
        text=text,
        mood=None,
        count=len(suggestions),
        length=0,
        suggestions=suggestions,
        created_ms=0,
        expires_ms=1,
    )

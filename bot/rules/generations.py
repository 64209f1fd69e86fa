"""Generations: what somebody asked of the models and what came back, as it is kept for the buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.rules.moods import MoodName

GenerationKind = Literal["continue", "infill", "bridge", "twist"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One candidate as shown. For an infill `text` is the whole text with the blanks filled and `fills` has
    one string a blank; for a continuation `fills` is empty. `receipt` is JSON-ready."""

    text: str
    fills: tuple[str, ...]
    score: float
    receipt: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in Discord something stands. `server_id` is None in a private message or a user install."""

    server_id: int | None
    channel_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGeneration:
    """A finished request that is not stored yet. `message_id` is the progress whose place its card is to take, None
    where there is none."""

    kind: GenerationKind
    place: Place
    person_id: int
    text: str
    mood: MoodName | None
    count: int
    length: int
    suggestions: tuple[Suggestion, ...]
    expires_ms: int
    parent_id: int | None = None
    message_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A finished request. `text` is what the person gave, of a bridge both sides with a blank between them; `mood` None
    means mixed. Times are UTC ms. What a twist holds is told in `bot.rules.twists`.

    `note` is what the person wants of a continuation besides, empty where they said nothing (`bot.rules.notes`).
    `message_id` is the message that shows the card, or is about to, None where there is none yet; `parent_id` is the
    generation that this one retries or goes on from.
    """

    id: int
    kind: GenerationKind
    place: Place
    person_id: int
    text: str
    mood: MoodName | None
    count: int
    length: int
    suggestions: tuple[Suggestion, ...]
    created_ms: int
    expires_ms: int
    message_id: int | None = None
    parent_id: int | None = None
    note: str = ""

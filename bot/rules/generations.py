"""Generations: what somebody asked of the models and what came back, as it is kept for the buttons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from bot.errors import BadInput
from bot.rules.moods import MoodName
from bot.rules.receipts import Receipt
from bot.rules.text.characters import is_blank, normalise

MAX_NOTE = 200
"""Characters of an author's note: what somebody wants of a continuation, in a few words ("make it funny")."""

GenerationKind = str
"""The name of a kind of work: "continue", "infill", "bridge", "twist" (see `bot.writing.features`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What a kind keeps of a suggestion besides its text and receipt; `kind` is its tag where it is stored."""

    kind: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One candidate as shown. For an infill `text` is the whole text with the blanks filled and `fills` has
    one string a blank; for a continuation `fills` is empty.

    `score` is how good a continuation is, as estimated from what readers marked (`bot.writing.continuation.quality`):
    about the share of writers who would keep it, and more where it does what a note asks for; 0 for other kinds.
    `confidence` is how sure the models are of the fills (0..1), None where there are none. `payload` is what its kind
    keeps besides. `taken` is how often it was taken up: gone on from, changed, used, or made the beginning of a story.
    """

    text: str
    fills: tuple[str, ...]
    receipt: Receipt
    score: float = 0.0
    confidence: float | None = None
    payload: Payload | None = None
    taken: int = 0


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

    `note` is what the person wants of a continuation besides, empty where they said nothing (`check_note`).
    `message_id` is the message that shows the card, or is about to, None where there is none yet; `parent_id` is the
    generation that this one retries or goes on from. One message may show several in turn, the pages of its card: this
    is page `page` (from 1) of `pages`. `used`: somebody else than the person who asked has used one of them.
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
    page: int = 1
    pages: int = 1
    used: bool = False


def surest_first(suggestions: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """Return suggestions by how sure the models are of their fills, as cards tell of each; equals stay in order."""
    return tuple(sorted(suggestions, key=lambda suggestion: -(suggestion.confidence or 0.0)))


def check_note(given: str | None) -> str:
    """Return a note as it is told to the models and kept: normalised, on one line; empty where there is none. Raises
    `BadInput`: `note_too_long` (length, limit)."""
    note = " ".join(normalise(given or "").split())
    if is_blank(note):
        return ""
    if len(note) > MAX_NOTE:
        raise BadInput("note_too_long", length=len(note), limit=MAX_NOTE)
    return note

"""What is asked of the models, and on whose behalf: a request is what they need to know, a submission adds who asks,
and where.

Each kind has a request of its own (`continuation/request.py` and so on): a frozen value whose text is normalised,
checked and parsed when it is made, so that one that exists can be worked on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

from bot.errors import BadInput
from bot.inference.jobs import Owner
from bot.rules.generations import GenerationKind, Place
from bot.rules.servers import MAX_TEXT
from bot.rules.text.characters import is_blank, normalise

NOBODY = Owner(server_id=0, person_id=0)
"""On whose behalf a job runs that no person asked for: the command line's, a benchmark's."""


class Request(Protocol):
    """What every request has: the kind that it is of, its text as it is kept, and how many suggestions it is for."""

    kind: ClassVar[GenerationKind]

    @property
    def text(self) -> str: ...

    @property
    def count(self) -> int: ...


RequestT = TypeVar("RequestT", bound=Request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(Generic[RequestT]):
    """A request of somebody in a place. `parent_id` is the generation that it retries or goes on from; `position` which
    of that one's suggestions it takes up, None where it takes up none."""

    owner: Owner
    place: Place
    request: RequestT
    parent_id: int | None = None
    position: int | None = None


def checked_text(given: str) -> str:
    """Return a text as it is worked on and kept, normalised (`bot.rules.text.characters`). Raises `BadInput`:
    `text_empty`, or `text_too_long` (length, limit)."""
    text = normalise(given)
    if is_blank(text):
        raise BadInput("text_empty")
    if len(text) > MAX_TEXT:
        raise BadInput("text_too_long", length=len(text), limit=MAX_TEXT)
    return text

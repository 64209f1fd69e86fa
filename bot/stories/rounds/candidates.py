"""Makes candidates of the models' suggestions and of people's texts, checked before anybody sees them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.rules.provenance import edited, normalised, of_human, origin_of
from bot.rules.rounds import NewCandidate
from bot.rules.stories import Passage, Story
from bot.stories.passages import check_length
from bot.writing.overlap import said
from bot.writing.server_words import ServerWords

NONE_OF_THESE = NewCandidate(text="", none=True)
"""The candidate that every round has."""


def of_person(text: str, story: Story, *, author_id: int, pen_name: str | None, base: Passage | None) -> NewCandidate:
    """Return somebody's own text as a candidate; `base` is the passage that it is to replace, None where there is none.

    Raises `BadInput` as `passage_service.check_length`.
    """
    text = check_length(story, text)
    spans = of_human(text) if base is None else edited(*normalised(base.text, base.spans), text)
    origin = "human" if base is None else origin_of(spans, base.origin)
    return NewCandidate(text=text, author_id=author_id, pen_name=pen_name, origin=origin, spans=spans)


def allowed(text: str, listed: Collection[str]) -> bool:
    """Tell whether `text` has none of the words on a server's list."""
    return ServerWords(listed).allows(text)


def not_said_yet(candidates: Iterable[NewCandidate], there: Iterable[str]) -> list[NewCandidate]:
    """Return the candidates that say something that neither another one nor one of the texts `there` says already."""
    seen = {said(text) for text in there}
    kept = []
    for candidate in candidates:
        key = said(candidate.text)
        if key not in seen:
            seen.add(key)
            kept.append(candidate)
    return kept

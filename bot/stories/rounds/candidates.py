"""Makes candidates of the models' suggestions and of people's texts, checked before anybody sees them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.rules.provenance import edited, normalised, of_human, of_model, origin_of, word_origins
from bot.rules.rounds import Candidate, NewCandidate
from bot.rules.stories import Passage, Story
from bot.stories.passages import check_length
from bot.writing.overlap import said
from bot.writing.server_words import ServerWords

NONE_OF_THESE = NewCandidate(text="", none=True)
"""The candidate that every round has."""


def of_person(
    text: str, story: Story, *, author_id: int, pen_name: str | None, base: Passage | Candidate | None
) -> NewCandidate:
    """Return somebody's own text as a candidate; `base` is the passage that it is to replace or the candidate that they
    changed, None where there is neither.

    Raises `BadInput` as `passage_service.check_length`.
    """
    text = check_length(story, text)
    if base is None or (isinstance(base, Candidate) and not _keeps_words(base.text, text)):
        return NewCandidate(text=text, author_id=author_id, pen_name=pen_name, spans=of_human(text))
    spans = edited(*normalised(base.text, base.spans), text)
    return NewCandidate(
        text=text,
        author_id=author_id,
        pen_name=pen_name,
        origin=origin_of(spans, base.origin),
        spans=spans,
        changed_id=base.id if isinstance(base, Candidate) else None,
    )


def _keeps_words(original: str, text: str) -> bool:
    """Tell whether a word of the original is left in a text that was made of it; a full stop alone is none."""
    spans = edited(original, of_model(original, "gpt"), text)
    return any(origin != "human" for origin in word_origins(text, spans))


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

"""A story that begins with the card of a suggestion: what was asked and suggested is its first passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.rules.generations import Generation
from bot.rules.provenance import Origin, Span, edited, of_human, origin_of
from bot.rules.stories import MAX_PASSAGE
from bot.rules.text.segments import beginning
from bot.writing.features import feature_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A first passage that was written, or suggested, before there was a story. `author_id`: whose words they are,
    None where they are all a model's. It is the suggestion at `position` of a generation."""

    text: str
    spans: tuple[Span, ...]
    origin: Origin
    author_id: int | None
    generation_id: int
    position: int


def beginning_of(chain: Sequence[Generation], position: int) -> Beginning:
    """Return a suggestion with the text that it goes on from. `chain` is the generation, then the one that it came
    from, and so on: what earlier suggestions put into its text is still a model's."""
    generation = chain[0]
    feature, suggestion = feature_of(generation.kind), generation.suggestions[position]
    text = feature.whole(generation, suggestion)
    spans = feature.provenance(generation, suggestion, lambda: _asked(chain))
    lead = len(text) - len(text.lstrip())
    whole = beginning(text.strip(), MAX_PASSAGE)
    spans = edited(text, spans, whole) if lead or len(whole) < len(text) else spans
    origin = origin_of(spans, feature.origin)
    return Beginning(
        text=whole,
        spans=spans,
        origin=origin,
        author_id=generation.person_id if _has_human(spans) else None,
        generation_id=generation.id,
        position=position,
    )


def _asked(chain: Sequence[Generation]) -> tuple[Span, ...]:
    """Return the spans of the text that a generation goes on from: a person's, but for what an earlier card put in.
    Generations that asked about the same text before are passed over."""
    generation, *earlier = chain
    while earlier:
        parent, feature = earlier[0], feature_of(earlier[0].kind)
        for suggestion in parent.suggestions:
            if feature.whole(parent, suggestion) == generation.text:
                return feature.provenance(parent, suggestion, lambda: _asked(earlier))
        if parent.text != generation.text:
            break
        del earlier[0]
    return of_human(generation.text)


def _has_human(spans: Sequence[Span]) -> bool:
    return any(span.origin in ("human", "edited") for span in spans)

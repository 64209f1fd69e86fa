"""A story that begins with the card of a suggestion: what was asked and suggested is its first passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.rules.generations import Generation, GenerationKind, Suggestion
from bot.rules.provenance import Origin, Span, edited, of_human, of_infill, of_model, origin_of
from bot.rules.stories import MAX_PASSAGE
from bot.rules.text.segments import beginning
from bot.rules.twists import twist_of
from bot.writing.asks import onward
from bot.writing.blanks import literals_of

_FILLED: frozenset[GenerationKind] = frozenset({"infill", "twist", "bridge"})
"""The kinds whose suggestions are whole texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A first passage that was written, or suggested, before there was a story. `author_id`: whose words they are,
    None where they are all a model's."""

    text: str
    spans: tuple[Span, ...]
    origin: Origin
    author_id: int | None


def beginning_of(chain: Sequence[Generation], position: int) -> Beginning:
    """Return a suggestion with the text that it goes on from. `chain` is the generation, then the one that it came
    from, and so on: what earlier suggestions put into its text is still a model's."""
    generation = chain[0]
    suggestion = generation.suggestions[position]
    if generation.kind in _FILLED:
        text, spans = suggestion.text, _infilled(generation, suggestion)
    else:
        text = onward(generation.text, suggestion.text)
        spans = _behind(generation.text, _asked(chain), suggestion, text)
    lead = len(text) - len(text.lstrip())
    whole = beginning(text.strip(), MAX_PASSAGE)
    spans = edited(text, spans, whole) if lead or len(whole) < len(text) else spans
    origin = origin_of(spans, "bert" if generation.kind in ("infill", "twist") else "gpt")
    return Beginning(
        text=whole, spans=spans, origin=origin, author_id=generation.person_id if _has_human(spans) else None
    )


def _asked(chain: Sequence[Generation]) -> tuple[Span, ...]:
    """Return the spans of the text that a generation goes on from: a person's, but for what an earlier card put in."""
    generation, *earlier = chain
    for parent in earlier[:1]:
        for suggestion in parent.suggestions:
            if parent.kind == "continue" and onward(parent.text, suggestion.text) == generation.text:
                return _behind(parent.text, _asked(earlier), suggestion, generation.text)
            if parent.kind in _FILLED and suggestion.text == generation.text:
                return _infilled(parent, suggestion)
    return of_human(generation.text)


def _behind(asked: str, spans: Sequence[Span], suggestion: Suggestion, whole: str) -> tuple[Span, ...]:
    """Return the spans of `whole`, a text with a suggestion behind it, which may have lost some of its start."""
    start = len(whole) - len(suggestion.text)
    if start <= 0:
        return _of(suggestion, whole)
    kept = edited(asked, spans, whole[:start])
    added = tuple(Span(span.start + start, span.end + start, span.origin) for span in _of(suggestion, suggestion.text))
    return (*kept, *added)


def _of(suggestion: Suggestion, text: str) -> tuple[Span, ...]:
    return of_human(text) if suggestion.receipt.by_person else of_model(text, "gpt")


def _infilled(generation: Generation, suggestion: Suggestion) -> tuple[Span, ...]:
    if suggestion.receipt.by_person or not suggestion.fills:
        return of_human(suggestion.text)
    if generation.kind == "twist":
        twist = twist_of(generation).finished()
        return of_infill(twist.pieces, twist.fills)
    literals = literals_of(generation)
    if (
        "".join(part for pair in zip(literals, (*suggestion.fills, ""), strict=True) for part in pair)
        != suggestion.text
    ):
        return edited("", (), suggestion.text)
    return of_infill(literals, suggestion.fills, by="gpt" if generation.kind == "bridge" else "bert")


def _has_human(spans: Sequence[Span]) -> bool:
    return any(span.origin in ("human", "edited") for span in spans)

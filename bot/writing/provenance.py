"""Where every word of a suggestion's whole text comes from (`bot.rules.provenance`)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.rules.generations import Suggestion
from bot.rules.provenance import Origin, Span, edited, of_human, of_infill, of_model
from bot.rules.receipts import EditedReceipt


def spans_behind(asked: str, spans: Sequence[Span], suggestion: Suggestion, whole: str) -> tuple[Span, ...]:
    """Return the spans of `whole`: the text `asked`, whose spans are given, with a suggestion behind it; it may have
    lost some of its start."""
    start = len(whole) - len(suggestion.text)
    if start <= 0:
        return spans_of(suggestion, whole)
    kept = edited(asked, spans, whole[:start])
    added = spans_of(suggestion, suggestion.text)
    return (*kept, *(Span(span.start + start, span.end + start, span.origin) for span in added))


def spans_of(suggestion: Suggestion, text: str) -> tuple[Span, ...]:
    """Return the spans of `text`, all of which is a continuation's."""
    if isinstance(suggestion.receipt, EditedReceipt):
        return suggestion.receipt.spans
    return of_human(text) if suggestion.receipt.by_person else of_model(text, "gpt")


def spans_filled(literals: Sequence[str], suggestion: Suggestion, by: Origin) -> tuple[Span, ...]:
    """Return the spans of a suggestion that fills what `literals`, a person's words, leave open."""
    if isinstance(suggestion.receipt, EditedReceipt):
        return suggestion.receipt.spans
    if suggestion.receipt.by_person or not suggestion.fills:
        return of_human(suggestion.text)
    whole = "".join(part for pair in zip(literals, (*suggestion.fills, ""), strict=True) for part in pair)
    if whole != suggestion.text:
        return edited("", (), suggestion.text)
    return of_infill(literals, suggestion.fills, by=by)

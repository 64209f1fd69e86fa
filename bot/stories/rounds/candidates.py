"""What becomes a candidate: suggestions of the models and texts of people, checked before anybody sees them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bot.errors import BadInput
from bot.rules.generations import Suggestion
from bot.rules.provenance import Span, edited, normalised, of_human, of_infill, of_model, origin_of
from bot.rules.receipts import Receipt
from bot.rules.rounds import NewCandidate, Round, RoundKind
from bot.rules.stories import Passage, Story
from bot.stories.passages import check_length
from bot.writing.blanks import Template, parse
from bot.writing.overlap import said
from bot.writing.server_words import ServerWords

NONE_OF_THESE = NewCandidate(text="", none=True)


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


def of_models(
    kind: RoundKind,
    suggestions: Iterable[Suggestion],
    *,
    template: Template | None = None,
    base: Passage | None = None,
    dropped: Sequence[str] = (),
    withheld: Sequence[str] = (),
) -> list[NewCandidate]:
    """Return the suggestions as candidates; for an infill `template` is what was asked and `base` the passage that they
    are to replace. `dropped` and `withheld` go on each receipt: labels of what the models did not read."""
    found = []
    for suggestion in suggestions:
        receipt = suggestion.receipt.marked(dropped, withheld)
        if kind == "infill" and template is not None and base is not None:
            found.append(_filled(suggestion, template, base, receipt))
        else:
            text = (suggestion.fills[0] if kind == "bridge" else suggestion.text).strip()
            spans = of_model(text, "gpt")
            found.append(NewCandidate(text=text, origin="gpt", spans=spans, mood=receipt.one_mood, receipt=receipt))
    return found


def _filled(suggestion: Suggestion, template: Template, base: Passage, receipt: Receipt) -> NewCandidate:
    """The passage with its blanks filled: its words stay its author's, the fills are the model's."""
    spans: tuple[Span, ...] = of_infill(template.literals, suggestion.fills, *normalised(base.text, base.spans))
    return NewCandidate(
        text=suggestion.text,
        author_id=base.author_id,
        pen_name=base.pen_name,
        origin=origin_of(spans, "bert"),
        spans=spans,
        receipt=receipt,
    )


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


def template_of(round_: Round) -> Template | None:
    """Return the text with blanks that a round fills; None for other rounds, and where its words were withdrawn."""
    if round_.kind != "infill":
        return None
    try:
        return parse(round_.text)
    except BadInput:
        return None

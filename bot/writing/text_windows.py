"""The two sides of a blank, as much of them as each question to a model needs."""

from __future__ import annotations

from collections.abc import Sequence

from bot.inference.protocol import Gap, Piece
from bot.rules.text.sentences import sentence_ends
from bot.rules.text.words import BLANK, has_han, word_spans

LEFT_CHARS = 500
"""Characters of the left text that models read at most."""
RIGHT_CHARS = 200
"""Characters of the right text that models read at most."""
SPELT_BLANK = "[MASK]"
"""What the causal model, which knows no blanks, reads where another one is open."""
CONTEXT_CHARS = 1200
"""How much of a story's context stands before a text with blanks: it is read once for all fills, but it is read."""


def frame(context: Sequence[Piece], room: int = CONTEXT_CHARS) -> tuple[str, tuple[str, ...]]:
    """Return what fits in `room` of the pieces of a context, joined, and the labels of the others. Those of the lowest
    priority go first, of equals the earlier, as in the worker."""
    kept = list(context)
    while kept and sum(len(piece.text) for piece in kept) > room:
        kept.remove(min(kept, key=lambda piece: piece.priority))
    return "".join(piece.text for piece in kept), tuple(piece.label for piece in context if piece not in kept)


def spelt(gap: Gap) -> Gap:
    """The text around a blank as the causal model reads it: other blanks that are open are spelt out."""
    return Gap(left=gap.left.replace(BLANK, SPELT_BLANK), right=gap.right.replace(BLANK, SPELT_BLANK))


def left_part(left: str) -> str:
    """The end of the left text that the causal model reads, from the beginning of a word."""
    if len(left) <= LEFT_CHARS:
        return left
    cut = left.find(" ", len(left) - LEFT_CHARS, len(left) - LEFT_CHARS // 2)
    return left[cut + 1 if cut >= 0 else len(left) - LEFT_CHARS :]


def right_part(right: str, words: int) -> str:
    """The first words of the right text; where nothing follows, the full stop that a sentence would have."""
    spans = word_spans(right)[:words]
    if not spans:
        return "。" if has_han(right) else "."
    return right[: min(spans[-1][1], RIGHT_CHARS)]


def right_sentence(right: str, least: int, most: int) -> str:
    """The beginning of the right text that bears upon a blank: all of it where it has no more than `most` words, else
    to the end of the sentence, but `least` words at least and `most` at most."""
    spans = word_spans(right[: RIGHT_CHARS + 1])
    if len(spans) <= most and len(right) <= RIGHT_CHARS:
        return right_part(right, most)
    ends = sentence_ends(right[:RIGHT_CHARS])
    within = sum(start < ends[0] for start, _ in spans) if ends else most
    return right_part(right, max(least, min(most, within)))


def without(fills: Sequence[str | None], number: int) -> list[str | None]:
    """Return `fills` with the one of blank `number` open."""
    return [None if place == number else fill for place, fill in enumerate(fills)]

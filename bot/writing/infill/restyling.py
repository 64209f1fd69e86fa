"""*More like this*, *Stranger*, *Shorter*, *Longer*, *As usual*: from what a card shows to how the next one is wished
for.

The wish stands on the receipts, so that a press after a restart moves on from there, and the next press further.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

from bot.errors import BadInput, Gone
from bot.rules.generations import Generation
from bot.rules.infill_style import AS_IT_BELONGS, MAX_BOLDNESS, MOST_WORDS, InfillStyle
from bot.rules.receipts import InfillReceipt
from bot.rules.text.words import split_words
from bot.writing.blanks import parse

Move = Literal["like", "stranger", "shorter", "longer", "usual"]
MOVES: tuple[Move, ...] = get_args(Move)
"""All moves."""
MOST_SHOWN = 40
"""How many suggestions are kept from coming again: the newest."""


def style_of(generation: Generation) -> InfillStyle:
    """Return the style that a generation was asked in, from its receipts; the usual one where they tell none."""
    receipt = generation.suggestions[0].receipt if generation.suggestions else None
    return (receipt.style if isinstance(receipt, InfillReceipt) else None) or AS_IT_BELONGS


def possible(generation: Generation) -> frozenset[Move]:
    """Return the moves that would change something; none where a person filled the blanks, or there were none."""
    if not all(isinstance(each.receipt, InfillReceipt) and each.fills for each in generation.suggestions):
        return frozenset()
    found: set[Move] = {"like"}
    if style_of(generation).boldness < MAX_BOLDNESS:
        found.add("stranger")
    words = _open_words(generation)
    if words and max(words) > 1:
        found.add("shorter")
    if words and min(words) < MOST_WORDS:
        found.add("longer")
    if replace(style_of(generation), shown=()) != AS_IT_BELONGS:
        found.add("usual")
    return frozenset(found)


def moved(generation: Generation, move: Move, position: int = 0) -> InfillStyle:
    """Return the style of the next card: what this one and those before it showed does not come again.

    *Shorter* leaves out the longest that was shown, *Longer* the shortest, so that each press moves; *As usual* drops
    every wish. Raises `BadInput` (`stranger_most`, `shorter_most`, `longer_most` (limit), `usual_most`) where there is
    nothing further that way, and `Gone` (`generation_gone`) where there is no such suggestion.
    """
    can = possible(generation)
    if not can or not 0 <= position < len(generation.suggestions):
        raise Gone("generation_gone")
    if move not in can:
        raise BadInput(f"{move}_most", limit=MOST_WORDS)
    style = _with_shown(style_of(generation), [suggestion.fills for suggestion in generation.suggestions])
    if move == "usual":
        return replace(AS_IT_BELONGS, shown=style.shown)
    if move == "stranger":
        return style.stranger()
    if move == "like":
        return style.like(generation.suggestions[position].fills)
    words = _open_words(generation)
    return style.shorter_than(max(words)) if move == "shorter" else style.longer_than(min(words))


def _with_shown(style: InfillStyle, fills: Sequence[tuple[str, ...]]) -> InfillStyle:
    return replace(style, shown=tuple(dict.fromkeys((*style.shown, *fills)))[-MOST_SHOWN:])


def _open_words(generation: Generation) -> list[int]:
    """How many words stand in the blanks whose length the writer left open."""
    try:
        blanks = parse(generation.text).blanks
    except BadInput:
        return []  # asked while other texts counted as blanks
    return [
        len(split_words(fill))
        for suggestion in generation.suggestions
        if len(suggestion.fills) == len(blanks)
        for blank, fill in zip(blanks, suggestion.fills, strict=True)
        if blank.words is None
    ]

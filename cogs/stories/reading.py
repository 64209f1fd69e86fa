"""The reading view of a story: private pages that hold as many passages as fit, from any place, in both directions.

A place is the number of a passage and a part of it, since one passage may need more than a page. Only the passages
around the place are looked at, so that a story of thousands reads like one of ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from discord import ui

from bot.rules.stories import Passage, Story
from bot.ui.cards import Card, line, text
from bot.ui.cutting import shown_pages
from bot.ui.escaping import escape, size
from bot.ui.locale import Catalogue
from bot.ui.prose import signature
from cogs.stories import custom_ids

READING_TEXT = 3200
"""Characters on a page."""
PART_TEXT = 2800
"""Characters of a part of a passage that is longer than a page."""
WINDOW = 24
"""How many passages are looked at for a page."""

Direction = Literal["f", "b"]
"""A page goes forward from its place, or backward to it, without it."""


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """Part `part` (from 0) of the passage with the number `number` (from 1)."""

    number: int
    part: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """What is shown of a passage, escaped."""

    spot: Spot
    shown: str


def window(spot: Spot, direction: Direction) -> tuple[int, int]:
    """Return the numbers of the first and the last passage to look at."""
    if direction == "f":
        return spot.number, spot.number + WINDOW - 1
    return max(1, spot.number - WINDOW), spot.number


def pieces_of(say: Catalogue, passages: Sequence[Passage]) -> list[Piece]:
    """Return passages in pieces that fit on a page each, with who wrote them."""
    found = []
    for passage in passages:
        label = f"-# {passage.depth} · {signature(say, passage)}"
        if passage.withdrawn:
            found.append(Piece(Spot(passage.depth), f"-# {passage.depth} · {say('story.withdrawn')}"))
            continue
        parts = shown_pages(passage.text, PART_TEXT)
        for number, part in enumerate(parts):
            shown = part if number < len(parts) - 1 else f"{part}\n{label}"
            found.append(Piece(Spot(passage.depth, number), shown))
    return found


def fitting(pieces: Sequence[Piece], spot: Spot, direction: Direction) -> list[Piece]:
    """Return the pieces of the page at a place: as many as fit, at least one."""
    ahead = [piece for piece in pieces if (piece.spot >= spot if direction == "f" else piece.spot < spot)]
    if direction == "b":
        ahead.reverse()
    kept: list[Piece] = []
    room = READING_TEXT
    for piece in ahead:
        room -= size(piece.shown) + 2
        if kept and room < 0:
            break
        kept.append(piece)
    return kept if direction == "f" else kept[::-1]


def reading_card(
    say: Catalogue, story: Story, passages: Sequence[Passage], spot: Spot, direction: Direction, total: int
) -> Card:
    """Return the page at a place of a story with `total` passages; `passages` are those that `window` names."""
    shown = fitting(pieces_of(say, passages), spot, direction)
    if not shown:
        return Card(text(f"### {escape(story.title)}"), text(say("story.no_page")))
    first, last = shown[0].spot, shown[-1].spot
    blocks: list[ui.Item[Any]] = []
    if first == Spot(1):
        blocks += [text(f"### {escape(story.title)}"), line()]
    blocks.append(text("\n\n".join(piece.shown for piece in shown)))
    numbers = say("story.reading", first=first.number, last=last.number, total=total)
    blocks.append(line())
    whole = first == Spot(1) and last.number >= total
    if not whole:
        blocks.append(_turning(say, story, first, last, total))
    blocks.append(text(f"-# {numbers}"))
    return Card(*blocks)


def clamped(spot: Spot, direction: Direction, total: int) -> tuple[Spot, Direction]:
    """Return the place, or the last page where it lies beyond the end: the story may have become shorter."""
    if spot.number > total:
        return Spot(total + 1), "b"
    return (spot, direction) if spot > Spot(1) else (Spot(1), "f")


def _turning(say: Catalogue, story: Story, first: Spot, last: Spot, total: int) -> ui.ActionRow[Any]:
    end = Spot(total + 1)
    turns = [
        (Spot(1), "f", "⏮️", "button.sfirst", first == Spot(1)),
        (first, "b", "◀️", "button.back", first == Spot(1)),
        (Spot(last.number, last.part + 1), "f", "▶️", "button.on", last.number >= total),
        (end, "b", "⏭️", "button.slast", last.number >= total),
    ]
    row: ui.ActionRow[Any] = ui.ActionRow()
    for spot, direction, emoji, label, idle in turns:
        turn = custom_ids.READ.button(say(label), story.id, spot.number, spot.part, direction, emoji=emoji)
        turn.disabled = idle
        row.add_item(turn)
    return row

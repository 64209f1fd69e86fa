"""The state of Gaps: who fills which gap, with what, and what that is worth."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.rules.games.table import GameText, Table, Texts, text_of
from bot.rules.gap_words import Gap, likeness, parts_of
from bot.rules.provenance import Origin, Span

LEAST_GAPS, MOST_GAPS = 6, 12
"""Gaps of a passage."""
DUEL_GAPS = 5
"""Gaps in a duel: as many as a form has fields."""
STAR_POINTS = 2
"""What a star is worth."""
ORIGINAL_POINTS = 3
"""What the word that stood there is worth, by chance or by guess."""
KIN_POINTS = 2
"""What a form of it is worth in a duel."""
PASSAGE = "p"
"""The slot of the passage."""
WHOLE = "whole"
"""The slot of the passage with the words in it."""
GAP_SIGN = "＿＿＿"
"""What stands in a duel's text for a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """How far a game is. `owners`: of each gap the seat that fills it; in a duel everybody fills all, and it is empty.
    `filled`: the seats that have; `stars`: by seat, the number of a gap (in a duel: nothing is starred)."""

    gaps: tuple[Gap, ...] = ()
    owners: tuple[int, ...] = ()
    filled: tuple[int, ...] = ()
    stars: dict[int, int] = field(default_factory=dict)


GapsTable = Table[Gaps]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A gap that a seat fills: its number from 1, the slot of its word, the shape, hints, and what the seat has put
    there."""

    number: int
    slot: str
    shape: str
    hints: tuple[str, ...]
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A gap as it is revealed: the word that was put there (empty: hidden), by which seat (0: the model), the original
    word, and the stars it has, known at the end."""

    number: int
    word: str
    giver: int
    original: str
    stars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """What a seat guessed in a duel (0: the model), gap by gap, and the points of each."""

    seat: int
    words: tuple[str, ...]
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsView:
    """What somebody sees: how many have filled theirs, the viewer's own gaps, in a duel the text with its gaps; after
    that the words, the passage with them (`whole`), the passage as it was, and all guesses."""

    gaps: int
    filled_in: int
    asked: tuple[Asked, ...]
    text: str
    told: tuple[Told, ...]
    whole: str
    passage: str
    guesses: tuple[Guesses, ...]
    star: int | None
    points: dict[int, int]


def word_slot(number: int, seat: int) -> str:
    """Return the slot of a word: of a gap, from 0, and in a duel of a seat; 0 is nobody's alone."""
    return f"g{number}.{seat}"


def gap_count(players: int, *, duel: bool) -> int:
    """Return how many gaps a passage has for so many players."""
    return DUEL_GAPS if duel else min(max(2 * players, LEAST_GAPS), MOST_GAPS)


def owned(game: Gaps, seat: int, *, duel: bool) -> list[int]:
    """Return the gaps that a seat fills."""
    if duel:
        return list(range(len(game.gaps)))
    return [number for number, owner in enumerate(game.owners) if owner == seat]


def word_of(texts: Texts, number: int, seat: int) -> tuple[str, bool]:
    """Return what stands in a gap and whether a person put it there; empty where nobody did, or it is hidden."""
    text = text_of(texts, word_slot(number, seat))
    if text is None:
        return "", False
    return ("" if text.hidden else text.text), text.seat is not None


def guess_points(word: str, gap: Gap) -> int:
    """Return what a guess in a duel is worth."""
    if not word:
        return 0
    return {"same": ORIGINAL_POINTS, "kin": KIN_POINTS, "other": 0}[likeness(word, gap)]


def points_of(table: GapsTable, texts: Texts, *, duel: bool) -> dict[int, int]:
    """Return the points of all seats; 0 is the model."""
    game = table.begun
    points: Counter[int] = Counter()
    if duel:
        for seat in (0, *game.filled):
            for number, gap in enumerate(game.gaps):
                word = gap.guess if seat == 0 else word_of(texts, number, seat)[0]
                points[seat] += guess_points(word, gap)
        return dict(points)
    stars = Counter(game.stars.values())
    for number, gap in enumerate(game.gaps):
        word, by_person = word_of(texts, number, 0)
        giver = game.owners[number] if by_person else 0
        points[giver] += STAR_POINTS * stars[number]
        if by_person and word and likeness(word, gap) == "same":
            points[giver] += ORIGINAL_POINTS
    return dict(points)


def whole_text(game: Gaps, texts: Texts, now_ms: int) -> GameText:
    """Return the passage with the words in it, each with its origin; a gap that is empty, or whose word is hidden, has
    a sign. Nothing where the passage itself is hidden."""
    passage = text_of(texts, PASSAGE)
    found = [word_of(texts, number, 0) for number in range(len(game.gaps))]
    base = "" if passage is None or passage.hidden else passage.text
    gaps = game.gaps if base else ()
    spans, parts, at = [], parts_of(base, gaps, [word or GAP_SIGN for word, _ in found]), 0
    for text, number in parts:
        origin: Origin = "bert" if number is not None and found[number][0] and not found[number][1] else "human"
        if text.strip():
            spans.append(Span(at, at + len(text), origin))
        at += len(text)
    whole = "".join(text for text, _ in parts)
    mixed: Origin = "edited" if any(span.origin == "bert" for span in spans) else "human"
    return GameText(slot=WHOLE, seat=None, text=whole, origin=mixed, spans=tuple(spans), created_ms=now_ms)

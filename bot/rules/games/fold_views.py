"""What somebody sees of Fold: the end of their own sheet, and the sheets that were read out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bot.rules.games.fold_sheets import Fold, FoldTable, slot_of, slots
from bot.rules.games.table import Texts, text_of
from bot.rules.games.turn_texts import tail_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldLine:
    """A line that is read out; `writer` None until names are told, 0: a model's. `hearts` likewise."""

    slot: str
    text: str
    hidden: bool
    writer: int | None = None
    hearts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldTurn:
    """What a seat sees of its sheet: the `tail`, empty for the first line; `is_last`: this line ends it."""

    tail: str
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldView:
    """What somebody sees: how many lines there are of how many, their own turn, the line that they can still change,
    the sheets that were read out (by part), and the hearts that they gave."""

    written: int
    lines: int
    turn: FoldTurn | None
    mendable: str | None
    sheets: tuple[tuple[FoldLine, ...], ...]
    to_come: int
    hearts: tuple[str, ...]
    best: tuple[str, ...]


def best_lines(hearts: Counter[str]) -> tuple[str, ...]:
    """Return the slots of the lines with the most hearts."""
    most = max(hearts.values(), default=0)
    return tuple(sorted(slot for slot, count in hearts.items() if count == most))


def seen(table: FoldTable, place: int, texts: Texts) -> FoldTurn:
    """Return what whoever writes on a sheet sees of it."""
    sheet = table.begun.sheets[place]
    is_last = len(sheet.writers) + 1 >= table.begun.lines
    if not sheet.writers:
        return FoldTurn(tail="", is_last=is_last)
    before = text_of(texts, slot_of(place, len(sheet.writers) - 1))
    tail = tail_of(before.text, str(table.settings["tail"])) if before is not None and not before.hidden else ""
    return FoldTurn(tail=tail, is_last=is_last)


def read_out(table: FoldTable, place: int, texts: Texts, names: bool, hearts: Counter[str]) -> tuple[FoldLine, ...]:
    """Return a sheet as it is read out."""
    lines = []
    for slot, writer in zip(slots(table.begun, place), table.begun.sheets[place].writers, strict=True):
        text = text_of(texts, slot)
        hidden = text is None or text.hidden
        shown = "" if text is None or hidden else text.text
        told = (writer or 0) if names else None
        lines.append(FoldLine(slot=slot, text=shown, hidden=hidden, writer=told, hearts=hearts[slot]))
    return tuple(lines)


def heart_counts(fold: Fold) -> Counter[str]:
    """Return how many hearts each line has, by slot."""
    return Counter(slot for slots in fold.hearts.values() for slot in slots)

"""What somebody sees of Fold: the end of their own sheet, and the sheets that were read out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bot.rules.games.fold_sheets import Fold, FoldTable, slot_of, slots
from bot.rules.games.table import Texts, text_of
from bot.rules.games.turn_texts import tail_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldLine:
    """A line that is read out; `writer` None until names are told, 0: a model's. `hearts` likewise; `own`: the
    viewer's."""

    slot: str
    text: str
    hidden: bool
    writer: int | None = None
    hearts: int = 0
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldTurn:
    """What a seat sees of its sheet: the `tail` and the line's `slot`, both empty for the first line, the tail also
    where that line is hidden; `is_last`: this line ends it."""

    tail: str
    slot: str
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldOwn:
    """A line of one's own that can be changed."""

    slot: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldView:
    """What somebody sees: how many lines there are of how many, their own turn, the lines that they can still
    change (the newest last), the sheets that were read out (by part), and the hearts that they gave."""

    written: int
    lines: int
    turn: FoldTurn | None
    mine: tuple[FoldOwn, ...]
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
        return FoldTurn(tail="", slot="", is_last=is_last)
    slot = slot_of(place, len(sheet.writers) - 1)
    before = text_of(texts, slot)
    tail = tail_of(before.text, str(table.settings["tail"])) if before is not None and not before.hidden else ""
    return FoldTurn(tail=tail, slot=slot, is_last=is_last)


def mendable(table: FoldTable, texts: Texts, seat: int) -> tuple[FoldOwn, ...]:
    """Return the lines of a seat from which nobody goes on yet: the last one of a sheet at which nobody has looked."""
    if table.phase != "write":
        return ()
    found = []
    for place, sheet in enumerate(table.begun.sheets):
        turn = table.turn(sheet.held) if sheet.held is not None else None
        if sheet.writers[-1:] != (seat,) or sheet.held == 0 or (turn is not None and turn.seen):
            continue
        text = text_of(texts, slot_of(place, len(sheet.writers) - 1))
        if text is not None and not text.hidden:
            found.append(text)
    found.sort(key=lambda text: text.created_ms)
    return tuple(FoldOwn(slot=text.slot, text=text.text) for text in found)


def read_out(table: FoldTable, place: int, texts: Texts, viewer: int | None) -> tuple[FoldLine, ...]:
    """Return a sheet as it is read out: names and hearts are told in the end."""
    hearts = heart_counts(table.begun) if table.is_over else Counter[str]()
    lines = []
    for slot, writer in zip(slots(table.begun, place), table.begun.sheets[place].writers, strict=True):
        text = text_of(texts, slot)
        hidden = text is None or text.hidden
        shown = "" if text is None or hidden else text.text
        told = (writer or 0) if table.is_over else None
        own = viewer is not None and writer == viewer
        lines.append(FoldLine(slot=slot, text=shown, hidden=hidden, writer=told, hearts=hearts[slot], own=own))
    return tuple(lines)


def heart_counts(fold: Fold) -> Counter[str]:
    """Return how many hearts each line has, by slot."""
    return Counter(slot for slots in fold.hearts.values() for slot in slots)

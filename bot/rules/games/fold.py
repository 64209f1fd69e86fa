"""Fold: everybody writes at once, each on a sheet of which they see only the end; all is read out in the end.

After the game *exquisite corpse* of the Surrealists (1925).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from bot.errors import BadInput, Gone, NotHere
from bot.rules.games import steps, timing
from bot.rules.games.chance import shuffled
from bot.rules.games.fold_dealing import dealt
from bot.rules.games.fold_sheets import Fold, FoldTable, Sheet, credited, levelled, slot_of, slots, with_sheet, written
from bot.rules.games.fold_views import FoldView, best_lines, heart_counts, mendable, read_out, seen
from bot.rules.games.game import Setting
from bot.rules.games.play import requested
from bot.rules.games.table import ASK_MS, GameText, Pace, Request, Texts, text_of
from bot.rules.games.turn_texts import check_words

MOST_SHEETS = 8
"""Sheets at most."""
WORDS = range(3, 61)
"""Words that a line may have."""
LINE_TEXT = 400
"""Characters of a line."""
LONGEST_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 3 * 3_600_000, "days": 14 * 86_400_000})
"""When it is unfolded whatever is missing, by pace (ms)."""
NEXT_MS = 30_000
"""Time between two sheets as they are read out (ms)."""
HEARTS_MS: Mapping[Pace, int] = MappingProxyType({"tonight": 60_000, "days": 86_400_000})
"""How long hearts can be given before the names are told, by pace (ms)."""
MOST_HEARTS = 3
"""Hearts of each reader."""
ENOUGH_LINES = 3
"""A sheet with fewer is not read out where another has as many."""
STAND_IN_WORDS = 14
"""Words that a stand-in's line has, about."""


FoldStep = steps.Step[Fold]


class FoldGame:
    """The rules of Fold."""

    kind: ClassVar[str] = "fold"
    version: ClassVar[int] = 1
    players: ClassVar[Mapping[Pace, range]] = MappingProxyType({"tonight": range(3, 13), "days": range(3, 25)})
    least_active: ClassVar[int] = 2
    unmanned: ClassVar[frozenset[str]] = frozenset({"reveal", "hearts"})
    open_phases: ClassVar[frozenset[str]] = frozenset()
    stands_in: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("lines", (0, *range(3, 13)), {"tonight": 0, "days": 0}),
        Setting("tail", ("six", "word", "sentence", "line"), {"tonight": "six", "days": "six"}),
    )
    state_type: ClassVar[type[Fold]] = Fold

    # ---- the course

    def begin(self, table: FoldTable, texts: Texts, now_ms: int) -> FoldStep:
        """Deal a sheet to everybody, as far as they go."""
        count = len(table.active)
        fold = Fold(
            sheets=(Sheet(),) * min(count, MOST_SHEETS), lines=int(table.settings["lines"]) or min(max(count, 3), 6)
        )
        ends_ms = timing.due_at(table.terms, now_ms, LONGEST_MS[table.terms.pace])
        return steps.Step(dealt(dataclasses.replace(table, phase="write", game=fold, phase_due_ms=ends_ms), now_ms))

    def apply(self, table: FoldTable, event: steps.Event, texts: Texts, now_ms: int) -> FoldStep:
        """Return what an event leads to."""
        match event:
            case steps.Hid():
                return steps.Step(table, (), _parts_with(table, event.slot))
            case steps.Chose(what="next"):
                return self._asked_next(table, event, now_ms)
            case steps.Chose(what="hearts"):
                return _loved(table, event)
            case steps.Chose():
                raise NotHere("game_not_now")
            case steps.PhaseOver():
                return self._phase_over(table, texts, now_ms)
            case _ if table.phase != "write":
                return _after_writing(table, event)
            case steps.Wrote():
                return self._wrote(table, event, now_ms)
            case steps.Mended():
                return _mended(table, event, texts)
            case steps.Passed() | steps.Missed():
                return _given_back(table, event, texts, now_ms)
            case steps.Made():
                return self._made(table, event, now_ms)
            case steps.Joined():
                seat = table.seats[-1].number if event.seat is None else event.seat
                return steps.Step(dealt(levelled(table, seat), now_ms))
            case steps.Back():
                return steps.Step(dealt(levelled(table, event.seat), now_ms))
            case steps.Left() | steps.Removed() | steps.Resumed():
                return steps.Step(dealt(table, now_ms))
            case _:
                return steps.Step(table)

    def _wrote(self, table: FoldTable, event: steps.Wrote, now_ms: int) -> FoldStep:
        check_words(event.text, WORDS, LINE_TEXT)
        turn = table.turn(event.seat)
        assert turn is not None, "the table has checked it"
        text = GameText(
            slot="", seat=event.seat, text=event.text, origin=event.origin, spans=event.spans, created_ms=now_ms
        )
        return self._added(timing.closed(table, event.seat), int(turn.what), text, now_ms)

    def _added(self, table: FoldTable, place: int, text: GameText, now_ms: int) -> FoldStep:
        """A line is written: the sheet goes on, and when all are full they are read out."""
        sheet = table.begun.sheets[place]
        text = dataclasses.replace(text, slot=slot_of(place, len(sheet.writers)))
        written = with_sheet(table, place, Sheet(writers=(*sheet.writers, text.seat)))
        if all(len(each.writers) >= written.begun.lines for each in written.begun.sheets):
            return self._reading(written, now_ms).adding(texts=[text])
        return steps.Step(dealt(written, now_ms), (text,))

    def _made(self, table: FoldTable, event: steps.Made, now_ms: int) -> FoldStep:
        """A stand-in's line; none, or one that is no line, leaves the sheet to the others."""
        place = int(event.key.split(":")[1])
        for text in event.texts:
            try:
                check_words(text, WORDS, LINE_TEXT)
            except BadInput:
                continue
            made = GameText(slot="", seat=None, text=text, origin="gpt", created_ms=now_ms)
            return self._added(table, place, made, now_ms)
        freed = dataclasses.replace(table.begun.sheets[place], held=None)
        return steps.Step(dealt(with_sheet(table, place, freed), now_ms))

    def admits(self, table: FoldTable) -> bool:
        """Until half of the lines are there."""
        fold = table.begun
        return table.phase == "write" and written(fold) * 2 < len(fold.sheets) * fold.lines

    def finish(self, table: FoldTable, texts: Texts, now_ms: int) -> FoldStep:
        """Read out what there is; what is being read out ends."""
        return self._reading(table, now_ms) if table.phase == "write" else _over(table, now_ms)

    def _phase_over(self, table: FoldTable, texts: Texts, now_ms: int) -> FoldStep:
        if table.phase == "write":
            return self._reading(table, now_ms)
        return self._next(table, now_ms) if table.phase == "reveal" else _over(table, now_ms)

    # ---- the end

    def _reading(self, table: FoldTable, now_ms: int) -> FoldStep:
        """Begin to read out: the sheets with enough lines, or else all that have any."""
        fold = table.begun
        lengths = {place: len(sheet.writers) for place, sheet in enumerate(fold.sheets)}
        chosen = [place for place, length in lengths.items() if length >= ENOUGH_LINES]
        chosen = chosen or [place for place, length in lengths.items() if length]
        order = tuple(shuffled(chosen, table.seed, 0, "reveal"))
        fold = dataclasses.replace(fold, order=order)
        table = dataclasses.replace(table, phase="reveal", turns=(), requests=(), game=fold)
        return self._next(table, now_ms) if order else _over(table, now_ms)

    def _asked_next(self, table: FoldTable, event: steps.Chose, now_ms: int) -> FoldStep:
        """Whoever leads does not wait: `values` is how many sheets they saw, so that a second click does nothing."""
        if table.phase != "reveal" or event.seat != table.host:
            raise NotHere("game_not_now")
        if event.values != (str(table.begun.shown),):
            raise Gone("turn_over")
        return self._next(table, now_ms)

    def _next(self, table: FoldTable, now_ms: int) -> FoldStep:
        """Read out the next sheet; after the last one hearts can be given for a while."""
        fold = dataclasses.replace(table.begun, shown=table.begun.shown + 1)
        if fold.shown > len(fold.order):
            due_ms = timing.due_at(table.terms, now_ms, HEARTS_MS[table.terms.pace])
            return steps.Step(dataclasses.replace(table, phase="hearts", phase_due_ms=due_ms))
        due_ms = timing.due_at(table.terms, now_ms, NEXT_MS)
        shown = dataclasses.replace(table, game=fold, phase_due_ms=due_ms)
        return steps.Step(shown, (), (steps.Reveal(fold.shown),))

    # ---- what is seen

    def view(self, table: FoldTable, texts: Texts, viewer: int | None) -> FoldView:
        """Return what a seat sees: of its sheet the end, of the others nothing until they are read out."""
        fold = table.begun
        hearts = heart_counts(fold) if table.is_over else Counter[str]()
        turn = table.turn(viewer) if viewer is not None else None
        return FoldView(
            written=written(fold),
            lines=len(fold.sheets) * fold.lines,
            turn=None if turn is None else seen(table, int(turn.what), texts),
            mine=() if viewer is None else mendable(table, texts, viewer),
            sheets=tuple(read_out(table, place, texts, viewer) for place in fold.order[: fold.shown]),
            to_come=max(0, len(fold.order) - fold.shown),
            hearts=fold.hearts.get(viewer, ()) if viewer is not None else (),
            best=best_lines(hearts),
        )

    def story(self, table: FoldTable, texts: Texts) -> Sequence[str]:
        """Return the lines of the sheets that were to be read out, one after another."""
        fold = table.begun
        return [slot for place in fold.order for slot in slots(fold, place)]


def _given_back(table: FoldTable, event: steps.Passed | steps.Missed, texts: Texts, now_ms: int) -> FoldStep:
    """A sheet goes back: to a stand-in where a turn was missed, else to the others. The turn counts as a line, except
    where somebody gave the sheet back, who gets another one."""
    seat = event.turn.seat if isinstance(event, steps.Missed) else event.seat
    turn = event.turn if isinstance(event, steps.Missed) else table.turn(seat)
    assert turn is not None, "the table has checked it"
    place = int(turn.what)
    sheet = dataclasses.replace(table.begun.sheets[place], held=None)
    table = timing.closed(table, seat)
    if isinstance(event, steps.Passed) and event.gives_back:
        declined = dataclasses.replace(sheet, declined=(*sheet.declined, seat))
        return steps.Step(dealt(with_sheet(table, place, declined), now_ms))
    table = credited(with_sheet(table, place, sheet), seat)
    if isinstance(event, steps.Missed):
        table = _stood_in(table, place, seat, texts, now_ms)
    return steps.Step(dealt(table, now_ms))


def _stood_in(table: FoldTable, place: int, seat: int, texts: Texts, now_ms: int) -> FoldTable:
    """Let a model take the next line of a sheet instead of a seat, where that was agreed on and the seat has not left.
    It needs the last line, whose writer must not mind."""
    missing, sheet = table.seat(seat), table.begun.sheets[place]
    tail = seen(table, place, texts).tail
    if not table.terms.stand_in or not tail or missing is None or missing.presence in ("left", "removed"):
        return table
    writer = table.seat(sheet.writers[-1]) if sheet.writers[-1] is not None else None
    if writer is not None and writer.no_ai:
        return table
    ask = Request(
        key=f"line:{place}:{table.move}",
        kind="continue",
        text=tail,
        count=3,
        words=STAND_IN_WORDS,
        due_ms=now_ms + ASK_MS,
    )
    return requested(with_sheet(table, place, dataclasses.replace(sheet, held=0)), ask)


# ---- lines and hearts


def _mended(table: FoldTable, event: steps.Mended, texts: Texts) -> FoldStep:
    before = text_of(texts, event.slot)
    if before is None or all(own.slot != event.slot for own in mendable(table, texts, event.seat)):
        raise Gone("turn_over")
    check_words(event.text, WORDS, LINE_TEXT)
    if event.text == before.text:
        return steps.Step(table)
    return steps.Step(table, (dataclasses.replace(before, text=event.text, origin="human", spans=()),))


def _parts_with(table: FoldTable, slot: str) -> tuple[steps.Reveal, ...]:
    """Return the part that has to be shown anew since a line of it changed, if it was read out."""
    order = table.begun.order[: table.begun.shown]
    return tuple(steps.Reveal(part) for part, place in enumerate(order, 1) if slot in slots(table.begun, place))


def _after_writing(table: FoldTable, event: steps.Event) -> FoldStep:
    """When all is written, turns are over."""
    if isinstance(event, (steps.Wrote, steps.Mended, steps.Passed)):
        raise Gone("turn_over")
    return steps.Step(table)


def _loved(table: FoldTable, event: steps.Chose) -> FoldStep:
    """Somebody gives hearts: to lines that were read out, not their own, three at most."""
    fold = table.begun
    if table.phase not in ("reveal", "hearts"):
        raise NotHere("game_not_now")
    writers = {
        slot: writer
        for place in fold.order[: fold.shown]
        for slot, writer in zip(slots(fold, place), fold.sheets[place].writers, strict=True)
    }
    chosen = tuple(dict.fromkeys(event.values))
    if len(chosen) > MOST_HEARTS:
        raise BadInput("game_hearts", limit=MOST_HEARTS)
    if not writers.keys() >= set(chosen):
        raise Gone("turn_over")
    if any(writers[slot] == event.seat for slot in chosen):
        raise BadInput("game_own_line")
    hearts = {**fold.hearts, event.seat: chosen}
    return steps.Step(dataclasses.replace(table, game=dataclasses.replace(fold, hearts=hearts)))


def _over(table: FoldTable, now_ms: int) -> FoldStep:
    """End: names are told, and each heart is a point."""
    fold = table.begun
    fold = dataclasses.replace(fold, shown=len(fold.order))
    ended = dataclasses.replace(
        table, state="ended", phase="", phase_due_ms=None, turns=(), requests=(), ended_ms=now_ms, game=fold
    )
    points: Counter[int] = Counter()
    for slot, count in heart_counts(fold).items():
        place, line = map(int, slot.split("."))
        writer = fold.sheets[place].writers[line]
        if writer is not None:
            points[writer] += count
    reveals = [steps.Reveal(part) for part in range(table.begun.shown + 1, len(fold.order) + 1)]
    renamed = [steps.Reveal(part) for part in range(1, table.begun.shown + 1)]
    scores = [steps.Score(seat, count, "hearts") for seat, count in sorted(points.items())]
    return steps.Step(ended, (), (*renamed, *reveals, *scores))

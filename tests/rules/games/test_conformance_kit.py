"""The conformance kit finds what is wrong with a game: each fault is put into Fold, and one of the checks has to see
it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from bot.rules.games import steps, timing
from bot.rules.games.fold import FoldGame
from bot.rules.games.fold_sheets import Fold, FoldTable
from bot.rules.games.fold_views import FoldView
from bot.rules.games.play import requested
from bot.rules.games.steps import Step
from bot.rules.games.table import Request, Texts
from tests.rules.games import conformance
from tests.rules.games.parties import Broken

FoldStep = Step[Fold]


class TellsWriters(FoldGame):
    """Tells who wrote a line as it is read out."""

    def view(self, table: FoldTable, texts: Texts, viewer: int | None) -> FoldView:
        view = super().view(table, texts, viewer)
        sheets = tuple(
            tuple(
                dataclasses.replace(line, writer=table.begun.sheets[place].writers[number])
                for number, line in enumerate(sheet)
            )
            for place, sheet in zip(table.begun.order, view.sheets, strict=False)
        )
        return dataclasses.replace(view, sheets=sheets)


class ShowsWholeLines(FoldGame):
    """Shows more of the last line than was agreed on."""

    def view(self, table: FoldTable, texts: Texts, viewer: int | None) -> FoldView:
        return super().view(dataclasses.replace(table, settings={**table.settings, "tail": "line"}), texts, viewer)


class ShowsHidden(FoldGame):
    """Shows what was hidden."""

    def view(self, table: FoldTable, texts: Texts, viewer: int | None) -> FoldView:
        return super().view(table, [dataclasses.replace(text, hidden=False) for text in texts], viewer)


class FollowsSeats(FoldGame):
    """Shows what there is in the order of the seats."""

    def view(self, table: FoldTable, texts: Texts, viewer: int | None) -> FoldView:
        view = super().view(table, texts, viewer)
        seats = {text.slot: text.seat or 0 for text in texts}
        lines = sorted((line for sheet in view.sheets for line in sheet), key=lambda line: seats[line.slot])
        return dataclasses.replace(view, sheets=(tuple(lines),))


class CountsClicks(FoldGame):
    """Shows the next sheet at every click."""

    def apply(self, table: FoldTable, event: steps.Event, texts: Texts, now_ms: int) -> FoldStep:
        if isinstance(event, steps.Chose) and event.what == "next" and table.phase == "reveal":
            event = dataclasses.replace(event, seat=table.host or 0, values=(str(table.begun.shown),))
        return super().apply(table, event, texts, now_ms)


class AsksInPauses(FoldGame):
    """Opens turns while it is paused."""

    def apply(self, table: FoldTable, event: steps.Event, texts: Texts, now_ms: int) -> FoldStep:
        step = super().apply(table, event, texts, now_ms)
        if table.state == "paused" and isinstance(event, steps.Joined):
            return Step(timing.opened(step.table, step.table.active[-1].number, "0", 1000, now_ms))
        return step


class ForgetsTime(FoldGame):
    """Never ends by itself."""

    def apply(self, table: FoldTable, event: steps.Event, texts: Texts, now_ms: int) -> FoldStep:
        if isinstance(event, steps.PhaseOver):
            return Step(table)
        return super().apply(table, event, texts, now_ms)


class StandsStill(FoldGame):
    """Is due again at once."""

    def apply(self, table: FoldTable, event: steps.Event, texts: Texts, now_ms: int) -> FoldStep:
        if isinstance(event, steps.PhaseOver):
            return Step(dataclasses.replace(table, phase_due_ms=now_ms))
        return super().apply(table, event, texts, now_ms)


class ForgetsSheets(FoldGame):
    """Gives out no sheets after those of the beginning."""

    def apply(self, table: FoldTable, event: steps.Event, texts: Texts, now_ms: int) -> FoldStep:
        step = super().apply(table, event, texts, now_ms)
        if step.table.phase != "write":
            return step
        known = {turn.move for turn in table.turns}
        turns = tuple(turn for turn in step.table.turns if turn.move in known)
        return dataclasses.replace(step, table=dataclasses.replace(step.table, turns=turns))


class KeepsLists(FoldGame):
    """Has a state that is another one when it is read back."""

    def begin(self, table: FoldTable, texts: Texts, now_ms: int) -> FoldStep:
        step = super().begin(table, texts, now_ms)
        game = dataclasses.replace(step.table.begun, order=[])  # type: ignore[arg-type]
        return Step(dataclasses.replace(step.table, game=game))


class PaysTwice(FoldGame):
    """Gives points twice."""

    def apply(self, table: FoldTable, event: steps.Event, texts: Texts, now_ms: int) -> FoldStep:
        step = super().apply(table, event, texts, now_ms)
        if step.table.is_over and not table.is_over:
            return step.adding(steps.Score(table.players[0].number, 1, "bonus")).adding(
                steps.Score(table.players[0].number, 2, "bonus")
            )
        return step


class AsksAlways(FoldGame):
    """Asks the models for everything, whoever wrote it, by the same key."""

    def apply(self, table: FoldTable, event: steps.Event, texts: Texts, now_ms: int) -> FoldStep:
        step = super().apply(table, event, texts, now_ms)
        if isinstance(event, steps.Wrote) and step.table.phase == "write":
            ask = Request(key="line:0:0", kind="continue", text=event.text, count=1, words=5, due_ms=now_ms + 20_000)
            return dataclasses.replace(step, table=requested(step.table, ask))
        return step


class WaitsForTheGone(FoldGame):
    """Waits for somebody who left."""

    def apply(self, table: FoldTable, event: steps.Event, texts: Texts, now_ms: int) -> FoldStep:
        if isinstance(event, steps.Missed):
            turns = (*table.turns, event.turn)
            return Step(dataclasses.replace(table, turns=turns))
        return super().apply(table, event, texts, now_ms)


FAULTS: list[tuple[type[FoldGame], Callable[..., Any]]] = [
    (TellsWriters, conformance.check_hidden),
    (ShowsWholeLines, conformance.check_hidden),
    (ShowsHidden, conformance.check_hidden),
    (FollowsSeats, partial(conformance.check_order, plays=12)),
    (CountsClicks, conformance.check_repeats),
    (AsksInPauses, conformance.check_repeats),
    (ForgetsTime, conformance.check_silence),
    (StandsStill, conformance.check_silence),
    (ForgetsSheets, conformance.check_diligence),
    (KeepsLists, conformance.check_repeats),
    (PaysTwice, conformance.check_points),
    (AsksAlways, conformance.check_points),
    (WaitsForTheGone, conformance.check_silence),
]
"""Faults, and a check that sees each."""


@pytest.mark.parametrize(("faulty", "check"), FAULTS)
def test_the_kit_finds_faults(faulty: type[FoldGame], check: Callable[..., Any]) -> None:
    def play_on() -> None:
        for play in range(40):
            check(faulty(), "tonight", f"fault:{play}")

    with pytest.raises(Broken):
        play_on()

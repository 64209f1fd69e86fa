"""Fold's card: how far the sheets are, the form of a line, the sheets as they are read out, and the line of the
evening."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import discord
from discord import ui

from bot.errors import Gone
from bot.games.views import GameView
from bot.rules.games.fold import LINE_TEXT, MOST_HEARTS, WORDS
from bot.rules.games.fold_views import FoldLine, FoldView
from bot.rules.games.steps import Wrote
from bot.ui.cards import Card, line, text
from bot.ui.cutting import label, share, shown_head, shown_size
from bot.ui.escaping import escape, quote
from bot.ui.fitting import CARD_TEXT
from bot.ui.forms import RoutedForm, submitted
from bot.ui.locale import Catalogue
from cogs.games import custom_ids
from cogs.games.forms import WritingForm

FRAME = 900
"""Characters of a sheet's card that are not its lines."""
SIGNED = 80
"""Characters that stand beside a line: its number, whose it is, and its hearts."""
MOST_BEST = 5
"""Lines with as many hearts that are shown at most."""
BEST = 500
"""Characters of a line of the evening."""
LABEL = 90
"""Characters of a line in a menu; Discord takes 100."""
GAP = "\u2002"
"""What separates a line's number from the line: an en space."""


class FoldCard:
    """See `cogs.games.kinds.GameCard`."""

    kind: ClassVar[str] = "fold"
    emoji: ClassVar[str] = "📜"

    # ---- while it is written

    def playing(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """How many lines there are; in the end, how the hearts are given."""
        fold: FoldView = view.game
        if view.phase == "reveal":
            total = len(fold.sheets) + fold.to_come
            return [text(say("game.fold.reading", number=len(fold.sheets), total=total))]
        if view.phase == "hearts":
            return [text(say("game.fold.hearts_now", limit=MOST_HEARTS))]
        return [text(say("game.fold.progress", count=fold.written, total=fold.lines))]

    def form(self, say: Catalogue, view: GameView, custom_id: str) -> RoutedForm:
        """The end of the sheet above the box for its next line."""
        turn = (view.game and view.game.turn) or None
        assert turn is not None, "whoever opens the form has a turn"
        above = [say("game.fold.tail_told", tail=quote(turn.tail)) if turn.tail else say("game.fold.no_tail")]
        if turn.is_last:
            above.append(say("game.fold.last_line"))
        return _line_form(say, custom_id, "\n".join(above), view.draft)

    def written(self, interaction: discord.Interaction[Any], seat: int, move: int) -> Wrote:
        """The line that was sent in."""
        return Wrote(seat=seat, move=move, text=submitted(interaction))

    def own_texts(self, view: GameView) -> Sequence[tuple[str, str]]:
        """The lines that nobody has gone on from."""
        return [(own.slot, own.text) for own in view.game.mine] if view.game is not None else []

    def mend_form(self, say: Catalogue, text: str, custom_id: str) -> RoutedForm:
        """The line alone: its sheet has gone on, so that its end is no longer to be seen."""
        return _line_form(say, custom_id, "", text)

    def shown(self, view: GameView) -> Sequence[tuple[str, str]]:
        """The end of the viewer's sheet, and the lines that were read out."""
        fold: FoldView | None = view.game
        if fold is None:
            return []
        tail = [(fold.turn.slot, fold.turn.tail)] if fold.turn is not None and fold.turn.slot else []
        lines = [each for sheet in fold.sheets for each in sheet]
        return [(each.slot, each.text) for each in lines if not each.hidden] + tail

    # ---- the end

    def reveal(self, say: Catalogue, view: GameView, part: int) -> Card | None:
        """A sheet with its lines, a menu to give hearts while they can be given, and *Next* on the newest."""
        fold: FoldView | None = view.game
        if fold is None or not 0 < part <= len(fold.sheets):
            return None
        sheet = fold.sheets[part - 1]
        title = say("game.fold.sheet", number=part, total=len(fold.sheets) + fold.to_come)
        blocks: list[ui.Item[Any]] = [text(f"### {self.emoji} {title}"), text(_lines_told(say, view, sheet))]
        if not view.is_over:
            blocks += self._choosing(say, view, part)
        return Card(*blocks)

    def _choosing(self, say: Catalogue, view: GameView, part: int) -> list[ui.Item[Any]]:
        fold: FoldView = view.game
        blocks: list[ui.Item[Any]] = [line()]
        if any(not each.hidden for each in fold.sheets[part - 1]):
            blocks.append(ui.ActionRow(hearts_menu(say, view, part)))
        foot = say("game.fold.hearts_foot", limit=MOST_HEARTS)
        if view.phase == "reveal" and part == len(fold.sheets):
            next_label = say("button.gnext" if fold.to_come else "button.gnext_last")
            style = discord.ButtonStyle.primary
            blocks.append(ui.ActionRow(custom_ids.NEXT.button(next_label, view.id, part, style=style, emoji="➡️")))
            if view.due_ms is not None:
                time = f"<t:{view.due_ms // 1000}:R>"
                coming = say("game.fold.next_at" if fold.to_come else "game.fold.last_at", time=time)
                foot = f"{foot} {coming}"
        elif view.phase == "hearts" and view.due_ms is not None:
            foot = f"{foot} {say('game.fold.names_at', time=f'<t:{view.due_ms // 1000}:R>')}"
        return [*blocks, text(f"-# {foot}")]

    def choosing(self, view: GameView, what: str, part: int, values: Sequence[str]) -> tuple[str, ...]:
        """The hearts of a sheet as they were picked, with those that the viewer gave on others."""
        sheets = view.game.sheets if view.game is not None else ()
        if what != "hearts" or not 0 < part <= len(sheets):
            raise Gone("turn_over")
        here = {str(number): each.slot for number, each in enumerate(sheets[part - 1])}
        if not here.keys() >= set(values):
            raise Gone("turn_over")
        elsewhere = [slot for slot in view.game.hearts if slot not in here.values()]
        return (*elsewhere, *(here[value] for value in values))

    def chosen(self, say: Catalogue, view: GameView, what: str, part: int) -> Card:
        """The hearts that somebody gave, and the menu to change those of the sheet."""
        fold: FoldView = view.game
        loved = [each for sheet in fold.sheets for each in sheet if each.slot in fold.hearts]
        told = [f"♥ {shown_head(each.text, LABEL * 2, _on_one_line)}" for each in loved]
        told.append(f"-# {say('game.fold.hearts_left', count=MOST_HEARTS - len(loved))}")
        title = say("game.fold.your_hearts")
        menu = hearts_menu(say, view, part)
        return Card(text("\n".join([f"### {title}", *told])), *([ui.ActionRow(menu)] if menu.options else []))

    def result(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """The line with the most hearts, or those that have as many."""
        fold: FoldView | None = view.game
        if fold is None:
            return []
        best = [each for sheet in fold.sheets for each in sheet if each.slot in fold.best and not each.hidden][
            :MOST_BEST
        ]
        if not best:
            return [text(say("game.fold.no_hearts"))] if fold.sheets else [text(say("game.fold.empty"))]
        room = CARD_TEXT // 4 // len(best)
        told = [f"{shown_head(each.text, min(BEST, room), quote)}\n-# {_signed(say, view, each)}" for each in best]
        return [text("\n".join([f"**{say('game.fold.best', count=len(best))}**", *told]))]


def hearts_menu(say: Catalogue, view: GameView, part: int) -> ui.Select[Any]:
    """Return the menu of the lines of a sheet to give hearts to; for somebody alone, with those that they gave, and
    without their own lines."""
    fold: FoldView = view.game
    lines = [(number, each) for number, each in enumerate(fold.sheets[part - 1]) if not (each.hidden or each.own)]
    menu: ui.Select[Any] = ui.Select(
        custom_id=custom_ids.CHOOSE.id(view.id, "hearts", part),
        placeholder=say("game.fold.hearts"),
        min_values=0,
        max_values=max(1, min(MOST_HEARTS, len(lines))),
    )
    for number, each in lines:
        name = label(f"{number + 1} · {each.text}", LABEL)
        menu.add_option(label=name, value=str(number), default=each.slot in fold.hearts)
    return menu


def _line_form(say: Catalogue, custom_id: str, above: str, prefilled: str) -> RoutedForm:
    return WritingForm(
        title=say("game.fold.form_title"),
        custom_id=custom_id,
        above=above,
        label=say("game.fold.form_label"),
        hint=say("game.fold.form_hint", low=WORDS[0], high=WORDS[-1], limit=LINE_TEXT),
        prefilled=prefilled,
        most=max(LINE_TEXT, len(prefilled)),
    )


def _lines_told(say: Catalogue, view: GameView, sheet: Sequence[FoldLine]) -> str:
    room = CARD_TEXT - FRAME - SIGNED * len(sheet)
    parts = share([shown_size(each.text) for each in sheet], room)
    return "\n".join(_line_told(say, view, *each) for each in zip(range(1, len(sheet) + 1), sheet, parts, strict=True))


def _line_told(say: Catalogue, view: GameView, number: int, each: FoldLine, room: int) -> str:
    if each.hidden:
        return f"-# **{number}**{GAP}{say('game.held_back')}"
    told = f"**{number}**{GAP}{shown_head(each.text, max(room, 1), _on_one_line)}"
    return told if each.writer is None else f"{told}\n-# {_signed(say, view, each)}"


def _on_one_line(content: str) -> str:
    return escape(" ".join(content.split()))


def _signed(say: Catalogue, view: GameView, each: FoldLine) -> str:
    seat = view.seat(each.writer) if each.writer else None
    name = (escape(seat.pen_name) or say("game.somebody")) if seat is not None else say("game.machine")
    return f"{name} · ♥ {each.hearts}" if each.hearts else name

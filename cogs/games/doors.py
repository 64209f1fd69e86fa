"""Doors' card: the chapter that is written, the vote, the doors that are still closed, and the book page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import discord
from discord import ui

from bot.errors import Gone
from bot.games.views import GameView
from bot.rules.games.doors_book import (
    DOOR_TEXT,
    MOST_CHARACTERS,
    MOST_DOORS,
    WORDS,
    ChapterView,
    DoorsView,
    chapter_slot,
    door_slot,
)
from bot.rules.games.steps import Wrote
from bot.ui.cards import Card, text
from bot.ui.cutting import label, shown_head, shown_tail
from bot.ui.escaping import bold, escape, quote
from bot.ui.fitting import CARD_TEXT
from bot.ui.forms import RoutedForm, submitted
from bot.ui.locale import Catalogue
from cogs.games import custom_ids
from cogs.games.forms import WritingForm

BEFORE = 500
"""Characters of the end of the chapter before, above the box."""
FRAME = 700
"""Characters of a page that are not its chapter."""
CHOICES = 25
"""Options of a menu."""
_DOORS = tuple(f"door{number}" for number in range(1, MOST_DOORS + 1))
"""The boxes of the doors in the form."""


class DoorsCard:
    """See `cogs.games.kinds.GameCard`."""

    kind: ClassVar[str] = "doors"
    emoji: ClassVar[str] = "🚪"

    # ---- while it is written

    def playing(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """Which chapter is written behind which door, or the vote, or the doors that can be opened."""
        game: DoorsView = view.game
        if view.phase == "vote":
            return self._vote(say, view)
        if view.phase == "branches":
            return self._branches(say, view)
        if view.phase == "doors":
            return [text(say("game.doors.models_propose"))]
        number = len(game.book) + 1
        told = [say("game.doors.chapter", number=number, total=game.most)]
        if view.phase == "stand_in":
            told.append(say("game.doors.machine_writes"))
        elif game.through:
            told.append(say("game.doors.through", number=game.from_chapter or 1, door=escape(game.through)))
        return [text("\n".join(told))]

    def _vote(self, say: Catalogue, view: GameView) -> list[ui.Item[Any]]:
        game: DoorsView = view.game
        newest = game.book[-1]
        told = [say("game.doors.vote", number=newest.number), _doors_told(say, newest)]
        told.append(f"-# {say('game.doors.voters', count=game.voters)}")
        return [text("\n".join(told)), *_ballot(say, view)]

    def _branches(self, say: Catalogue, view: GameView) -> list[ui.Item[Any]]:
        menu: ui.Select[Any] = ui.Select(
            custom_id=custom_ids.CHOOSE.id(view.id, "reopen", len(view.game.book)),
            placeholder=say("game.doors.reopen"),
            min_values=0,
            max_values=1,
        )
        for chapter, door in _closed(view.game):
            name = f"{chapter.number} · {chapter.doors[door].text}"
            menu.add_option(label=label(name, DOOR_TEXT), value=f"{chapter.number - 1}.{door}")
        return [text(say("game.doors.branches")), *([ui.ActionRow(menu)] if menu.options else [])]

    def form(self, say: Catalogue, view: GameView, custom_id: str) -> RoutedForm:
        """The end of the chapter before and the door that was chosen, above the boxes of the chapter and its doors."""
        game: DoorsView = view.game
        before = next((each for each in game.book if each.number == game.from_chapter), None)
        above = [shown_tail(before.text, BEFORE, quote)] if before is not None and before.text else []
        if game.through:
            above.append(say("game.doors.through", number=game.from_chapter or 1, door=escape(game.through)))
        if len(game.book) + 1 >= game.most:
            above.append(say("game.doors.last_chapter"))
        return _form(say, custom_id, "\n".join(above) or say("game.doors.first_chapter"), view.draft)

    def written(self, interaction: discord.Interaction[Any], seat: int, move: int) -> Wrote:
        """The chapter and its doors as they were sent in."""
        doors = tuple(submitted(interaction, name) for name in _DOORS)
        return Wrote(seat=seat, move=move, text=submitted(interaction), parts=doors)

    def own_texts(self, view: GameView) -> Sequence[tuple[str, str]]:
        """None: the next scribe goes on at once."""
        return []

    def mend_form(self, say: Catalogue, text: str, custom_id: str) -> RoutedForm:
        """Never asked for."""
        raise Gone("game_too_late")

    def shown(self, view: GameView) -> Sequence[tuple[str, str]]:
        """The chapters and their doors."""
        game: DoorsView | None = view.game
        found: list[tuple[str, str]] = []
        for chapter in () if game is None else game.book:
            number = chapter.number - 1
            found += [(chapter_slot(number), chapter.text)] if chapter.text else []
            found += [(door_slot(number, at), door.text) for at, door in enumerate(chapter.doors) if door.text]
        return found

    # ---- choosing

    def choosing(self, view: GameView, what: str, part: int, values: Sequence[str]) -> tuple[str, ...]:
        """The doors that were picked, of the newest chapter alone."""
        if view.game is None or part != len(view.game.book) or what not in ("like", "star", "reopen"):
            raise Gone("turn_over")
        return tuple(values)

    def chosen(self, say: Catalogue, view: GameView, what: str, part: int) -> Card:
        """The viewer's ballot with the menus to change it."""
        if what == "reopen" or view.phase != "vote":
            return Card(text(say("game.doors.opened")))
        return Card(text(say("game.doors.ballot_kept")), *_ballot(say, view))

    # ---- the book

    def reveal(self, say: Catalogue, view: GameView, part: int) -> Card | None:
        """A chapter with its doors, and where they lead."""
        game: DoorsView | None = view.game
        if game is None or not 0 < part <= len(game.book):
            return None
        return Card(*page_of(say, view, game.book[part - 1]))

    def result(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """How many chapters and ends the book has, and the button to walk it."""
        game: DoorsView | None = view.game
        if game is None or not game.book:
            return [text(say("game.doors.empty"))]
        ends = sum(all(door.leads_to is None for door in chapter.doors) for chapter in game.book)
        walk = custom_ids.WALK.button(say("button.gwalk"), view.id, 1, style=discord.ButtonStyle.primary, emoji="🚶")
        return [text(say("game.doors.book", count=len(game.book), ends=ends)), ui.ActionRow(walk)]


def page_of(say: Catalogue, view: GameView, chapter: ChapterView) -> list[ui.Item[Any]]:
    """Return a chapter as it is read: its number, the text, its writer, its doors."""
    seat = view.seat(chapter.scribe) if chapter.scribe else None
    by = bold(seat.pen_name) if seat is not None else f"🤖 {say('game.machine')}"
    shown = shown_head(chapter.text, CARD_TEXT - FRAME, escape) if chapter.text else f"-# {say('game.held_back')}"
    blocks = [text(f"### {say('game.doors.page', number=chapter.number)}"), text(shown), text(f"-# {by}")]
    if chapter.doors:
        blocks.append(text(_doors_told(say, chapter)))
    return list(blocks)


def walking_card(say: Catalogue, view: GameView, number: int) -> Card:
    """Return a page of the finished book with a button for each door that leads somewhere. Raises `Gone`
    (`game_text_gone`) where there is no such chapter."""
    game: DoorsView | None = view.game
    chapter = next((each for each in (game.book if game is not None else ()) if each.number == number), None)
    if chapter is None:
        raise Gone("game_text_gone")
    buttons = [
        custom_ids.WALK.button(label(door.text or say("game.held_back"), DOOR_TEXT), view.id, door.leads_to, emoji="🚪")
        for door in chapter.doors
        if door.leads_to is not None
    ]
    assert game is not None, "a chapter was found in it"
    if straight := [each for each in game.book if each.behind == number and not chapter.doors]:
        buttons = [custom_ids.WALK.button(say("button.on"), view.id, straight[0].number, emoji="▶️")]
    back = []
    if chapter.behind is not None:
        back.append(custom_ids.WALK.button(say("button.back"), view.id, chapter.behind, emoji="◀️"))
    if number > 1 and chapter.behind != 1:
        back.append(custom_ids.WALK.button(say("button.gwalk_again"), view.id, 1, emoji="🔁"))
    rows = [ui.ActionRow(*row) for row in (buttons, back) if row]
    foot = [] if buttons else [text(f"**{say('game.doors.an_end')}**")]
    return Card(*page_of(say, view, chapter), *foot, *rows)


def _ballot(say: Catalogue, view: GameView) -> list[ui.Item[Any]]:
    game: DoorsView = view.game
    newest = game.book[-1]
    rows: list[ui.Item[Any]] = []
    for what, most, picked in (("like", len(newest.doors), game.likes), ("star", 1, (game.star,))):
        menu: ui.Select[Any] = ui.Select(
            custom_id=custom_ids.CHOOSE.id(view.id, what, newest.number),
            placeholder=say(f"round.{what}"),
            min_values=0,
            max_values=most,
        )
        for place, door in enumerate(newest.doors):
            name = label(f"{place + 1} · {door.text}", DOOR_TEXT)
            menu.add_option(label=name, value=str(place), default=place in picked)
        rows.append(ui.ActionRow(menu))
    return rows


def _doors_told(say: Catalogue, chapter: ChapterView) -> str:
    lines = []
    for place, door in enumerate(chapter.doors, 1):
        shown = escape(door.text) if door.text else say("game.held_back")
        where = say("game.doors.leads_to", number=door.leads_to) if door.leads_to is not None else ""
        if door.ends:
            where = say("game.doors.leads_out")
        lines.append(f"🚪 **{place}**\u2002{shown}{f' · {where}' if where else ''}")
    return "\n".join(lines)


def _closed(game: DoorsView) -> list[tuple[ChapterView, int]]:
    found = [
        (chapter, place)
        for chapter in game.book
        for place, door in enumerate(chapter.doors)
        if door.leads_to is None and not door.ends
    ]
    return found[:CHOICES]


def _form(say: Catalogue, custom_id: str, above: str, prefilled: str) -> RoutedForm:
    form = WritingForm(
        title=say("game.doors.form_title"),
        custom_id=custom_id,
        above="",
        label=say("game.doors.form_label"),
        hint=say("game.doors.form_hint", low=WORDS[0], high=WORDS[-1], limit=MOST_CHARACTERS),
        prefilled=prefilled,
        most=MOST_CHARACTERS,
    )
    for number, name in enumerate(_DOORS, 1):
        box: ui.TextInput[Any] = ui.TextInput(custom_id=name, max_length=DOOR_TEXT, required=False)
        hint = say("game.doors.door_hint") if number == 1 else None
        form.ask(say("game.doors.door", number=number), box, hint)
    return form

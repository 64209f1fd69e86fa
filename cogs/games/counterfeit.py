"""Counterfeit's card: the opening, the form with the side that somebody is on, the texts to guess among, and who wrote
what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import discord
from discord import ui

from bot.errors import Gone
from bot.games.views import GameView
from bot.rules.games.counterfeit_rounds import MOST_CHARACTERS, WORDS
from bot.rules.games.counterfeit_views import CounterfeitView, Revealed, RoundResult
from bot.rules.games.steps import Wrote
from bot.ui.cards import Card, line, text
from bot.ui.cutting import label, share, shown_head
from bot.ui.escaping import bold, escape, quote, size
from bot.ui.fitting import CARD_TEXT
from bot.ui.forms import RoutedForm, submitted
from bot.ui.locale import Catalogue
from cogs.games import custom_ids
from cogs.games.forms import WritingForm

OPENING = 500
"""Characters of an opening on a card."""
SHOWN = 340
"""Characters of a text to guess among, where there are eight."""
FRAME = 500
"""Characters of a result that are not its opening, its texts and their writers."""
BETWEEN = 30
"""Characters between two texts, or of one that is held back."""
LABEL = 90
"""Characters of a text in a menu; Discord takes 100."""
LETTERS = "ABCDEFGHIJKLM"
"""What texts to guess among are called."""
OWN = "own"
"""Stands for the viewer's own text, of which there is one at a time."""


class CounterfeitCard:
    """See `cogs.games.kinds.GameCard`."""

    kind: ClassVar[str] = "counterfeit"
    emoji: ClassVar[str] = "🎭"

    # ---- while it is played

    def playing(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """The round and its opening, how many texts or guesses there are, and the button to guess."""
        game: CounterfeitView = view.game
        title = say("game.counterfeit.round", number=game.number, total=game.planned)
        if view.phase == "result":
            return [text(f"{title}\n{say('game.counterfeit.told')}")]
        opening = shown_head(game.opening, OPENING, quote)
        if view.phase == "guess":
            told = f"{title} · {say('game.counterfeit.guesses_in', count=game.guesses_in)}\n{opening}"
            look = custom_ids.CHOOSE.button(
                say("button.guess"), view.id, "look", game.number, style=discord.ButtonStyle.primary, emoji="🔍"
            )
            return [text(told), ui.ActionRow(look)]
        key = "game.counterfeit.machine_writes" if view.phase == "machine" else "game.counterfeit.texts_in"
        return [text(f"{title} · {say(key, count=game.texts_in)}\n{opening}")]

    def form(self, say: Catalogue, view: GameView, custom_id: str) -> RoutedForm:
        """The opening and the side that the viewer is on, above the box."""
        game: CounterfeitView = view.game
        side = say(f"game.counterfeit.side_{game.side or 'hand'}")
        above = f"{side}\n{shown_head(game.opening, OPENING, quote)}"
        return _form(say, custom_id, above, game.own or view.draft)

    def written(self, interaction: discord.Interaction[Any], seat: int, move: int) -> Wrote:
        """The text that was sent in."""
        return Wrote(seat=seat, move=move, text=submitted(interaction))

    def own_texts(self, view: GameView) -> Sequence[tuple[str, str]]:
        """The viewer's text of this round, until the writing closes."""
        return [(OWN, view.game.own)] if view.game is not None and view.game.own else []

    def mend_form(self, say: Catalogue, text: str, custom_id: str) -> RoutedForm:
        """The text alone."""
        return _form(say, custom_id, "", text)

    def shown(self, view: GameView) -> Sequence[tuple[str, str]]:
        """The texts of rounds that are over, and those that the viewer guesses among."""
        game: CounterfeitView | None = view.game
        return [] if game is None else [*zip(game.slots, game.lettered, strict=True), *game.told]

    # ---- guessing

    def choosing(self, view: GameView, what: str, part: int, values: Sequence[str]) -> tuple[str, ...]:
        """The places that were picked, of the round under way alone."""
        if view.game is None or part != view.game.number or what not in ("look", "marks", "star"):
            raise Gone("turn_over")
        return tuple(values)

    def chosen(self, say: Catalogue, view: GameView, what: str, part: int) -> Card:
        """The texts in the viewer's own order, with the menus of their guess."""
        game: CounterfeitView = view.game
        room = SHOWN if len(game.lettered) > 4 else 2 * SHOWN
        texts = [
            f"**{LETTERS[place]}**\u2002{shown_head(each, room, _on_one_line)}"
            if each
            else f"-# **{LETTERS[place]}**\u2002{say('game.held_back')}"
            for place, each in enumerate(game.lettered)
        ]
        title = say("game.counterfeit.which", count=game.wanted)
        foot = say("game.counterfeit.guess_kept" if game.marks else "game.counterfeit.guess_open", count=game.wanted)
        return Card(
            text(f"### {self.emoji} {title}\n{shown_head(game.opening, OPENING, quote)}"),
            text("\n\n".join(texts)),
            line(),
            ui.ActionRow(_menu(say, view, "marks", game.wanted, game.marks)),
            ui.ActionRow(_menu(say, view, "star", 1, () if game.star is None else (game.star,))),
            text(f"-# {foot}"),
        )

    # ---- the end of a round, and of the game

    def reveal(self, say: Catalogue, view: GameView, part: int) -> Card | None:
        """A round that is over: whose texts were whose, and *Next* on the newest."""
        game: CounterfeitView | None = view.game
        if game is None or not 0 < part <= len(game.over):
            return None
        result = game.over[part - 1]
        title = say("game.counterfeit.result", number=part, total=game.planned)
        blocks: list[ui.Item[Any]] = [text(f"### {self.emoji} {title}\n{shown_head(result.opening, OPENING, quote)}")]
        blocks.append(text(_texts_told(say, view, result)))
        blocks.append(text(_fooled_told(say, result)))
        if view.phase == "result" and part == game.number and not view.is_over:
            key = "button.gnext_round" if game.number < game.planned else "button.gnext_last"
            style = discord.ButtonStyle.primary
            blocks.append(ui.ActionRow(custom_ids.NEXT.button(say(key), view.id, part, style=style, emoji="➡️")))
        return Card(*blocks)

    def result(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """How often the machine fooled somebody in all."""
        game: CounterfeitView | None = view.game
        if game is None:
            return []
        fooled, guessed = (sum(getattr(each, name) for each in game.over) for name in ("fooled", "guessed"))
        if not guessed:
            return [text(say("game.counterfeit.nobody_guessed"))]
        return [text(say("game.counterfeit.fooled", count=fooled, total=guessed))]


def _form(say: Catalogue, custom_id: str, above: str, prefilled: str) -> RoutedForm:
    return WritingForm(
        title=say("game.counterfeit.form_title"),
        custom_id=custom_id,
        above=above,
        label=say("game.counterfeit.form_label"),
        hint=say("game.counterfeit.form_hint", low=WORDS[0], high=WORDS[-1], limit=MOST_CHARACTERS),
        prefilled=prefilled,
        most=MOST_CHARACTERS,
    )


def _menu(say: Catalogue, view: GameView, what: str, most: int, picked: Sequence[int]) -> ui.Select[Any]:
    game: CounterfeitView = view.game
    menu: ui.Select[Any] = ui.Select(
        custom_id=custom_ids.CHOOSE.id(view.id, what, game.number),
        placeholder=say(f"game.counterfeit.{what}", count=most),
        min_values=0 if what == "star" else most,
        max_values=most,
    )
    for place, each in enumerate(game.lettered):
        name = label(f"{LETTERS[place]} · {each}", LABEL)
        menu.add_option(label=name, value=str(place), default=place in picked)
    return menu


def _texts_told(say: Catalogue, view: GameView, result: RoundResult) -> str:
    """The texts of a round, each with whose it is; long ones are shortened so that all find place."""
    if not result.texts:
        return say("game.counterfeit.no_texts")
    signed = [_signed(say, view, each) for each in result.texts]
    room = CARD_TEXT - FRAME - OPENING - sum(size(each) + BETWEEN for each in signed)
    parts = share([size(quote(each.text)) for each in result.texts], room)
    told = []
    for each, by, part in zip(result.texts, signed, parts, strict=True):
        shown = shown_head(each.text, max(part, 1), quote) if each.text else f"-# {say('game.held_back')}"
        told.append(f"{shown}\n-# {by}")
    return "\n\n".join(told)


def _signed(say: Catalogue, view: GameView, each: Revealed) -> str:
    seat = view.seat(each.writer) if each.writer else None
    name = bold(seat.pen_name) if seat is not None else f"**🤖 {say('game.machine')}**"
    marks = [name]
    if each.masked:
        marks.append(say("game.counterfeit.masked"))
    marks.append(say("game.counterfeit.taken", count=each.marks))
    if each.stars:
        marks.append(f"★ {each.stars}")
    return " · ".join(marks)


def _fooled_told(say: Catalogue, result: RoundResult) -> str:
    if result.void:
        return say("game.counterfeit.void")
    if not result.guessed:
        return say("game.counterfeit.nobody_guessed")
    return say("game.counterfeit.fooled", count=result.fooled, total=result.guessed)


def _on_one_line(content: str) -> str:
    return escape(" ".join(content.split()))

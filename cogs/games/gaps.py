"""The cards of Gaps and of the duel: the words that are asked for, the passage as it has become, and the guesses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import discord
from discord import ui

from bot.errors import Gone
from bot.games.views import GameView
from bot.rules.games.gaps_state import Asked, GapsView, word_slot
from bot.rules.games.steps import Wrote
from bot.rules.gap_words import MOST_LETTERS
from bot.ui.cards import Card, text
from bot.ui.cutting import label, shown_head
from bot.ui.escaping import bold, escape, quote
from bot.ui.fitting import CARD_TEXT
from bot.ui.forms import TEXT, RoutedForm, submitted
from bot.ui.locale import Catalogue
from cogs.games import custom_ids

PASSAGE = 1100
"""Characters of a passage on a card."""
LABEL = 45
"""Characters that Discord takes for the label of a field."""
OPTION = 90
"""Characters of a word in a menu; Discord takes 100."""
_MORE = tuple(f"word{number}" for number in range(2, 6))
"""The boxes of the words behind the first."""


class GapsCard:
    """See `cogs.games.kinds.GameCard`."""

    kind: ClassVar[str] = "gaps"
    emoji: ClassVar[str] = "🕳️"

    # ---- while it is filled

    def playing(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """How many have put their words in; of a duel the text, too."""
        game: GapsView = view.game
        if view.phase == "prepare":
            return [text(say("game.gaps.preparing"))]
        if view.phase == "stars":
            return [text(say("game.gaps.told"))]
        told = [say("game.gaps.filled", count=game.filled_in)]
        if game.text:
            told.insert(0, shown_head(game.text, PASSAGE, quote))
        return [text("\n".join(told))]

    def form(self, say: Catalogue, view: GameView, custom_id: str) -> RoutedForm:
        """A box for each of the viewer's words, with its hints."""
        game: GapsView = view.game
        form = RoutedForm(title=say(f"game.{self.kind}.form_title"), custom_id=custom_id)
        for name, asked in zip((TEXT, *_MORE), game.asked, strict=False):
            box: ui.TextInput[Any] = ui.TextInput(
                custom_id=name, max_length=MOST_LETTERS, required=False, default=asked.word or None
            )
            form.ask(label(say("game.gaps.word", number=asked.number), LABEL), box, _hint(say, asked))
        return form

    def written(self, interaction: discord.Interaction[Any], seat: int, move: int) -> Wrote:
        """The words that were sent in, in the order of their gaps."""
        parts = tuple(submitted(interaction, name) for name in _MORE)
        return Wrote(seat=seat, move=move, text=submitted(interaction), parts=parts)

    def own_texts(self, view: GameView) -> Sequence[tuple[str, str]]:
        """The words that the viewer has put in, until the reveal."""
        game: GapsView | None = view.game
        return [] if game is None else [(each.slot, each.word) for each in game.asked if each.word]

    def mend_form(self, say: Catalogue, text: str, custom_id: str) -> RoutedForm:
        """One of the words alone."""
        form = RoutedForm(title=say(f"game.{self.kind}.form_title"), custom_id=custom_id)
        box: ui.TextInput[Any] = ui.TextInput(custom_id=TEXT, max_length=MOST_LETTERS, default=text)
        form.ask(say("game.gaps.one_word"), box)
        return form

    def shown(self, view: GameView) -> Sequence[tuple[str, str]]:
        """The words that were revealed."""
        game: GapsView | None = view.game
        return [] if game is None else [(word_slot(each.number - 1, 0), each.word) for each in game.told if each.word]

    # ---- the reveal

    def choosing(self, view: GameView, what: str, part: int, values: Sequence[str]) -> tuple[str, ...]:
        """The word that was picked."""
        if view.game is None or what != "star" or view.phase != "stars":
            raise Gone("turn_over")
        return tuple(values)

    def chosen(self, say: Catalogue, view: GameView, what: str, part: int) -> Card:
        """The star that the viewer gave."""
        game: GapsView = view.game
        starred = [each for each in game.told if game.star is not None and each.number == game.star + 1]
        told = say("game.gaps.starred", word=escape(starred[0].word)) if starred else say("game.gaps.no_star")
        return Card(text(told), ui.ActionRow(_star_menu(say, view)))

    def reveal(self, say: Catalogue, view: GameView, part: int) -> Card | None:
        """The passage with the words in it, who gave which, and the passage as it was."""
        game: GapsView | None = view.game
        if game is None or part != 1 or not game.told:
            return None
        blocks: list[ui.Item[Any]] = [
            text(f"### {self.emoji} {say('game.gaps.now')}"),
            text(shown_head(game.whole, PASSAGE, escape)),
            text("\n".join(_given(say, view, game))),
            text(f"-# {say('game.gaps.before')}\n{shown_head(game.passage, PASSAGE // 3, quote)}"),
        ]
        if view.phase == "stars" and not view.is_over:
            blocks.append(ui.ActionRow(_star_menu(say, view)))
        return Card(*blocks)

    def result(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """The words with the most stars."""
        game: GapsView | None = view.game
        if game is None or not game.told:
            return [text(say("game.gaps.empty"))]
        most = max(each.stars for each in game.told)
        best = [each for each in game.told if each.stars == most and each.word]
        if not most or not best:
            return [text(say("game.gaps.no_stars"))]
        return [text(say("game.gaps.best", words=", ".join(bold(each.word) for each in best), count=most))]


class DuelCard(GapsCard):
    """The card of the duel."""

    kind: ClassVar[str] = "duel"
    emoji: ClassVar[str] = "⚔️"

    def shown(self, view: GameView) -> Sequence[tuple[str, str]]:
        """Nothing: guesses are words of somebody else's text."""
        return []

    def reveal(self, say: Catalogue, view: GameView, part: int) -> Card | None:
        """The passage, and what everybody guessed."""
        game: GapsView | None = view.game
        if game is None or part != 1 or not game.guesses:
            return None
        told = []
        for guesses in game.guesses:
            seat = view.seat(guesses.seat) if guesses.seat else None
            name = bold(seat.pen_name) if seat is not None else f"**🤖 {say('game.machine')}**"
            words = " · ".join(
                f"{escape(word) if word else '–'}{' ✓' if points else ''}"
                for word, points in zip(guesses.words, guesses.points, strict=True)
            )
            told.append(f"{name} ({sum(guesses.points)}): {words}")
        blocks = [
            text(f"### {self.emoji} {say('game.duel.now')}"),
            text(shown_head(game.passage, PASSAGE, quote)),
            text(shown_head("\n".join(told), CARD_TEXT // 3, str)),
        ]
        return Card(*blocks)

    def result(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """Whether the model was beaten."""
        game: GapsView | None = view.game
        if game is None or not game.guesses:
            return [text(say("game.gaps.empty"))]
        machine = sum(next(each.points for each in game.guesses if each.seat == 0))
        beaten = [each for each in game.guesses if each.seat and sum(each.points) > machine]
        names = [seat.pen_name for each in beaten if (seat := view.seat(each.seat)) is not None]
        if not names:
            return [text(say("game.duel.unbeaten", count=machine))]
        return [text(say("game.duel.beaten", names=", ".join(map(bold, names)), count=machine))]


def _hint(say: Catalogue, asked: Asked) -> str | None:
    """What is told of a word: its shape, and words that fit there, too."""
    shape = say(f"game.gaps.shape_{asked.shape}") if asked.shape else ""
    like = say("game.gaps.like", words=" · ".join(asked.hints)) if asked.hints else ""
    return label(" ".join(each for each in (like, shape) if each), 100) or None


def _given(say: Catalogue, view: GameView, game: GapsView) -> list[str]:
    lines = []
    for each in game.told:
        seat = view.seat(each.giver) if each.giver else None
        name = escape(seat.pen_name) if seat is not None else f"🤖 {say('game.machine')}"
        word = bold(each.word) if each.word else say("game.held_back")
        stars = f" · ★ {each.stars}" if each.stars else ""
        lines.append(
            f"-# {each.number}\u2002{word} · {name} · {say('game.gaps.was', word=escape(each.original))}{stars}"
        )
    return lines


def _star_menu(say: Catalogue, view: GameView) -> ui.Select[Any]:
    game: GapsView = view.game
    menu: ui.Select[Any] = ui.Select(
        custom_id=custom_ids.CHOOSE.id(view.id, "star", 1),
        placeholder=say("game.gaps.star"),
        min_values=0,
        max_values=1,
    )
    for each in game.told:
        if each.word:
            name = label(f"{each.number} · {each.word}", OPTION)
            menu.add_option(label=name, value=str(each.number), default=game.star == each.number - 1)
    return menu

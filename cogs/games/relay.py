"""Relay's card: whose turn it is, the passages that may be read, *Take it*, and sparks for whoever is due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import discord
from discord import ui

from bot.errors import Gone
from bot.games.views import GameView
from bot.rules.games.relay import MOST_CHARACTERS, WORDS
from bot.rules.games.relay_views import RelayPassage, RelayView
from bot.rules.games.steps import Wrote
from bot.ui.cards import Card, text
from bot.ui.cutting import shown_head, shown_tail
from bot.ui.escaping import bold, escape, quote
from bot.ui.fitting import CARD_TEXT
from bot.ui.forms import RoutedForm, submitted
from bot.ui.locale import Catalogue
from cogs.games import custom_ids
from cogs.games.forms import WritingForm

BEFORE = 900
"""Characters of the end of the passage before, above the box."""
SPARK = 300
"""Characters of a spark that are shown."""
FRAME = 900
"""Characters of a card that are not its passages."""


class RelayCard:
    """See `cogs.games.kinds.GameCard`."""

    kind: ClassVar[str] = "relay"
    emoji: ClassVar[str] = "🏃"

    # ---- while it is written

    def playing(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """How far it is, the passages that are not posted one by one, and what whoever is there can do."""
        relay: RelayView = view.game
        told = [say("game.relay.progress", count=relay.written)]
        if relay.rounds and view.settings["order"] != "open":
            told.append(say("game.relay.round", number=max(1, relay.round), total=relay.rounds))
        if view.phase == "open":
            told.append(f"**{say('game.relay.open')}**")
        if view.phase == "stand_in":
            told.append(say("game.relay.machine_writes"))
        blocks: list[ui.Item[Any]] = [text("\n".join(told))]
        if view.settings["visible"] and relay.passages:
            room = (CARD_TEXT - FRAME) // 2 // len(relay.passages)
            blocks += [text(_passage_told(say, view, each, room)) for each in relay.passages]
        buttons = []
        if view.phase == "open":
            style = discord.ButtonStyle.primary
            take = custom_ids.CHOOSE.id(view.id, "take", relay.written)
            buttons.append(_button(take, say("button.gtake"), "✋", style))
        if relay.due is not None and relay.written:
            spark = custom_ids.CHOOSE.id(view.id, "spark", relay.written)
            buttons.append(_button(spark, say("button.gspark"), "✨", discord.ButtonStyle.secondary))
        return [*blocks, *([ui.ActionRow(*buttons)] if buttons else [])]

    def form(self, say: Catalogue, view: GameView, custom_id: str) -> RoutedForm:
        """The end of the passage before, and the sparks where there are any, above the box."""
        relay: RelayView = view.game
        last = relay.passages[-1] if relay.passages else None
        above = [say("game.relay.first")] if last is None else []
        if last is not None:
            above.append(say("game.held_back") if last.hidden else shown_tail(last.text, BEFORE, quote))
        if relay.sparks:
            above += [say("game.relay.sparks"), _sparks_told(view)]
        return _form(say, custom_id, "\n".join(above), view.draft)

    def written(self, interaction: discord.Interaction[Any], seat: int, move: int) -> Wrote:
        """The passage that was sent in."""
        return Wrote(seat=seat, move=move, text=submitted(interaction))

    def own_texts(self, view: GameView) -> Sequence[tuple[str, str]]:
        """The last passage, where nobody goes on from it yet."""
        return [(own.slot, own.text) for own in view.game.mine] if view.game is not None else []

    def mend_form(self, say: Catalogue, text: str, custom_id: str) -> RoutedForm:
        """The passage alone."""
        return _form(say, custom_id, "", text)

    def shown(self, view: GameView) -> Sequence[tuple[str, str]]:
        """The passages that all may read."""
        passages = view.game.passages if view.game is not None else ()
        return [(each.slot, each.text) for each in passages if not each.hidden]

    # ---- choosing

    def choosing(self, view: GameView, what: str, part: int, values: Sequence[str]) -> tuple[str, ...]:
        """Nothing but what is pressed; a button of an earlier turn is over."""
        if what not in ("take", "spark") or view.game is None or part != view.game.written:
            raise Gone("turn_over")
        return ()

    def chosen(self, say: Catalogue, view: GameView, what: str, part: int) -> Card:
        """The turn that was taken; or what the models propose, as far as it is there."""
        relay: RelayView = view.game
        turn = custom_ids.TURN.button(say("button.gturn"), view.id, style=discord.ButtonStyle.primary, emoji="✍️")
        if what == "take":
            return Card(text(say("game.relay.taken")), ui.ActionRow(turn))
        if relay.sparks:
            title = f"### ✨ {say('game.relay.sparks')}"
            return Card(text(title), text(_sparks_told(view)), text(f"-# {say('game.relay.use')}"), ui.ActionRow(turn))
        if relay.spark != "asked":
            return Card(text(say("game.relay.no_sparks")), ui.ActionRow(turn))
        spark = custom_ids.CHOOSE.id(view.id, "spark", relay.written)
        look = _button(spark, say("button.gspark_look"), "✨", discord.ButtonStyle.secondary)
        return Card(text(say("game.relay.asked")), ui.ActionRow(look, turn))

    # ---- what is shown

    def reveal(self, say: Catalogue, view: GameView, part: int) -> Card | None:
        """A passage and whose it is."""
        passages = view.game.passages if view.game is not None else ()
        found = next((each for each in passages if each.number == part), None)
        return None if found is None else Card(text(_passage_told(say, view, found, CARD_TEXT - FRAME)))

    def result(self, say: Catalogue, view: GameView) -> Sequence[ui.Item[Any]]:
        """How many passages the story has."""
        relay: RelayView | None = view.game
        if relay is None or not relay.written:
            return [text(say("game.relay.empty"))]
        return [text(say("game.relay.told", count=relay.written))]


def _button(custom_id: str, name: str, emoji: str, style: discord.ButtonStyle) -> ui.Button[Any]:
    return ui.Button(custom_id=custom_id, label=name, emoji=emoji, style=style)


def _sparks_told(view: GameView) -> str:
    return "\n".join(f"✨ {shown_head(spark.text, SPARK, escape)}" for spark in view.game.sparks)


def _passage_told(say: Catalogue, view: GameView, passage: RelayPassage, room: int) -> str:
    seat = view.seat(passage.writer) if passage.writer else None
    by = (bold(seat.pen_name) if seat.pen_name else say("game.somebody")) if seat else f"🤖 {say('game.machine')}"
    shown = f"-# {say('game.held_back')}" if passage.hidden else shown_head(passage.text, room, escape)
    return f"**{passage.number}** · {by}\n{shown}"


def _form(say: Catalogue, custom_id: str, above: str, prefilled: str) -> RoutedForm:
    return WritingForm(
        title=say("game.relay.form_title"),
        custom_id=custom_id,
        above=above,
        label=say("game.relay.form_label"),
        hint=say("game.relay.form_hint", low=WORDS[0], high=WORDS[-1]),
        prefilled=prefilled,
        most=MOST_CHARACTERS,
    )

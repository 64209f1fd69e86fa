"""The card of a twist: the passage with its expected words underlined, a menu for each, and the picks in bold; and the
card of the text that came of it."""

from __future__ import annotations

from typing import Any, ClassVar

import discord
from discord import ui

from bot.rules.generations import Generation, GenerationKind, Suggestion
from bot.rules.twists import KEPT, Twist, twist_of
from bot.ui import custom_ids
from bot.ui.cards import Card, is_own, line, text
from bot.ui.cutting import label
from bot.ui.escaping import escape, size
from bot.ui.fitting import CARD_TEXT
from bot.ui.infills import Filled
from bot.ui.locale import Catalogue
from bot.ui.story_starts import take_menu
from bot.writing.twist.request import TwistRequest
from cogs.core.feature_card import FilledCard

_DISTANCES = ((5.0, "odd"), (2.5, "far"))
"""Nats below the expected word from which on a word is called that: chosen by reading what came out."""
_LABEL = 100
"""Characters of a label or a placeholder that Discord takes."""


class TwistCard(FilledCard):
    """One passage, under way or used. All raise `Gone` where a generation holds no twist."""

    kind: ClassVar[GenerationKind] = TwistRequest.kind

    def card(self, say: Catalogue, generation: Generation, *, name: str) -> Card:
        if is_own(generation):
            return super().card(say, generation, name=name)
        twist = twist_of(generation)
        kind = "twisted" if twist.done else "twist"
        title = f"### {say(f'card.{kind}.title', name=escape(name), count=len(twist.words))}"
        taken = generation.suggestions[0].taken
        notes = [say(f"card.{kind}.foot", name=escape(name)), *([say("card.taken", count=taken)] if taken else [])]
        foot = f"-# {' · '.join(notes)}"
        whole = Filled(twist.pieces, twist.fills, twist.unpicked)
        shown = whole.show(CARD_TEXT - size(title) - size(foot) - 8)
        if size(whole.show()) > CARD_TEXT // 3:
            shown = whole.close().show(CARD_TEXT - size(title) - size(foot) - 8)
        blocks: list[ui.Item[Any]] = [text(title)]
        if twist.done:
            blocks.append(ui.Section(text(shown), accessory=custom_ids.GO.button(say("button.go"), generation.id, 0)))
        else:
            blocks += [text(shown), line()]
            blocks += [ui.ActionRow(_menu(say, generation.id, twist, number)) for number in range(len(twist.words))]
        blocks += [line(), _actions_of(say, generation, twist, read=shown != whole.show())]
        if twist.done:
            blocks.append(take_menu(say, generation, begins_stories=True))
        blocks.append(text(foot))
        return Card(*blocks)

    def filled(self, generation: Generation, suggestion: Suggestion) -> Filled | None:
        twist = twist_of(generation)
        return Filled(twist.pieces, suggestion.fills, twist.unpicked)

    def numbered(self, position: int) -> str:
        """Nothing: there is one alone."""
        return ""


def _menu(say: Catalogue, generation_id: int, twist: Twist, number: int) -> ui.Select[Any]:
    """The menu of one word: to keep it, and the others from the nearest on; what is picked is ticked."""
    word = twist.words[number]
    menu: ui.Select[Any] = ui.Select(
        custom_id=custom_ids.TWIST.id(generation_id, number),
        placeholder=label(say("card.twist.word", word=word.word), _LABEL),
    )
    if word.picked != KEPT:
        menu.add_option(label=label(say("card.twist.keep", word=word.word), _LABEL), value=str(KEPT), emoji="↩️")
    for place, other in enumerate(word.others):
        menu.add_option(
            label=label(other.text, _LABEL),
            value=str(place),
            description=say(f"twist.{_distance(other.distance)}"),
            default=place == word.picked,
        )
    return menu


def _actions_of(say: Catalogue, generation: Generation, twist: Twist, *, read: bool) -> ui.ActionRow[Any]:
    row: ui.ActionRow[Any] = ui.ActionRow()
    if not twist.done:
        use = custom_ids.USE.button(say("button.use"), generation.id, style=discord.ButtonStyle.primary, emoji="✅")
        use.disabled = not twist.picked
        row.add_item(use)
        row.add_item(custom_ids.CHANGE.button(say("button.change"), generation.id, 0, emoji="✏️"))
    if read:
        row.add_item(custom_ids.READ.button(say("button.read"), generation.id, 0, emoji="📖"))
    row.add_item(custom_ids.WHY.button(say("button.why"), generation.id, emoji="🔍"))
    row.add_item(custom_ids.DELETE.button(say("button.delete"), generation.id, emoji="🗑️"))
    return row


def _distance(nats: float) -> str:
    return next((word for least, word in _DISTANCES if nats >= least), "near")

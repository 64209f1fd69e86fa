"""What somebody is as a writer in a server: the card that shows it to them, and the form for a pen name."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.rules.profiles import WriterProfile
from bot.rules.stories import MAX_PEN_NAME
from bot.ui.cards import Card, line, text
from bot.ui.custom_ids import Route
from bot.ui.escaping import bold
from bot.ui.forms import TEXT, RoutedForm
from bot.ui.locale import Catalogue

ASK_NAME = Route("lname")
"""*Pen name*: opens a form."""
NAME_FORM = Route("lnamed")
"""The form for a pen name."""
OWN_NAME = Route("lnoname")
"""*Write under my own name*."""
TURN_AI = Route("lai", optional=("wanted",))
"""The switch for models: "on" or "off" is wanted."""


class NameForm(RoutedForm):
    """A form for a pen name."""

    def __init__(self, say: Catalogue, custom_id: str, prefilled: str | None) -> None:
        super().__init__(title=say("form.pen_name.title"), custom_id=custom_id)
        box: ui.TextInput[Any] = ui.TextInput(custom_id=TEXT, max_length=MAX_PEN_NAME, default=prefilled)
        hint = say("form.pen_name.hint", limit=MAX_PEN_NAME)
        self.ask(say("form.pen_name.label"), box, hint)


def writer_card(say: Catalogue, profile: WriterProfile, *, saved: bool = False) -> Card:
    """Return the card of somebody's wishes, with the buttons that change them; `saved`: they were just changed."""
    pen_name = profile.pen_name
    named = say("writer.pen_name", name=bold(pen_name)) if pen_name is not None else say("writer.own_name")
    refused = profile.no_ai
    names = [ASK_NAME.button(say("button.pen_name"), emoji="✏️")]
    if pen_name is not None:
        names.append(OWN_NAME.button(say("button.own_name")))
    # It says what is wanted, not "the other": pressed twice, as when an answer is lost, it does the same.
    consent = TURN_AI.button(
        say("button.ai_yes" if refused else "button.ai_no"),
        "on" if refused else "off",
        style=discord.ButtonStyle.secondary,
        emoji="🤖",
    )
    blocks: list[ui.Item[Any]] = [text(f"### 🪶 {say('writer.title')}")]
    if saved:
        blocks.append(text(f"✅ {say('writer.saved')}"))
    blocks += [
        text(f"{named}\n-# {say('writer.name_hint')}"),
        ui.ActionRow(*names),
        line(),
        text(f"{say('writer.ai_no' if refused else 'writer.ai_yes')}\n-# {say('writer.ai_hint')}"),
        ui.ActionRow(consent),
    ]
    return Card(*blocks)

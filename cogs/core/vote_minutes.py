"""How long a vote stays open: in words, and as a menu in the forms that open one."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.rules.stories import StoryRules
from bot.ui.forms import chosen
from bot.ui.locale import Catalogue

FIELD = "minutes"
"""The custom id of the menu."""
CHOICES = (3, 5, 10, 20, 30, 60, 3 * 60, 8 * 60, 24 * 60, 3 * 24 * 60, 7 * 24 * 60)
"""Minutes to choose from, besides what the story's rules say."""
_BY_RULES = "0"
"""The value of the choice that leaves the length to the story's rules."""
_HOUR, _DAY = 60, 24 * 60
"""In minutes."""


def lasting(say: Catalogue, minutes: int) -> str:
    """Return a length of time that somebody chose, exactly."""
    for unit, name in ((_DAY, "days"), (_HOUR, "hours")):
        if minutes % unit == 0:
            return say(f"story.{name}", count=minutes // unit)
    return say("time.minutes", count=minutes)


def minutes_menu(say: Catalogue, rules: StoryRules, wanted: int | None = None) -> ui.Select[Any]:
    """Return a menu of lengths, on which stands what the rules say, or what somebody wanted already."""
    menu: ui.Select[Any] = ui.Select(custom_id=FIELD)
    by_rules = say("form.minutes_by_rules", time=lasting(say, rules.round_minutes))
    wanted = rules.round_minutes if wanted is None else wanted
    menu.add_option(label=by_rules, value=_BY_RULES, default=wanted == rules.round_minutes)
    for minutes in sorted({*CHOICES, wanted} - {rules.round_minutes}):
        menu.add_option(label=lasting(say, minutes), value=str(minutes), default=minutes == wanted)
    return menu


def chosen_minutes(interaction: discord.Interaction[Any]) -> int | None:
    """Return what was chosen in the menu of a form that was sent in; None: as the rules say, or no number."""
    value = chosen(interaction, FIELD) or _BY_RULES
    if not (value.isascii() and value.isdecimal() and len(value) < 7):
        return None
    return int(value) or None

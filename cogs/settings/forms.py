"""The forms under the settings: the word list, one word a line (a list that is too long for one box has several), and
quiet hours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.errors import BadInput
from bot.rules.games.table import Quiet
from bot.rules.servers import HOURS, MAX_LISTED_WORDS, MAX_TEXT
from bot.rules.text.characters import is_blank
from bot.rules.zones import MAX_ZONE, find_zone, told_zone
from bot.ui.forms import RoutedForm, chosen, submitted
from bot.ui.locale import Catalogue
from cogs.settings.cards import told_hour

_FILLED = 3000
"""So many characters of a box are filled at most: the rest of its MAX_TEXT is for more words."""
_BOXES = 5
"""What a form can hold. The longest list that a server may have fills three."""
BEGIN, END, ZONE = "begin", "end", "zone"
"""The custom ids of the fields of quiet hours."""
NEVER = "never"
"""The value of the choice that no hours are quiet; they then begin when they end."""
_BETWEEN = re.compile(r"[\n,，、;；]")
"""What separates the words of a list that somebody typed."""


class WordsForm(RoutedForm):
    """The form, with the list as it is."""

    def __init__(self, say: Catalogue, custom_id: str, words: Sequence[str]) -> None:
        super().__init__(title=say("form.words.title"), custom_id=custom_id)
        for place, filled in enumerate(_boxes(words)):
            box: ui.TextInput[Any] = ui.TextInput(
                custom_id=_name(place),
                style=discord.TextStyle.paragraph,
                max_length=MAX_TEXT,
                required=False,
                default=filled or None,
            )
            hint = say("form.words.hint", limit=MAX_LISTED_WORDS)
            self.ask(say("form.words.label"), box, hint)


def written_words(interaction: discord.Interaction[Any]) -> tuple[str, ...]:
    """Return the words that were sent in, as they were written."""
    boxes = (submitted(interaction, _name(place)) for place in range(_BOXES))
    return tuple(word for box in boxes for word in _BETWEEN.split(box) if not is_blank(word))


class QuietForm(RoutedForm):
    """Asks from when to when a server is quiet, and for its time zone."""

    def __init__(self, say: Catalogue, custom_id: str, quiet: Quiet) -> None:
        super().__init__(title=say("form.quiet.title"), custom_id=custom_id)
        hours = [(str(hour), told_hour(hour)) for hour in HOURS]
        none = quiet.begin == quiet.end
        begin = NEVER if none else str(quiet.begin)
        self.ask(say("form.quiet.begin"), _menu(BEGIN, [(NEVER, say("form.quiet.none")), *hours], begin))
        self.ask(say("form.quiet.end"), _menu(END, hours, str(quiet.end)))
        box: ui.TextInput[Any] = ui.TextInput(custom_id=ZONE, max_length=MAX_ZONE, default=told_zone(quiet.zone))
        self.ask(say("form.quiet.zone"), box, say("form.quiet.zone_hint"))


def written_quiet(interaction: discord.Interaction[Any]) -> Quiet:
    """Return the quiet hours that were sent in. Raises `BadInput`: `zone_unknown` (given), `hour_range` (given, low,
    high)."""
    begin, end = chosen(interaction, BEGIN) or NEVER, chosen(interaction, END) or ""
    zone = find_zone(submitted(interaction, ZONE))
    until = _hour(end)
    return Quiet(zone=zone, begin=until if begin == NEVER else _hour(begin), end=until)


def _hour(given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) <= 2):
        raise BadInput("hour_range", given=given[:2], low=HOURS[0], high=HOURS[-1])
    return int(given)


def _menu(name: str, options: Sequence[tuple[str, str]], current: str) -> ui.Select[Any]:
    menu: ui.Select[Any] = ui.Select(custom_id=name)
    for value, label in options:
        menu.add_option(label=label, value=value, default=value == current)
    return menu


def _name(place: int) -> str:
    return f"words{place}"


def _boxes(words: Sequence[str]) -> list[str]:
    boxes = [""]
    for word in words:
        if len(boxes[-1]) + len(word) >= _FILLED:
            boxes.append("")
        boxes[-1] += f"\n{word}" if boxes[-1] else word
    return boxes

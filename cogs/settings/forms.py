"""The form for a server's word list, one word a line. A list that is too long for one box has several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.rules.servers import MAX_LISTED_WORDS, MAX_TEXT
from bot.rules.text.characters import is_blank
from bot.ui.forms import RoutedForm, submitted
from bot.ui.locale import Catalogue

_FILLED = 3000
"""So many characters of a box are filled at most: the rest of its MAX_TEXT is for more words."""
_BOXES = 5
"""What a form can hold. The longest list that a server may have fills three."""
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


def _name(place: int) -> str:
    return f"words{place}"


def _boxes(words: Sequence[str]) -> list[str]:
    boxes = [""]
    for word in words:
        if len(boxes[-1]) + len(word) >= _FILLED:
            boxes.append("")
        boxes[-1] += f"\n{word}" if boxes[-1] else word
    return boxes

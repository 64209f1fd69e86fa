"""Passages as they stand in a story's thread: prose in plain messages, so that it can be searched and quoted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from discord import ui

from bot.rules.rounds import Candidate
from bot.rules.stories import Passage
from bot.ui.cutting import shown_pages
from bot.ui.escaping import escape, size
from bot.ui.locale import Catalogue
from bot.ui.origins import credit

MESSAGE_TEXT = 2000
"""Characters of a message without a card."""
PROSE_TEXT = 1800
"""Characters of a passage, escaped, in one message: the rest is for who wrote it, and how it stands."""


@dataclass(frozen=True, slots=True)
class Prose:
    """A message without a card: its content, escaped, and the buttons beneath it. `parts` is how many messages the
    whole text takes, of which this is one."""

    content: str
    parts: int = 1
    buttons: tuple[ui.Button[Any], ...] = ()

    def view(self) -> ui.View | None:
        """Return the row of buttons, None where there are none."""
        return ButtonRow(*self.buttons) if self.buttons else None


class ButtonRow(ui.View):
    """Buttons that are routed by custom id (see `bot.ui.tree`), so that discord.py need not remember them: they count
    as finished from the start."""

    def __init__(self, *buttons: ui.Button[Any]) -> None:
        super().__init__(timeout=None)
        for button in buttons:
            self.add_item(button)

    def is_finished(self) -> bool:
        return True


def prose_parts(text: str) -> list[str]:
    """Return the text of a passage, escaped, in pieces for one message each; at least one."""
    return shown_pages(text, PROSE_TEXT)


def signature(say: Catalogue, passage: Passage | Candidate) -> str:
    """Return who a passage is by, escaped: a pen name hides whose it is; a mention that pings nobody shows a name."""
    if passage.pen_name is not None:
        name = escape(passage.pen_name)
    elif passage.author_id is not None:
        name = f"<@{passage.author_id}>"
    else:
        return credit(say, passage.origin, say("origin.nobody"))
    return credit(say, "edited", name) if passage.origin == "edited" else name


def prose(
    say: Catalogue,
    passage: Passage,
    part: int,
    *,
    stands: bool,
    buttons: tuple[ui.Button[Any], ...] = (),
    first: bool = False,
) -> Prose | None:
    """Return what message `part` of a passage says; None where there is nothing (any more) for it to say.

    `stands`: the passage is part of the story; else it was taken back, and stays to be returned to. The last message
    has the `buttons`, and of the `first` passage in a thread a line on what is written there besides.
    """
    if passage.withdrawn:
        return Prose(f"-# {say('story.withdrawn')}", buttons=buttons) if part == 0 else None
    parts = prose_parts(passage.text)
    if part >= len(parts):
        return None
    if part < len(parts) - 1:
        shown = parts[part] if stands else _faded(parts[part], MESSAGE_TEXT)
        return Prose(shown, len(parts))
    signed = f"\n-# {signature(say, passage)}"
    if stands:
        note = f"\n-# {say('story.plain_messages')}" if first else ""
        return Prose(parts[part] + signed + note, len(parts), buttons)
    signed += f" · {say('story.taken_back')}"
    return Prose(_faded(parts[part], MESSAGE_TEXT - size(signed)) + signed, len(parts), buttons)


def _faded(body: str, room: int) -> str:
    """Return text that is escaped as a quotation in small letters; where that many lines would take too much room, as
    it is, behind one mark that fades it as well as a line can be."""
    faded = "\n".join(f"> -# {line}" if line.strip() else ">" for line in body.split("\n"))
    return faded if size(faded) <= room else f">>> {body}"

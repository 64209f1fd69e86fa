"""A message that calls somebody: the only kind of message of the bot's that may ping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.ui.prose import ButtonRow


@dataclass(frozen=True, slots=True)
class Mention:
    """A message for one person: its content, escaped, and the buttons beneath it. It pings `person_id`, whom the
    content names; nobody where that is None, as in a direct message, which tells by itself. `silent`: it makes no
    sound."""

    content: str
    person_id: int | None = None
    silent: bool = False
    buttons: tuple[ui.Button[Any], ...] = ()

    def view(self) -> ui.View | None:
        """Return the row of buttons, None where there are none."""
        return ButtonRow(*self.buttons) if self.buttons else None

    @property
    def allowed(self) -> discord.AllowedMentions:
        """Whom Discord may ping for it: that person and nobody else."""
        if self.person_id is None:
            return discord.AllowedMentions.none()
        return discord.AllowedMentions(
            everyone=False, roles=False, replied_user=False, users=[discord.Object(self.person_id)]
        )

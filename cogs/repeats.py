"""What was kept although its answer may not have arrived: whoever does the same again is told that it is there already.

Dialogue and refrains repeat rightly. So a repeat is stopped only where nobody can tell whether the first was answered,
for ten minutes, and whoever means it keeps it with a button.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import discord

from bot.errors import AlreadyKept, Gone
from bot.ui.tree import number

REMEMBERED_S = 10 * 60.0
"""So long an action is remembered whose answer may not have arrived."""
_AGAIN = "again"
"""The key in `interaction.extras` that says that the person wants it a second time."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person does and that is kept: what kind, in which place (an id), and all that they gave."""

    person_id: int
    what: str
    place: int
    given: tuple[str, ...]


Again = Callable[[discord.Interaction[Any], Act], Awaitable[None]]


class Repeats:
    """Knows what was kept and perhaps never answered. One for all the cogs of a bot; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._unanswered: dict[int, tuple[Act, float]] = {}
        self._again: dict[str, Again] = {}

    def register(self, what: str, again: Again) -> None:
        """Say how an action of a kind is done once more."""
        self._again[what] = again

    def check(self, interaction: discord.Interaction[Any], act: Act) -> None:
        """Raise `AlreadyKept` where the same was kept before, and its answer may not have arrived."""
        oldest_s = self._clock() - REMEMBERED_S
        self._unanswered = {key: kept for key, kept in self._unanswered.items() if kept[1] > oldest_s}
        key = next((key for key, (kept, _) in self._unanswered.items() if kept == act), None)
        if key is not None and _AGAIN not in interaction.extras:
            raise AlreadyKept(key)

    def kept(self, act: Act) -> None:
        """Note that an action is kept, and not answered yet."""
        self.answered(act)
        self._unanswered[secrets.randbits(48)] = (act, self._clock())

    def answered(self, act: Act) -> None:
        """Note that the answer to an action arrived."""
        self._unanswered = {key: kept for key, kept in self._unanswered.items() if kept[0] != act}

    async def again(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Keep it again*, for the person whose text it is."""
        act, _ = self._unanswered.get(number(ids, 0), (None, 0.0))
        if act is None or act.person_id != interaction.user.id:
            raise Gone("repeat_gone")
        interaction.extras[_AGAIN] = True
        await self._again[act.what](interaction, act)

"""Repeats of what was stored although its answer may have been lost: whoever repeats it is told that it exists.

Dialogue and refrains repeat on purpose. So a repeat is stopped only for ten minutes where it is unknown whether the
first was answered, and a button keeps it all the same. What this run stored is remembered here; what an earlier one
stored in its last minutes, before it was killed perhaps, is looked for in the database.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import discord

from bot.errors import AlreadyKept, Gone
from bot.stories.access import Who
from bot.stories.earlier_run import REMEMBERED_S
from bot.ui.custom_ids import number

_AGAIN = "again"
"""The key in `interaction.extras` that says that the person wants it a second time."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a person stores in a server: its kind, the id of its place, and all that they gave."""

    server_id: int
    person_id: int
    what: str
    place: int
    given: tuple[Any, ...]

    @classmethod
    def of(cls, who: Who, what: str, place: int, *given: Any) -> Act:
        """Return the `Act` of `who`."""
        return cls(who.server_id, who.person_id, what, place, given)


Again = Callable[[discord.Interaction[Any], Act], Awaitable[None]]
"""Does an action once more."""
Before = Callable[[Act], Awaitable[bool]]
"""Tells whether an earlier run of the program kept the same in its last minutes."""


async def _unknown(_: Act) -> bool:
    return False


class Repeats:
    """Remembers what was stored and perhaps never answered. One for all the cogs of a bot; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._unanswered: dict[int, tuple[Act, float]] = {}
        self._kinds: dict[str, tuple[Again, Before]] = {}

    def register(self, what: str, again: Again, before: Before = _unknown) -> None:
        """Register how actions of a kind are done again, and how to tell whether an earlier run did one."""
        self._kinds[what] = again, before

    async def check(self, interaction: discord.Interaction[Any], act: Act) -> None:
        """Raise `AlreadyKept` where the same was kept before, and its answer may not have arrived."""
        if _AGAIN in interaction.extras:
            return
        oldest_s = self._clock() - REMEMBERED_S
        self._unanswered = {key: kept for key, kept in self._unanswered.items() if kept[1] > oldest_s}
        key = next((key for key, (kept, _) in self._unanswered.items() if kept == act), None)
        if key is None and await self._kinds[act.what][1](act):
            key = self.kept(act)
        if key is not None:
            raise AlreadyKept(key)

    def kept(self, act: Act) -> int:
        """Note that an action is kept, and not answered yet; return the number by which it is kept again."""
        self.answered(act)
        key = secrets.randbits(48)
        self._unanswered[key] = (act, self._clock())
        return key

    def answered(self, act: Act) -> None:
        """Note that the answer to an action arrived."""
        self._unanswered = {key: kept for key, kept in self._unanswered.items() if kept[0] != act}

    async def again(self, interaction: discord.Interaction[Any], ids: tuple[str, ...]) -> None:
        """Handler of *Keep it again*, for the person whose text it is, where they gave it."""
        act, _ = self._unanswered.get(number(ids, 0), (None, 0.0))
        if act is None or (act.person_id, act.server_id) != (interaction.user.id, interaction.guild_id):
            raise Gone("repeat_gone")
        interaction.extras[_AGAIN] = True
        await self._kinds[act.what][0](interaction, act)

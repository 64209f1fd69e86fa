"""Memory and lore: what a story's models are told besides its passages, and who decides what that is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.errors import BadInput, Gone, NotAllowed
from bot.rules.text.characters import has_word, is_blank
from bot.rules.text.matching import fold, stands_in

LoreKind = Literal["memory", "lore"]
LoreState = Literal["proposed", "ratified", "rejected"]
MAX_LORE = 1000
"""Characters of an entry."""
MAX_TRIGGERS = 10
"""Triggers of an entry."""
MAX_TRIGGER = 40
"""Characters of a trigger: a word, or a few."""
RATIFIES = 3
"""With so many more people for an entry than against it, it is ratified without the host."""
MAX_ENTRIES = 200
"""How many entries, ratified or proposed, a story can have, and a server as a whole."""
MAX_PROPOSED = 5
"""How many entries of one person can wait for a decision in one story, and in a server as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoreEntry:
    """An entry. Memory is always told, lore where one of its `triggers` (words, case-folded) stands in the text.
    `story_id` None: of the whole server."""

    id: int
    server_id: int
    story_id: int | None
    kind: LoreKind
    triggers: tuple[str, ...]
    text: str
    state: LoreState
    proposed_by: int | None
    created_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many are for an entry, and how many against it."""

    agreeing: int = 0
    disagreeing: int = 0

    @property
    def verdict(self) -> LoreState:
        """What so many people decide: as soon as RATIFIES more are on one side, that side has it."""
        ahead = self.agreeing - self.disagreeing
        if ahead >= RATIFIES:
            return "ratified"
        return "rejected" if -ahead >= RATIFIES else "proposed"


def check_text(text: str) -> str:
    """Return the text of an entry, trimmed. Raises `BadInput`: `lore_empty`; `lore_too_long` (length, limit)."""
    text = text.strip()
    if not has_word(text):
        raise BadInput("lore_empty")
    if len(text) > MAX_LORE:
        raise BadInput("lore_too_long", length=len(text), limit=MAX_LORE)
    return text


def listed_triggers(kind: LoreKind, given: str) -> tuple[str, ...]:
    """Return the triggers that somebody wrote down, separated by commas or lines: case-folded, each once. Memory has
    none.

    Raises `BadInput`: `triggers_missing`; `triggers_too_many` (given, limit); `trigger_too_long` (trigger, limit);
    `trigger_wordless` (trigger) for one without a letter or a digit, which would never be found, or always.
    """
    if kind == "memory":
        return ()
    parts = (" ".join(part.casefold().split()) for part in re.split(r"[,，、;；\n]", given))
    triggers = tuple(dict.fromkeys(part for part in parts if not is_blank(part)))
    if not triggers:
        raise BadInput("triggers_missing")
    if len(triggers) > MAX_TRIGGERS:
        raise BadInput("triggers_too_many", given=len(triggers), limit=MAX_TRIGGERS)
    for trigger in triggers:
        if len(trigger) > MAX_TRIGGER:
            raise BadInput("trigger_too_long", trigger=trigger, limit=MAX_TRIGGER)
        if not has_word(trigger):
            raise BadInput("trigger_wordless", trigger=trigger)
    return triggers


def triggered(entries: Iterable[LoreEntry], text: str) -> list[LoreEntry]:
    """Return the lore of which a trigger stands in `text` (see `bot.rules.text.matching`), in the order given."""
    folded = fold(text)
    return [
        entry
        for entry in entries
        if entry.kind == "lore" and any(stands_in(trigger, folded) for trigger in entry.triggers)
    ]


def require_proposed(entry: LoreEntry) -> None:
    """Raise `Gone` where there is nothing to decide any more: `lore_already_ratified`, `lore_already_rejected`."""
    if entry.state != "proposed":
        raise Gone(f"lore_already_{entry.state}")


def require_removable(entry: LoreEntry, person_id: int, *, leads: bool) -> None:
    """Raise `NotAllowed` where somebody may not remove an entry: who leads may remove any, others what they proposed as
    long as it is not ratified. Keys: `story_hosts_only`, for a whole server's `lore_managers_only`."""
    if leads or (entry.state != "ratified" and entry.proposed_by == person_id):
        return
    raise NotAllowed("lore_managers_only" if entry.story_id is None else "story_hosts_only")

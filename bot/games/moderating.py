"""Holding texts of games back: reports, what leads decide about them, and texts that their writers take back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import Gone, NotAllowed
from bot.games.stepping import Played, take_step
from bot.rules.games import steps
from bot.rules.games.registry import GAMES
from bot.rules.games.table import text_of
from bot.rules.round_views import FOLDING_REPORTS
from bot.stories.access import Who
from storage.unit_of_work import UnitOfWork


async def report(tx: UnitOfWork, played: Played, who: Who, slot: str) -> tuple[Played, bool]:
    """Note that somebody reports a text that they see; once so many people have, it is held back until somebody who
    leads decides. Return the game, and whether it is the first time that they do.

    Raises `Gone` (`game_text_gone`) where they do not see it.
    """
    stored = played.stored
    text = text_of(played.texts, slot)
    if text is None or text.hidden or slot not in shown_slots(played, stored.seat_of(who.person_id)):
        raise Gone("game_text_gone")
    count = await tx.game_records.report(stored.table.id, slot, who.person_id, tx.now_ms)
    if count is not None and count >= FOLDING_REPORTS:
        played = await take_step(tx, played, steps.Hid(slot, True))
    return played, count is not None


async def decide(tx: UnitOfWork, played: Played, event: steps.Hid) -> Played:
    """Hold a text back, or let it be seen, as somebody who leads decides; what was reported of it is forgotten. Raises
    `Gone` (`game_text_gone`) where there is none, or its writer took it back."""
    if not await tx.game_records.is_kept(played.stored.table.id, event.slot):
        raise Gone("game_text_gone")
    if not event.hidden:
        await tx.game_records.forget_reports(played.stored.table.id, event.slot)
    return await take_step(tx, played, event)


async def withdraw(tx: UnitOfWork, played: Played, who: Who, slot: str) -> Played:
    """Empty a text of somebody's own for good. Raises `NotAllowed` (`not_your_text`)."""
    stored = played.stored
    text = text_of(played.texts, slot)
    if text is None or text.seat is None or stored.people.get(text.seat) != who.person_id:
        raise NotAllowed("not_your_text")
    if not text.hidden:
        played = await take_step(tx, played, steps.Hid(slot, True))
    await tx.games.withdraw(stored.table.id, slot)
    return played


def shown_slots(played: Played, viewer: int | None) -> frozenset[str]:
    """Return the slots of the texts that a seat sees, wherever they stand in its view."""
    table = played.stored.table
    if table.game is None:
        return frozenset()
    return frozenset(_slots(GAMES[table.kind].view(table, played.texts, viewer)))


def _slots(view: Any) -> Iterator[str]:
    """Give what is called a slot within a view."""
    if dataclasses.is_dataclass(view) and not isinstance(view, type):
        for field in dataclasses.fields(view):
            value = getattr(view, field.name)
            if field.name == "slot" and isinstance(value, str):
                yield value
            else:
                yield from _slots(value)
    elif isinstance(view, Mapping):
        for value in view.values():
            yield from _slots(value)
    elif isinstance(view, (tuple, list)):
        for value in view:
            yield from _slots(value)

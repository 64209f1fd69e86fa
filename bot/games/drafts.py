"""What people write in games: checked before the rules see it, and kept for its writer where it is refused."""

from __future__ import annotations

import dataclasses

from bot.errors import BadInput, Gone, PersonError
from bot.games.access import find_game
from bot.rules.games import steps
from bot.rules.provenance import edited, of_human
from bot.rules.text.characters import is_blank
from bot.stories.access import Who
from bot.stories.passages import check_words
from storage.games import StoredGame
from storage.unit_of_work import Snapshot, UnitOfWork

DRAFT_MS = 24 * 3_600_000
"""How long a text that could not be taken is kept for its writer (ms)."""


def text_of(event: steps.Event) -> str | None:
    """Return the text that somebody wrote, None for what has none."""
    return event.text if isinstance(event, (steps.Wrote, steps.Mended)) else None


async def checked(tx: Snapshot, who: Who, event: steps.Event) -> steps.Event:
    """Return an event with its text trimmed. Raises `BadInput` (`text_empty`, `word_not_here`)."""
    if not isinstance(event, (steps.Wrote, steps.Mended)):
        return event
    text = event.text.strip()
    if is_blank(text):
        raise BadInput("text_empty")
    await check_words(tx, who.server_id, text)
    if isinstance(event, steps.Mended):
        return dataclasses.replace(event, text=text)
    spans = edited(event.text, event.spans, text) if event.spans else of_human(text)
    return dataclasses.replace(event, text=text, spans=spans)


async def keep_refused(tx: UnitOfWork, who: Who, game_id: int, text: str, error: PersonError) -> StoredGame | None:
    """Keep a text that was refused as its writer's draft.

    Where their newest text is the same, it was sent twice: then nothing is kept, and the game is returned as it is.
    """
    if is_blank(text):
        return None
    try:
        stored = await find_game(tx, who, game_id)
    except Gone:
        return None
    if isinstance(error, Gone) and await _stands(tx, stored, who, text.strip()):
        return stored
    await tx.game_records.keep_draft(game_id, who.person_id, text, tx.now_ms + DRAFT_MS)
    return None


async def _stands(tx: Snapshot, stored: StoredGame, who: Who, text: str) -> bool:
    """Tell whether that is the newest text of somebody in a game."""
    seat = stored.seat_of(who.person_id)
    theirs = [each for each in await tx.games.list_texts(stored.table.id) if seat is not None and each.seat == seat]
    return bool(theirs) and theirs[-1].text == text

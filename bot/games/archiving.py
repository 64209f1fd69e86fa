"""A game that is over becomes a story in the archive: ended, without a thread, read and exported like any other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bot.rules.games.registry import GAMES
from bot.rules.games.table import GameText, Texts
from bot.rules.provenance import of_model
from bot.rules.stories import MAX_TITLE, NewPassage, NewStory
from bot.rules.text.segments import beginning, word_parts
from storage.games import StoredGame
from storage.unit_of_work import UnitOfWork

TITLE = 60
"""Characters of the first text that the story is named after."""


async def archive(tx: UnitOfWork, stored: StoredGame, texts: Texts) -> StoredGame:
    """Make a story of what a game made, and return the game with it; as it is where nothing is left of it, or nobody
    could be its host. What is hidden or was withdrawn is left out."""
    table = stored.table
    known = {text.slot: text for text in texts if not text.hidden and text.text.strip()}
    told = [known[slot] for slot in GAMES[table.kind].story(table, texts) if slot in known]
    host_id = _host_of(stored)
    if not told or host_id is None or stored.story_id is not None:
        return stored
    new = NewStory(
        server_id=stored.server_id,
        channel_id=stored.channel_id,
        host_id=host_id,
        title=title_of(told[0].text),
        premise="",
    )
    story = await tx.stories.add(new, now_ms=tx.now_ms)
    passages: dict[str, int] = {}
    parent_id: int | None = None
    for text in told:
        passage = await tx.passages.add(_passage(stored, text, story.tree_id, parent_id), now_ms=tx.now_ms)
        passages[text.slot] = parent_id = passage.id
    await tx.stories.save(dataclasses.replace(story, state="ended", head_id=parent_id, changed_ms=tx.now_ms))
    await tx.games.set_story(table.id, story.id, passages)
    return dataclasses.replace(stored, story_id=story.id)


def _passage(stored: StoredGame, text: GameText, tree_id: int, parent_id: int | None) -> NewPassage:
    """A text as a passage, signed with its seat's pen name."""
    seat = None if text.seat is None else stored.table.seat(text.seat)
    return NewPassage(
        tree_id=tree_id,
        parent_id=parent_id,
        text=text.text,
        author_id=None if text.seat is None else stored.people.get(text.seat),
        pen_name=None if seat is None else seat.pen_name or None,
        origin=text.origin,
        spans=text.spans or of_model(text.text, "human" if text.origin == "edited" else text.origin),
    )


def _host_of(stored: StoredGame) -> int | None:
    """Whoever leads the game, else the earliest at the table who is known."""
    seats: Sequence[int | None] = (stored.table.host, *(seat.number for seat in stored.table.players))
    return next((person for seat in seats if seat is not None and (person := stored.people.get(seat))), None)


def title_of(text: str) -> str:
    """Return how a story is called that begins with a text: by its first words, at most MAX_TITLE characters."""
    line = " ".join(text[: 4 * MAX_TITLE].split())
    if len(line) <= TITLE:
        return line
    kept = ""
    for part in word_parts(line):
        if len(kept) + len(part) > TITLE:
            break
        kept += part
    kept = kept.rstrip(" ,;:–—-") or beginning(line, TITLE)
    return f"{kept} …"

"""A game that is over becomes a story in the archive: ended, without a thread, read and exported like any other."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

from bot.rules.games.registry import GAMES
from bot.rules.games.table import GameText, Table, Texts
from bot.rules.provenance import of_model
from bot.rules.stories import MAX_TITLE, NewPassage, NewStory
from bot.rules.text.segments import beginning, word_parts
from storage.games import StoredGame
from storage.unit_of_work import UnitOfWork

TITLE = 60
"""Characters of the first text that the story is named after."""


@runtime_checkable
class Linked(Protocol):
    """A kind of game in which more than one text can follow another."""

    def links(self, table: Table[Any]) -> Mapping[str, tuple[str, str]]:
        """Return for each text but the first the slots of that behind which it stands, and of the way to it."""
        ...


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
    behind = _behind(stored, texts, known)
    passages: dict[str, int] = {}
    last = told[0].slot
    for text in told:
        before = behind.get(text.slot)
        parent_id = None if before is None else passages[before]
        passage = await tx.passages.add(_passage(stored, text, story.tree_id, parent_id), now_ms=tx.now_ms)
        passages[text.slot] = passage.id
        if before == last:  # of several ways on, canon takes that which was written first
            last = text.slot
    await tx.stories.save(dataclasses.replace(story, state="ended", head_id=passages[last], changed_ms=tx.now_ms))
    await tx.games.set_story(table.id, story.id)
    await tx.games.set_passages(table.id, passages)
    return dataclasses.replace(stored, story_id=story.id)


def _behind(stored: StoredGame, texts: Texts, told: Container[str]) -> dict[str, str]:
    """Return behind which of the texts that are told each stands, by slot; the first stands behind none. Where the
    rules tell no other way they are one chain."""
    game, table = GAMES[stored.table.kind], stored.table
    slots = game.story(table, texts)
    if isinstance(game, Linked):
        before = {slot: reached for slot, (reached, _) in game.links(table).items()}
    else:
        before = {slot: earlier for earlier, slot in pairwise(slots)}
    found: dict[str, str] = {}
    for slot in slots:  # what is told no more passes on what stands before it
        if (earlier := before.get(slot)) is not None:
            nearest = earlier if earlier in told else found.get(earlier)
            if nearest is not None:
                found[slot] = nearest
    return found


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

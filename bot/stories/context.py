"""What the models read of a story: title and premise, the passages before its end, memory, and lore that the text
triggers.

Everything goes to the worker in pieces, which fits them into the model's window: the oldest passages go first, then
lore, memory, premise and title. Passages whose author opted out are excluded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from bot.errors import NotAllowed
from bot.inference.protocol import Piece
from bot.rules.lore import LoreEntry, triggered
from bot.rules.stories import Passage, Story
from bot.writing.continuation.job import heading_of
from storage.unit_of_work import Snapshot

PASSAGES_CHARS = 6000
"""How much of the story before the last passage is sent at most: about 1,500 tokens, which a small machine without a
GPU reads in a few seconds."""
MEMORY_CHARS = 2000
"""How much of memory, and of lore, is sent at most; the newest entries first."""
PAGE = 50
"""Passages that are read at a time."""

_TITLE, _PREMISE, _MEMORY, _LORE, _PASSAGE = 5, 4, 3, 2, 0
"""Priorities; the heading over the passages goes before them all, the text itself last (`ContinueRequest`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What stands before a text, and `near`: memory and lore, which act where they stand close to its end. `left_out`
    are labels of what was not even sent because it is too far back, `withheld` of passages whose authors want no model
    to go on from them."""

    pieces: tuple[Piece, ...] = ()
    near: tuple[Piece, ...] = ()
    left_out: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def before(self) -> tuple[Piece, ...]:
        """All of it, as it stands before a text that nothing can stand within."""
        return (*self.pieces, *self.near)


async def context_of(tx: Snapshot, story: Story, before: Passage | None, text: str) -> Context:
    """Return the context for `text`, which stands behind the passages up to `before` (None: at the beginning)."""
    passages = await _passages(tx, before)
    refusing = await refusing_of(tx, story, passages)
    entries = await tx.lore.list_ratified(story.server_id, story.id)
    read = [passage for passage in passages if passage.author_id not in refusing]
    heard = "\n".join([*(passage.text for passage in read[-2:]), text])
    pieces = [
        Piece(text=f"{story.title}\n\n", label="title", priority=_TITLE),
        *_premise(story),
        heading_of(text),
        *(_piece(passage) for passage in read),
    ]
    near = [
        *_entries("memory", _MEMORY, (entry for entry in entries if entry.kind == "memory")),
        *_entries("lore", _LORE, await asyncio.to_thread(triggered, entries, heard)),
    ]
    first = passages[0].depth if passages else 0
    return Context(
        pieces=tuple(pieces),
        near=tuple(near),
        left_out=(f"passages 1-{first - 1}",) if first > 1 else (),
        withheld=tuple(f"passage {passage.depth}" for passage in passages if passage.author_id in refusing),
    )


async def refusing_of(tx: Snapshot, story: Story, passages: Iterable[Passage]) -> frozenset[int]:
    """Return who of the authors wants no model to go on from their words in this server."""
    authors = {passage.author_id for passage in passages if passage.author_id is not None}
    return await tx.profiles.list_refusing(story.server_id, authors) if authors else frozenset()


async def require_consent(tx: Snapshot, story: Story, *passages: Passage | None) -> None:
    """Raise `NotAllowed` (`author_no_ai`) where a model would go on from, or fill, words that their author keeps to
    people."""
    if await refusing_of(tx, story, (passage for passage in passages if passage is not None)):
        raise NotAllowed("author_no_ai")


async def _passages(tx: Snapshot, before: Passage | None) -> list[Passage]:
    """Return the passages up to `before` in reading order, as many whole ones as may be sent, newest first."""
    found: list[Passage] = []
    room = PASSAGES_CHARS
    last = before.depth if before is not None else 0
    while before is not None and last >= 1:
        page = await tx.passages.list_canon_page(before.id, max(1, last - PAGE + 1), last)
        for passage in reversed(page):
            room -= len(passage.text)
            if room < 0 and found:
                return found[::-1]
            found.append(passage)
        last -= PAGE
    return found[::-1]


def _piece(passage: Passage) -> Piece:
    text = f"{passage.text}\n\n" if passage.text else ""
    return Piece(text=text, label=f"passage {passage.depth}", priority=_PASSAGE)


def _premise(story: Story) -> list[Piece]:
    if not story.premise:
        return []
    return [Piece(text=f"{story.premise}\n\n", label="premise", priority=_PREMISE)]


def _entries(label: str, priority: int, entries: Iterable[LoreEntry]) -> list[Piece]:
    """Return the newest of the entries within the bound, in the order in which they came."""
    kept: list[Piece] = []
    room = MEMORY_CHARS
    for entry in sorted(entries, key=lambda entry: -entry.id):
        room -= len(entry.text)
        if room < 0:
            break
        kept.append(Piece(text=f"{entry.text}\n\n", label=f"{label} {entry.id}", priority=priority))
    return kept[::-1]

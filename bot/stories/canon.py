"""Canon moves: what changes in a story, and what has then to be shown, inside of a transaction that others own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from bot.rules.posts import Post, PostKind
from bot.rules.stories import NewPassage, Passage, Story
from storage.unit_of_work import Snapshot, UnitOfWork

LEAD_IN = 3
"""How many passages are posted in a thread that is opened for a story which is under way."""


async def advance(tx: UnitOfWork, story: Story, new: NewPassage, *, follow_id: int | None = None) -> Passage:
    """Add a passage that is canon at once, move the head of `story` to it, and have it and the story's card shown.

    It stands behind `new.parent_id` (None: at the root), wherever the head was. With a `follow_id`, a passage of the
    present canon, everything from there to the head stands again behind the new one (an infill follows with the
    passage behind the one that it replaces, a bridge with the one that it stands before), and the head is the last of
    these copies. `story` must be as this transaction read it.
    """
    passage = await tx.passages.add(new, now_ms=tx.now_ms)
    head_id = passage.id
    if follow_id is not None and story.head_id is not None:
        replaced = await tx.passages.list_canon(story.head_id, limit=1)
        head_id = await tx.passages.copy_path(passage.id, follow_id, story.head_id)
        await requeue_passages(tx, replaced)
    await enqueue_prose(tx, story, passage)
    await move_head(tx, story, head_id)
    return passage


async def move_head(tx: UnitOfWork, story: Story, head_id: int | None, *, redo_id: int | None = None) -> Story:
    """Move the head of `story`, and have its card shown anew, and what was and is the newest in its thread. From
    `redo_id` canon went back to there; where the story goes another way (None) nothing is left to be taken in again."""
    moved = dataclasses.replace(story, head_id=head_id, redo_id=redo_id, changed_ms=tx.now_ms)
    await requeue_newest(tx, story)
    await tx.stories.save(moved)
    await requeue_newest(tx, moved)
    await enqueue_card(tx, moved)
    return moved


async def get_newest(tx: Snapshot, story: Story) -> Post | None:
    """Return the post of the newest passage or result in the story's thread, which alone carries the buttons for the
    next step; None where none is on show there."""
    if story.thread_id is None:
        return None
    return await tx.posts.get_newest(story.id, story.head_id, story.thread_id)


async def is_newest(tx: Snapshot, story: Story, kind: PostKind, ref_id: int) -> bool:
    """Tell whether a passage or a result is the newest in the story's thread, see `get_newest`."""
    newest = await get_newest(tx, story)
    return newest is not None and (newest.kind, newest.ref_id) == (kind, ref_id)


async def requeue_newest(tx: UnitOfWork, story: Story) -> None:
    """Have the newest passage or result shown anew: before another one takes its buttons, and after they changed."""
    newest = await get_newest(tx, story)
    if newest is not None:
        await tx.posts.requeue(newest.kind, [newest.ref_id])


async def enqueue_card(tx: UnitOfWork, story: Story) -> None:
    """Have the story's card shown as it is now; nothing where its thread was deleted."""
    if story.thread_id is not None:
        await tx.posts.enqueue("story", story.id, story.thread_id)


async def enqueue_thread(tx: UnitOfWork, story: Story) -> None:
    """Have a thread opened for a story that has none, in its channel, and its card shown there."""
    await tx.posts.enqueue("story", story.id, story.channel_id)


async def enqueue_prose(tx: UnitOfWork, story: Story, passage: Passage) -> None:
    """Have a passage posted in the story's thread, in as many messages as it takes. Without a thread it waits: see
    `enqueue_lead_in`."""
    if story.thread_id is not None:
        await tx.posts.enqueue("passage", passage.id, story.thread_id)


async def enqueue_lead_in(tx: UnitOfWork, story: Story) -> None:
    """Have the story's card, its last passages and the round under way shown in a thread that was just opened."""
    if story.thread_id is None:
        return
    await enqueue_card(tx, story)
    await tx.posts.move("story", story.id, story.thread_id)
    if story.head_id is not None:
        for passage in await tx.passages.list_canon(story.head_id, limit=LEAD_IN):
            await enqueue_prose(tx, story, passage)
    for round_ in await tx.rounds.list_open(story.id):
        await tx.posts.enqueue("round", round_.id, story.thread_id)


async def enqueue_canon(tx: UnitOfWork, story: Story, passage: Passage) -> None:
    """Have a passage that became canon shown as such: where it is on show already, or by a new post."""
    if not await requeue_passages(tx, [passage]):
        await enqueue_prose(tx, story, passage)


async def requeue_passages(tx: UnitOfWork, passages: Sequence[Passage]) -> int:
    """Have what is on show of these passages shown as it is now (they became canon, or are no more, or were emptied),
    and return how many posts that are. A copy is on show where its original is."""
    ids = {passage.id for passage in passages}
    ids |= {passage.original_id for passage in passages if passage.original_id is not None}
    return await tx.posts.requeue("passage", sorted(ids))


async def is_canon(tx: Snapshot, story: Story, passage: Passage) -> bool:
    """Tell whether a passage, or a copy of it on another branch, is part of the story's canon."""
    return story.head_id is not None and await tx.passages.is_told(passage, story.head_id)

"""What people write in stories, and take back. It owns the transactions over the canon."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from bot.errors import BadInput, NotAllowed, NotHere
from bot.rules import stories as rules
from bot.rules.provenance import of_human
from bot.rules.stories import MAX_PASSAGE, NewPassage, NewStory, Passage, Story
from bot.rules.text.characters import is_blank
from bot.rules.text.words import split_words
from bot.stories.access import Who, find_numbered, find_passage, find_story, standing_of
from bot.stories.beginning import Beginning
from bot.stories.canon import (
    advance,
    enqueue_canon,
    enqueue_card,
    enqueue_thread,
    is_canon,
    move_head,
    requeue_passages,
)
from bot.writing.server_words import ServerWords
from bot.writing.service import take_up
from storage.database import Database
from storage.unit_of_work import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPassage:
    """A passage that was added. `overtaken`: the head had moved since its author looked, so that it stands on a branch
    of its own; it can be repeated behind the newest passage."""

    story: Story
    passage: Passage
    overtaken: bool


class PassageService:
    """Writes in all stories, and takes back what was written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, new: NewStory, beginning: Beginning | None = None) -> Story:
        """Keep a new story, with its first passage where there is one, and have its thread opened and its card shown.

        Raises `BadInput` for a title, a premise or a beginning that will not do.
        """
        new = dataclasses.replace(new, title=rules.check_title(new.title), premise=rules.check_premise(new.premise))
        async with self._database.transaction() as tx:
            await check_words(tx, new.server_id, f"{new.title}\n{new.premise}")
            await tx.people.mark_seen(new.host_id, now_ms=tx.now_ms)
            story = await tx.stories.add(new, now_ms=tx.now_ms)
            await enqueue_thread(tx, story)
            if beginning is not None:
                await check_words(tx, new.server_id, beginning.text)
                await advance(tx, story, await _begun(tx, story, beginning))
                await take_up(tx, beginning.generation_id, new.host_id, beginning.position)
            return await find_story(tx, new.server_id, story.id)

    async def fork(self, who: Who, story_id: int, title: str, number: int | None, channel_id: int) -> Story:
        """Start another story on the same tree, at the passage with that number (None: the last), and have its thread
        opened in that channel. Raises as `require_writer`, but for the story's state; `BadInput` (`passage_number`)."""
        async with self._database.transaction() as tx:
            story = await find_story(tx, who.server_id, story_id)
            if story.state == "deleted":
                raise NotHere("story_deleted")
            open_ = dataclasses.replace(story, state="open")
            rules.require_writer(open_, await standing_of(tx, story, who))
            head_id = story.head_id if number is None else (await find_numbered(tx, story, number)).id
            new = NewStory(
                server_id=story.server_id,
                channel_id=channel_id,
                host_id=who.person_id,
                title=rules.check_title(title),
                premise=story.premise,
                rules=story.rules,
            )
            await check_words(tx, who.server_id, new.title)
            await tx.people.mark_seen(who.person_id, now_ms=tx.now_ms)
            forked = await tx.stories.add(
                new, tree_id=story.tree_id, head_id=head_id, fork_of=story.id, now_ms=tx.now_ms
            )
            await enqueue_thread(tx, forked)
            return forked

    async def add_passage(self, who: Who, story_id: int, text: str, behind: int | None) -> AddedPassage:
        """Keep what a person wrote as the next passage, behind the head that they saw, `behind`.

        Where the head has moved meanwhile the passage stands beside the one that was faster. Raises `BadInput`
        (`text_empty`, `text_too_long`, `passage_too_short`, `passage_too_long`, `word_not_here`), and as
        `require_writer`.
        """
        async with self._database.transaction() as tx:
            story = await find_story(tx, who.server_id, story_id)
            rules.require_writer(story, await standing_of(tx, story, who))
            new = await _new(tx, story, who.person_id, text, behind)
            await tx.people.mark_seen(who.person_id, now_ms=tx.now_ms)
            if story.head_id == behind:
                added = await advance(tx, story, new)
                return AddedPassage(story=await find_story(tx, who.server_id, story_id), passage=added, overtaken=False)
            if behind is not None:
                await find_passage(tx, story, behind)
            added = await tx.passages.add(new, now_ms=tx.now_ms)
            return AddedPassage(story=story, passage=added, overtaken=True)

    async def behind_newest(self, who: Who, story_id: int, passage_id: int) -> Passage:
        """Repeat a passage of one's own that was overtaken behind the newest one, as canon. Raises `Gone`
        (`passage_gone`), `NotAllowed` (`not_your_passage`), `NotHere` (`passage_stands`), and as `require_writer`."""
        async with self._database.transaction() as tx:
            story = await find_story(tx, who.server_id, story_id)
            rules.require_writer(story, await standing_of(tx, story, who))
            passage = await find_passage(tx, story, passage_id)
            check_own(who, passage)
            if await is_canon(tx, story, passage):
                raise NotHere("passage_stands")
            copy_id = await tx.passages.copy_path(story.head_id, passage.id, passage.id)
            await move_head(tx, story, copy_id)
            copy = await find_passage(tx, story, copy_id)
            await enqueue_canon(tx, story, copy)
            return copy

    async def undo(self, who: Who, story_id: int) -> Passage:
        """Take the last passage back, and return it. Its author may, and who leads the story.

        Raises `NotAllowed` (`undo_not_yours`), `NotHere`: `nothing_to_undo`, `round_open_first`, and as
        `require_open`.
        """
        async with self._database.transaction() as tx:
            story = await find_story(tx, who.server_id, story_id)
            await _require_quiet(tx, story)
            if story.head_id is None:
                raise NotHere("nothing_to_undo")
            head = await find_passage(tx, story, story.head_id)
            await _require_own_or_lead(tx, story, head, who)
            began = story.redo_id or head.id
            await move_head(tx, story, head.parent_id, redo_id=began)
            await requeue_passages(tx, [head])
            return head

    async def redo(self, who: Who, story_id: int) -> Passage:
        """Take the passage that was taken back last in again, and return it. Raises as `undo`,
        but `nothing_to_redo`."""
        async with self._database.transaction() as tx:
            story = await find_story(tx, who.server_id, story_id)
            await _require_quiet(tx, story)
            again = await _next_of(tx, story)
            await _require_own_or_lead(tx, story, again, who)
            left = None if again.id == story.redo_id else story.redo_id
            await move_head(tx, story, again.id, redo_id=left)
            await enqueue_canon(tx, story, again)
            return again

    async def withdraw(self, who: Who, story_id: int, passage_id: int) -> None:
        """Empty a passage of one's own for good: its place stays. Raises `Gone` (`passage_gone`), `NotAllowed`
        (`not_your_passage`)."""
        async with self._database.transaction() as tx:
            story = await find_story(tx, who.server_id, story_id)
            passage = await find_passage(tx, story, passage_id)
            check_own(who, passage)
            await tx.passages.withdraw(passage.id)
            await requeue_passages(tx, [passage])
            for each in await tx.stories.list_of_tree(story.tree_id):
                await enqueue_card(tx, each)


def check_own(who: Who, passage: Passage) -> None:
    """Raise `NotAllowed` (`not_your_passage`) where a passage is not somebody's own, or is withdrawn already."""
    if passage.withdrawn or passage.author_id != who.person_id:
        raise NotAllowed("not_your_passage")


async def check_words(tx: Snapshot, server_id: int, text: str) -> None:
    """Raise `BadInput` (`word_not_here`: word) where a text has a word of the server's own list. People may write
    whatever else they like: the list of what models never suggest is not theirs."""
    ServerWords((await tx.servers.get(server_id)).words).require(text)


def check_length(story: Story, text: str) -> str:
    """Return the text of a passage, trimmed, as `story` wants it. Raises `BadInput`: `text_empty`; `text_too_long`
    (length, limit) in characters; `passage_too_short` and `passage_too_long` (count, limit) in words."""
    text = text.strip()
    if is_blank(text):
        raise BadInput("text_empty")
    if len(text) > MAX_PASSAGE:
        raise BadInput("text_too_long", length=len(text), limit=MAX_PASSAGE)
    words = len(split_words(text))
    if words < story.rules.min_words:
        raise BadInput("passage_too_short", count=words, limit=story.rules.min_words)
    if words > story.rules.max_words:
        raise BadInput("passage_too_long", count=words, limit=story.rules.max_words)
    return text


async def _new(tx: Snapshot, story: Story, author_id: int, text: str, behind: int | None) -> NewPassage:
    """Return a person's own passage, checked and signed as they wish."""
    text = check_length(story, text)
    await check_words(tx, story.server_id, text)
    profile = await tx.profiles.get(story.server_id, author_id)
    return NewPassage(
        tree_id=story.tree_id,
        parent_id=behind,
        text=text,
        author_id=author_id,
        pen_name=profile.pen_name,
        origin="human",
        spans=of_human(text),
    )


async def _begun(tx: Snapshot, story: Story, beginning: Beginning) -> NewPassage:
    """Return a first passage; it may be longer than what follows."""
    pen_name = None
    if beginning.author_id is not None:
        pen_name = (await tx.profiles.get(story.server_id, beginning.author_id)).pen_name
    return NewPassage(
        tree_id=story.tree_id,
        parent_id=None,
        text=beginning.text,
        author_id=beginning.author_id,
        pen_name=pen_name,
        origin=beginning.origin,
        spans=beginning.spans,
    )


async def _require_quiet(tx: Snapshot, story: Story) -> None:
    """Raise `NotHere` where the story is not open, or a round is about its next passage (`round_open_first`)."""
    rules.require_open(story)
    if await tx.rounds.list_open(story.id):
        raise NotHere("round_open_first")


async def _require_own_or_lead(tx: Snapshot, story: Story, passage: Passage, who: Who) -> None:
    if passage.author_id != who.person_id and not (await standing_of(tx, story, who)).leads:
        raise NotAllowed("undo_not_yours")


async def _next_of(tx: Snapshot, story: Story) -> Passage:
    """Return the passage that was taken back last. Raises `NotHere` (`nothing_to_redo`)."""
    if story.redo_id is None:
        raise NotHere("nothing_to_redo")
    depth = 1 if story.head_id is None else (await find_passage(tx, story, story.head_id)).depth + 1
    (again,) = await tx.passages.list_canon_page(story.redo_id, depth, depth)
    return again

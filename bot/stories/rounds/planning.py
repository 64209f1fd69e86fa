"""What a round of the models is to be about: read and checked before anything is begun."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.errors import BadInput, NotHere
from bot.rules.rounds import RoundKind
from bot.rules.stories import Story, require_ai, require_writer
from bot.rules.text.characters import is_blank
from bot.rules.text.segments import beginning, ending
from bot.stories.access import Who, find_numbered, find_passage, find_story, standing_of
from bot.stories.context import Context, context_of, require_consent
from bot.stories.rounds.quoting import blanked
from bot.writing.blanks import parse
from storage.unit_of_work import Snapshot

SEARCHED = 200
"""So many of the last passages are looked through for a text with blanks."""

BRIDGED_CHARS = 1900
"""So much of each side of a bridge is given to the models, more than they read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What models are to write, and where it is to stand (see `Round`). `text` is what the round's card says that it is
    about, and for a continuation and an infill what the models are given; `left` and `right` is what a bridge joins;
    `note` is what its opener wants of a continuation besides, `minutes` how long the vote is to stay open (None: as the
    story's rules say)."""

    story: Story
    kind: RoundKind
    text: str
    context: Context
    after_id: int | None = None
    replaces_id: int | None = None
    before_id: int | None = None
    left: str = ""
    right: str = ""
    note: str = ""
    minutes: int | None = None


async def plan_continue(tx: Snapshot, who: Who, story_id: int) -> Plan:
    """Go on behind the head; a story without a line begins from its premise, or from its title."""
    story = await _writable(tx, who, story_id)
    head = await find_passage(tx, story, story.head_id) if story.head_id is not None else None
    await require_consent(tx, story, head)
    if head is None:
        return Plan(story=story, kind="continue", text=f"{story.premise or story.title}\n\n", context=Context())
    if head.withdrawn:
        raise NotHere("passage_withdrawn")
    before = await find_passage(tx, story, head.parent_id) if head.parent_id is not None else None
    context = await context_of(tx, story, before, head.text)
    return Plan(story=story, kind="continue", text=head.text, context=context, after_id=head.id)


async def plan_infill(tx: Snapshot, who: Who, story_id: int, asked: str, number: int | None = None) -> Plan:
    """Fill the blanks of `asked` in the passage that it comes from, or in passage `number` of canon. Raises `BadInput`
    (`text_empty`, `infill_nowhere`, and as `parse`)."""
    story = await _writable(tx, who, story_id)
    asked = asked.strip()
    if is_blank(asked):
        raise BadInput("text_empty")
    parse(asked)
    if number is not None:
        passage = await find_numbered(tx, story, number)
        if passage.withdrawn:
            raise NotHere("passage_withdrawn")
        found = await asyncio.to_thread(blanked, asked, [passage]) or (passage, asked)
    else:
        canon = await tx.passages.list_canon(story.head_id, limit=SEARCHED) if story.head_id is not None else []
        if (at := await asyncio.to_thread(blanked, asked, canon)) is None:
            raise BadInput("infill_nowhere")
        found = at
    passage, text = found
    await require_consent(tx, story, passage)
    before = await find_passage(tx, story, passage.parent_id) if passage.parent_id is not None else None
    context = await context_of(tx, story, before, text)
    return Plan(
        story=story, kind="infill", text=text, context=context, after_id=passage.parent_id, replaces_id=passage.id
    )


async def plan_bridge(tx: Snapshot, who: Who, story_id: int, number: int | None = None) -> Plan:
    """Write between passage `number` of canon and the next; without a number between the last two."""
    story = await _writable(tx, who, story_id)
    head = await find_passage(tx, story, story.head_id) if story.head_id is not None else None
    if head is None or head.depth < 2:
        raise BadInput("bridge_needs_two")
    first = head.depth - 1 if number is None else number
    if not 1 <= first < head.depth:
        raise BadInput("bridge_where", given=first, low=1, high=head.depth - 1)
    left, right = await tx.passages.list_canon_page(head.id, first, first + 1)
    await require_consent(tx, story, left, right)
    if left.withdrawn or right.withdrawn:
        raise NotHere("passage_withdrawn")
    before = await find_passage(tx, story, left.parent_id) if left.parent_id is not None else None
    return Plan(
        story=story,
        kind="bridge",
        text=f"{left.text}\n\n{right.text}",
        context=await context_of(tx, story, before, f"{left.text}\n{right.text}"),
        after_id=left.id,
        before_id=right.id,
        left=ending(left.text, BRIDGED_CHARS),
        right=beginning(right.text, BRIDGED_CHARS),
    )


async def require_no_round(tx: Snapshot, story: Story) -> None:
    """Raise `NotHere` where a round of the story is under way: with its address (`round_already`: server, channel,
    message), or without while it has none (`round_already_coming`)."""
    for round_ in await tx.rounds.list_open(story.id):
        post = await tx.posts.get("round", round_.id)
        if post is None or post.message_id is None:
            raise NotHere("round_already_coming")
        raise NotHere("round_already", server=story.server_id, channel=post.channel_id, message=post.message_id)


async def _writable(tx: Snapshot, who: Who, story_id: int) -> Story:
    """Return the story where the person may let models write now."""
    story = await find_story(tx, who.server_id, story_id)
    require_writer(story, await standing_of(tx, story, who))
    require_ai(story)
    await require_no_round(tx, story)
    return story

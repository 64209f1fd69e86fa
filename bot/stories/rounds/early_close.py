"""When whoever opened a round may close it before its time: once everybody who is there has voted.

Who is missing is told nobody: whether somebody has voted is theirs to say.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.rules.rounds import Round, least_voters
from bot.rules.stories import Passage, Story
from storage.unit_of_work import Snapshot

RECENT_MS = 60 * 60 * 1000
"""Whoever wrote in the story within this time counts as being there."""
LOOKED_AT = 500
"""So many of the last passages and candidates are looked at."""


async def is_closable(tx: Snapshot, story: Story, round_: Round) -> bool:
    """Tell whether so many have voted in an open round that its opener may close it, all those among them who wrote a
    passage or a candidate in the story a short while ago."""
    if round_.state != "open" or story.state != "open" or round_.opened_by is None:
        return False
    if await tx.ballots.turnout(round_.id) < least_voters(story.rules):
        return False
    return await tx.ballots.have_voted(round_.id, await _writers(tx, story))


async def _writers(tx: Snapshot, story: Story) -> set[int]:
    """Return who wrote in the story a short while ago: not in another one on the same tree, and not whose words a model
    changed."""
    since_ms = tx.now_ms - RECENT_MS
    found = await tx.rounds.list_writers(story.id, since_ms, LOOKED_AT)
    others = [each for each in await tx.stories.list_of_tree(story.tree_id) if each.id != story.id]
    for passage in await tx.passages.list_recent(story.tree_id, since_ms, LOOKED_AT):
        by_person = passage.receipt is None or passage.receipt.by_person
        if passage.author_id is not None and by_person and await _belongs(tx, story, others, passage):
            found.add(passage.author_id)
    return found


async def _belongs(tx: Snapshot, story: Story, others: Sequence[Story], passage: Passage) -> bool:
    """Tell whether a passage of the tree was written in the story: what another one alone tells was not."""
    if not others or (story.head_id is not None and await tx.passages.is_on_path(passage.id, story.head_id)):
        return True
    heads = [other.head_id for other in others if other.head_id is not None]
    return not any([await tx.passages.is_on_path(passage.id, head_id) for head_id in heads])

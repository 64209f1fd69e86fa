"""Who acts, and the story that they mean: loaded in the transaction that then changes something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.errors import BadInput, Gone, NotHere
from bot.rules.stories import Passage, Standing, Story
from storage.unit_of_work import Snapshot


def _sees_all(_: int) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who acts in a server. `manages`: they may manage the Discord server; `sees` tells whether they may see a
    channel: stories in other channels are treated as missing."""

    server_id: int
    person_id: int
    manages: bool = False
    sees: Callable[[int], bool] = field(default=_sees_all, compare=False)


async def find_story(tx: Snapshot, server_id: int, story_id: int) -> Story:
    """Return a server's story, whatever its state. Raises `Gone` (`story_gone`) where it has none with that id."""
    story = await tx.stories.get(story_id)
    if story is None or story.server_id != server_id:
        raise Gone("story_gone")
    return story


async def find_seen(tx: Snapshot, who: Who, story_id: int) -> Story:
    """Return a story of the person's server in a channel that they may see, whatever its state. Raises as `find`."""
    story = await find_story(tx, who.server_id, story_id)
    if not who.sees(story.channel_id):
        raise Gone("story_gone")
    return story


async def find_here(tx: Snapshot, server_id: int, channel_id: int) -> Story:
    """Return the story whose thread that is. Raises `NotHere` (`not_a_story`)."""
    story = await tx.stories.get_by_thread(channel_id)
    if story is None or story.server_id != server_id:
        raise NotHere("not_a_story")
    return story


async def standing_of(tx: Snapshot, story: Story, who: Who) -> Standing:
    """Return somebody's standing in a story."""
    return await tx.stories.get_standing(story, who.person_id, who.manages)


async def find_passage(tx: Snapshot, story: Story, passage_id: int) -> Passage:
    """Return a passage of the story's tree. Raises `Gone` (`passage_gone`) where it has none with that id."""
    passage = await tx.passages.get(passage_id)
    if passage is None or passage.tree_id != story.tree_id:
        raise Gone("passage_gone")
    return passage


async def find_numbered(tx: Snapshot, story: Story, number: int) -> Passage:
    """Return the passage with that number, counted from 1 along the story's canon. Raises `BadInput`:
    `story_empty`, `passage_number` (given, limit)."""
    if story.head_id is None:
        raise BadInput("story_empty")
    last = (await find_passage(tx, story, story.head_id)).depth
    found = await tx.passages.list_canon_page(story.head_id, number, number) if 1 <= number <= last else []
    if not found:
        raise BadInput("passage_number", given=number, limit=last)
    return found[0]

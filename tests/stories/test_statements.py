"""What people look at is read with the same few statements, however much of it there is."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable

import pytest

from bot.rules.posts import Post
from bot.rules.stories import NewStory, Story
from bot.stories.access import Who
from bot.stories.passages import PassageService
from bot.stories.publishing import PublishingService
from bot.stories.queries import StoryQueries
from storage.database import Database
from tests.support.statements import reads_of

SERVER, CHANNEL, THREAD = 1, 2, 30
ANN = Who(SERVER, 11)

POST = Post(
    id=1,
    kind="passage",
    ref_id=1,
    part=0,
    channel_id=THREAD,
    message_id=40,
    nonce="",
    wanted_version=1,
    shown_version=1,
    attempts=0,
    next_ms=0,
    tried_ms=None,
)
Look = Callable[[Database, Story], Awaitable[object]]
LOOKS: dict[str, tuple[Look, int]] = {
    "list of stories": (lambda database, story: StoryQueries(database).list_page(SERVER, 0, 6), 2),
    "export": (lambda database, story: PublishingService(database).manuscript(story, branches=False), 1),
    "export with branches": (lambda database, story: PublishingService(database).manuscript(story, branches=True), 3),
    "map": (lambda database, story: PublishingService(database).tree(story), 2),
    "card": (lambda database, story: StoryQueries(database).get_with_last(story.id), 2),
    "passage on show": (lambda database, story: StoryQueries(database).get_posted_passage(POST), 6),
    "pages": (lambda database, story: StoryQueries(database).list_canon_page(story, 1, 9), 1),
}
"""Each with the number of its statements."""


async def begin(database: Database, title: str) -> Story:
    return await PassageService(database).start(
        NewStory(server_id=SERVER, channel_id=CHANNEL, host_id=11, title=title, premise="")
    )


async def grow(database: Database, story: Story, passages: int) -> Story:
    """Write so many passages, each beside one that was faster, so that the tree has as many branches; the first passage
    of the story has as many copies on the tree."""
    for number in range(passages):
        head_id = (await StoryQueries(database).find(SERVER, story.id)).head_id
        await PassageService(database).add_passage(ANN, story.id, f"Passage {number}.", head_id)
        await PassageService(database).add_passage(ANN, story.id, f"Branch {number}.", head_id)
        async with database.transaction() as tx:
            await tx.passages.copy_path(None, 1, 1)
    return await StoryQueries(database).find(SERVER, story.id)


@pytest.mark.parametrize("look", LOOKS)
async def test_look_takes_as_many_statements_in_a_large_server(database: Database, look: str) -> None:
    ask, expected = LOOKS[look]
    story = await begin(database, "First")
    async with database.transaction() as tx:
        found = await tx.stories.get(story.id)
        assert found is not None
        await tx.stories.save(dataclasses.replace(found, thread_id=THREAD))
    for passages, others in ((1, 0), (6, 5)):
        story = await grow(database, story, passages)
        for number in range(others):
            await grow(database, await begin(database, f"Other {number}"), 1)
        with reads_of(database) as statements:
            await ask(database, story)
        assert len(statements) == expected, statements

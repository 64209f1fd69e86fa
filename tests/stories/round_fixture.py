"""A server with a story and the service of its rounds, on a real database; time stands still until a test moves it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Unpack

from bot.rules.generations import Suggestion
from bot.rules.moods import MoodName
from bot.rules.posts import Post
from bot.rules.receipts import ContinueReceipt
from bot.rules.rounds import Candidate, Round
from bot.rules.stories import NewStory, Passage, RulesChange, Story, StoryRules, change_rules
from bot.stories.access import Who
from bot.stories.passages import PassageService
from bot.stories.rounds.service import RoundService
from storage.database import Database, open_database
from storage.unit_of_work import UnitOfWork
from tests.support.clocks import epoch
from tests.support.databases import furnish
from tests.support.trees import children

SERVER, CHANNEL, THREAD = 1, 2, 30
HOST, BEN, CHEN, DEE, EVE = (Who(SERVER, number) for number in (11, 12, 13, 14, 15))
STRANGER = Who(99, 12, manages=True)
START_MS = 1_000_000_000
MINUTE_MS = 60_000


class RoundFixture:
    """Everything that the tests of rounds look at and move."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now_ms = START_MS
        self.drawn = 0
        database.now = self.now
        self.round_service = RoundService(database, self.random)
        self.passage_service = PassageService(database)

    def now(self) -> int:
        return self.now_ms

    def random(self, count: int) -> bytes:
        """Bytes that come in order: candidates stand as they came."""
        self.drawn += 1
        return self.drawn.to_bytes(count, "big")

    async def story(self, *texts: str, author: Who = HOST, **rules: Unpack[RulesChange]) -> Story:
        """A story with a thread, of these passages."""
        chosen = change_rules(StoryRules(), **rules)
        async with self.database.transaction() as tx:
            new = NewStory(
                server_id=SERVER,
                channel_id=CHANNEL,
                host_id=HOST.person_id,
                title="The Lighthouse",
                premise="A keeper is silent.",
                rules=chosen,
            )
            story = await tx.stories.add(new, now_ms=self.now_ms)
            await self.change(tx, story, thread_id=THREAD + story.id)
        for text in texts:
            story = await self.again(story)
            await self.passage_service.add_passage(author, story.id, text, story.head_id)
        return await self.again(story)

    @staticmethod
    async def change(tx: UnitOfWork, story: Story, **change: Any) -> None:
        """Store the story with `change`."""
        await tx.stories.save(dataclasses.replace(story, **change))

    async def again(self, story: Story) -> Story:
        """The story as it is now."""
        async with self.database.reading() as tx:
            found = await tx.stories.get(story.id)
        assert found is not None
        return found

    async def round(self, round_id: int) -> Round:
        """A round as it is now."""
        async with self.database.reading() as tx:
            found = await tx.rounds.get(round_id)
        assert found is not None
        return found

    async def candidates(self, round_id: int) -> list[Candidate]:
        """A round's candidates, "none of these" last."""
        async with self.database.reading() as tx:
            return await tx.rounds.list_candidates(round_id)

    async def canon(self, story: Story) -> list[Passage]:
        """What the story says now."""
        story = await self.again(story)
        if story.head_id is None:
            return []
        async with self.database.reading() as tx:
            return await tx.passages.list_canon(story.head_id)

    async def children(self, story: Story, parent_id: int | None) -> list[Passage]:
        """What stands behind a passage."""
        async with self.database.reading() as tx:
            return await children(tx, story.tree_id, parent_id)

    async def posts(self, story: Story) -> list[Post]:
        """What is on show, or due, in the story's thread."""
        async with self.database.reading() as tx:
            return await tx.posts.list_of_channel(THREAD + story.id)

    async def opened(self, story: Story, *texts: str, by: Who = BEN) -> Round:
        """A round that models wrote these candidates for."""
        plan = await self.round_service.plan("continue", by, story.id)
        round_ = await self.round_service.open_round(by, plan)
        return await self.round_service.fill(round_.id, plan, [suggestion(text) for text in texts])


def suggestion(text: str, *, mood: MoodName = "wild", fills: Sequence[str] = ()) -> Suggestion:
    """What a model suggested."""
    receipt = ContinueReceipt(mood=mood, seed=7, dropped=("lore 3",))
    return Suggestion(text=text, fills=tuple(fills), receipt=receipt)


@asynccontextmanager
async def open_table(folder: Path) -> AsyncIterator[RoundFixture]:
    """Open the database in `folder`, with nothing in it."""
    async with open_database(furnish(folder / "data"), epoch) as database:
        yield RoundFixture(database)

"""One transaction with every repository on it, so that use cases pass one value on instead of connections and times.

A caller writes `async with database.transaction() as tx:`, then `await tx.stories.get(story_id)`, and passes `tx` on.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sqlalchemy import CursorResult, Executable

from storage.ballots import BallotReader, Ballots
from storage.counts import Counter
from storage.game_records import GameRecordReader, GameRecords
from storage.games import GameReader, Games
from storage.generations import GenerationReader, Generations
from storage.lore import Lore, LoreReader
from storage.mood_results import MoodResultReader, MoodResults
from storage.passages import PassageReader, Passages
from storage.people import People
from storage.posts import PostReader, Posts
from storage.privacy import Privacy, PrivacyReader
from storage.profiles import WriterProfileReader, WriterProfiles
from storage.recent_work import RecentWork
from storage.rounds import RoundReader, Rounds
from storage.servers import ServerReader, Servers
from storage.stories import Stories, StoryReader
from storage.writer import Connection, Parameters


class Snapshot:
    """One committed state of the database, to be read. Each repository is made when it is first used.

    `now_ms` is the time (UTC milliseconds) at which it was begun. It is the `Connection` of its repositories, and takes
    statements of its own where there is no repository for them.
    """

    def __init__(self, connection: Connection, now_ms: int) -> None:
        self._connection = connection
        self.now_ms = now_ms

    async def execute(self, statement: Executable, parameters: Parameters | None = None, /) -> CursorResult[Any]:
        """Execute a Core statement. Raises `StorageError` where the disk or the file is at fault."""
        return await self._connection.execute(statement, parameters)

    servers = cached_property(ServerReader)
    generations = cached_property(GenerationReader)
    stories = cached_property(StoryReader)
    passages = cached_property(PassageReader)
    rounds = cached_property(RoundReader)
    ballots = cached_property(BallotReader)
    lore = cached_property(LoreReader)
    profiles = cached_property(WriterProfileReader)
    mood_results = cached_property(MoodResultReader)
    posts = cached_property(PostReader)
    privacy = cached_property(PrivacyReader)
    recent = cached_property(RecentWork)
    counts = cached_property(Counter)
    games = cached_property(GameReader)
    game_records = cached_property(GameRecordReader)


class UnitOfWork(Snapshot):
    """A read-then-write transaction: all that is done through it is committed together, or nothing is."""

    servers = cached_property(Servers)
    people = cached_property(People)
    generations = cached_property(Generations)
    stories = cached_property(Stories)
    passages = cached_property(Passages)
    rounds = cached_property(Rounds)
    ballots = cached_property(Ballots)
    lore = cached_property(Lore)
    profiles = cached_property(WriterProfiles)
    mood_results = cached_property(MoodResults)
    posts = cached_property(Posts)
    privacy = cached_property(Privacy)
    games = cached_property(Games)
    game_records = cached_property(GameRecords)

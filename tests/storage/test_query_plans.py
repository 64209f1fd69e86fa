"""Query plans: whatever the repositories of stories ask, no table that grows is read from end to end."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import CursorResult, Executable, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

from bot.rules.ballots import Ballot
from bot.rules.stories import STATES
from storage.database import Database
from storage.lore import Lore
from storage.mood_results import MoodResults
from storage.passages import Passages
from storage.posts import Posts
from storage.privacy import Privacy
from storage.profiles import Courtesies
from storage.rounds import Rounds
from storage.stories import Stories
from storage.tables import METADATA
from storage.writer import Connection, Parameters
from tests.storage.examples import new_candidate, new_passage, new_round, new_story

SORTS = "TEMP B-TREE"


@dataclass(frozen=True)
class Explaining:
    """A connection that notes the plan of every statement, as SQLite has it on this very schema."""

    inner: Connection
    steps: list[str] = field(default_factory=list)

    async def execute(self, statement: Executable, parameters: Parameters | None = None, /) -> CursorResult[Any]:
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(
            dialect=sqlite.dialect(paramstyle="named"),
            compile_kwargs={"render_postcompile": True},
        )
        explained = text(f"EXPLAIN QUERY PLAN {compiled}")
        plan = await self.inner.execute(explained, dict.fromkeys(explained._bindparams))
        self.steps.extend(row.detail for row in plan)
        return await self.inner.execute(statement, parameters)

    def scanned(self) -> set[str]:
        """The tables that were read from end to end."""
        scanned = {match[1] for step in self.steps if (match := re.match(r"SCAN (\w+)", step))}
        return scanned & set(METADATA.tables)


Question = Callable[[Connection], Awaitable[object]]

HOT: dict[str, Question] = {
    "story": lambda connection: Stories(connection).get(1),
    "story of a thread": lambda connection: Stories(connection).of_thread(3),
    "list": lambda connection: Stories(connection).listed(1, states=STATES, limit=10, offset=10),
    "autocomplete": lambda connection: Stories(connection).listed(1, states=["open"], limit=25, prefix="Licht é"),
    "next purge": lambda connection: Stories(connection).next_purge_ms(),
    "purgeable": lambda connection: Stories(connection).purgeable(5),
    "tree": lambda connection: Passages(connection).tree(1),
    "children": lambda connection: Passages(connection).children(1, 1),
    "open rounds": lambda connection: Rounds(connection).open_of(1),
    "history": lambda connection: Rounds(connection).history(1, limit=10),
    "due rounds": lambda connection: Rounds(connection).due(5, 10),
    "next deadline": lambda connection: Rounds(connection).next_deadline_ms(),
    "ballots": lambda connection: Rounds(connection).ballots(1),
    "ballot": lambda connection: Rounds(connection).ballot_of(1, 7),
    "due posts": lambda connection: Posts(connection).due(5, 10),
    "next post": lambda connection: Posts(connection).next_ms(),
    "post": lambda connection: Posts(connection).get("story", 1),
    "post of a message": lambda connection: Posts(connection).of_message(5),
    "results of moods": lambda connection: MoodResults(connection).by_mood(1),
}
"""Asked at every command or tick: these do not even sort."""

OTHER: dict[str, Question] = {
    "canon": lambda connection: Passages(connection).canon(1),
    "context": lambda connection: Passages(connection).canon(1, limit=40),
    "page": lambda connection: Passages(connection).canon_page(1, 1, 10),
    "on the path": lambda connection: Passages(connection).is_on_path(1, 1),
    "stories on a tree": lambda connection: Stories(connection).on_tree(1),
    "count": lambda connection: Stories(connection).count(1, ["open"]),
    "people": lambda connection: Stories(connection).people(1),
    "somebody's passages": lambda connection: Passages(connection).of_author(7, 1),
    "withdraw": lambda connection: Passages(connection).withdraw(1),
    "writing rounds": lambda connection: Rounds(connection).writing(),
    "candidates": lambda connection: Rounds(connection).candidates(1),
    "cast": lambda connection: Rounds(connection).cast(1, 7, Ballot(frozenset({1}))),
    "turnout": lambda connection: Rounds(connection).turnout(1),
    "reports": lambda connection: Rounds(connection).reports(1),
    "lore told": lambda connection: Lore(connection).ratified(1, 1),
    "lore": lambda connection: Lore(connection).listed(1, 1, limit=10),
    "lore of the server": lambda connection: Lore(connection).listed(1, None, limit=10),
    "proposed lore": lambda connection: Lore(connection).proposed(1, 1),
    "votes on lore": lambda connection: Lore(connection).tally(1),
    "refusing": lambda connection: Courtesies(connection).refusing(1, [7, 8]),
    "posts of a channel": lambda connection: Posts(connection).of_channel(2),
    "post again": lambda connection: Posts(connection).again("round", [1, 2]),
    "move a post": lambda connection: Posts(connection).move("story", 1, 4),
    "purge": lambda connection: Stories(connection).purge(1),
    "export": lambda connection: Privacy(connection).export(7),
    "delete": lambda connection: Privacy(connection).delete(7),
}


@pytest.mark.parametrize("question", [*HOT, *OTHER])
async def test_no_table_is_read_from_end_to_end(database: Database, question: str) -> None:
    async with database.transaction() as connection:
        await something(connection)
        explaining = Explaining(connection)
        await {**HOT, **OTHER}[question](explaining)
        assert explaining.steps, "a plan was seen"
        assert not explaining.scanned(), explaining.steps
        if question in HOT:
            assert not any(SORTS in step for step in explaining.steps), explaining.steps


async def test_a_scan_would_be_seen(database: Database) -> None:
    async with database.transaction() as connection:
        explaining = Explaining(connection)
        await explaining.execute(METADATA.tables["passages"].select().where(METADATA.tables["passages"].c.text == "x"))
    assert explaining.scanned() == {"passages"}


async def something(connection: Connection) -> None:
    """A story with a passage, a round and a post, each with the id 1."""
    story = await Stories(connection).add(new_story(), now_ms=1)
    passage = await Passages(connection).add(new_passage(story.tree_id, None), now_ms=1)
    await Rounds(connection).add(new_round(story.id, after_id=passage.id), [new_candidate()], [1], now_ms=1)
    await Posts(connection).want("story", story.id, 2)

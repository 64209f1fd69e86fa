"""Query plans: whatever the repositories of stories ask, no table that grows is read from end to end."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import CursorResult, Executable, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

from bot.rules.ballots import Ballot
from bot.rules.generations import Generation, Place
from bot.rules.stories import STATES
from storage.database import Database
from storage.tables import METADATA
from storage.unit_of_work import UnitOfWork
from storage.writer import Connection, Parameters
from tests.storage.examples import new_candidate, new_generation, new_passage, new_round, new_story

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


Question = Callable[[UnitOfWork], Awaitable[object]]

HOT: dict[str, Question] = {
    "story": lambda tx: tx.stories.get(1),
    "story of a thread": lambda tx: tx.stories.get_by_thread(3),
    "list": lambda tx: tx.stories.list_of_server(1, states=STATES, limit=10, offset=10),
    "list with lengths": lambda tx: tx.stories.list_with_lengths(1, states=STATES, limit=6, offset=6),
    "autocomplete": lambda tx: tx.stories.list_of_server(1, states=["open"], limit=25, prefix="Licht é"),
    "next purge": lambda tx: tx.stories.next_purge_ms(),
    "purgeable": lambda tx: tx.stories.list_purgeable(5),
    "tree": lambda tx: tx.passages.list_nodes(1),
    "open rounds": lambda tx: tx.rounds.list_open(1),
    "due rounds": lambda tx: tx.rounds.list_due(5, 10),
    "next deadline": lambda tx: tx.rounds.next_deadline_ms(),
    "ballots": lambda tx: tx.ballots.list_of_round(1),
    "ballot": lambda tx: tx.ballots.get(1, 7),
    "due posts": lambda tx: tx.posts.list_due(5, 10),
    "next post": lambda tx: tx.posts.next_ms(),
    "post": lambda tx: tx.posts.get("story", 1),
    "post of a message": lambda tx: tx.posts.get_by_message(5),
    "results of moods": lambda tx: tx.mood_results.by_mood(1),
    "generation": lambda tx: tx.generations.get(1),
    "page beside another": lambda tx: next_page(tx),
    "game": lambda tx: tx.games.get(1),
    "texts of a game": lambda tx: tx.games.list_texts(1),
    "due games": lambda tx: tx.games.list_due(5, 10),
    "next due game": lambda tx: tx.games.next_ms(),
    "games of a channel": lambda tx: tx.games.count_running(channel_id=2),
    "seats of a person": lambda tx: tx.games.count_seats(7),
    "draft": lambda tx: tx.game_records.get_draft(1, 7, 5),
    "ping": lambda tx: tx.game_records.get_ping(1),
}
"""Asked at every command or tick: these do not even sort."""

OTHER: dict[str, Question] = {
    "canon": lambda tx: tx.passages.list_canon(1),
    "context": lambda tx: tx.passages.list_canon(1, limit=40),
    "page": lambda tx: tx.passages.list_canon_page(1, 1, 10),
    "on the path": lambda tx: tx.passages.is_on_path(1, 1),
    "told": lambda tx: told(tx),
    "stories on a tree": lambda tx: tx.stories.list_of_tree(1),
    "count": lambda tx: tx.stories.count(1, ["open"]),
    "people": lambda tx: tx.stories.people(1),
    "passages by their ids": lambda tx: tx.passages.get_many([1, 2]),
    "withdraw": lambda tx: tx.passages.withdraw(1),
    "writing rounds": lambda tx: tx.rounds.list_writing(),
    "candidates": lambda tx: tx.rounds.list_candidates(1),
    "cast": lambda tx: tx.ballots.cast(1, 7, Ballot(frozenset({1}))),
    "turnout": lambda tx: tx.ballots.turnout(1),
    "reports": lambda tx: tx.rounds.count_reports(1),
    "lore told": lambda tx: tx.lore.list_ratified(1, 1),
    "lore": lambda tx: tx.lore.list_entries(1, 1, limit=10),
    "lore of the server": lambda tx: tx.lore.list_entries(1, None, limit=10),
    "votes on lore": lambda tx: tx.lore.tally(1),
    "refusing": lambda tx: tx.profiles.list_refusing(1, [7, 8]),
    "posts of a channel": lambda tx: tx.posts.list_of_channel(2),
    "unfinished posts of a channel": lambda tx: tx.posts.list_unfinished(2),
    "post again": lambda tx: tx.posts.requeue("round", [1, 2]),
    "move a post": lambda tx: tx.posts.move("story", 1, 4),
    "card of a message": lambda tx: tx.generations.get_by_message(5),
    "mark a card sent": lambda tx: tx.generations.mark_sent(1, Place(server_id=1, channel_id=2), 5),
    "take up": lambda tx: tx.generations.take(1, 8, 0),
    "delete a card": lambda tx: tx.generations.delete(1),
    "forget cards": lambda tx: tx.posts.forget_cards(),
    "games of a server": lambda tx: tx.games.list_running(server_id=1),
    "games of a person": lambda tx: tx.games.list_running(server_id=1, person_id=7),
    "games of a person anywhere": lambda tx: tx.games.list_ids_of(7),
    "games of a channel that goes": lambda tx: tx.games.list_ids_of_channel(2),
    "games that ask": lambda tx: tx.games.list_asking(),
    "texts of a person within games": lambda tx: tx.games.list_texts_within(7, ["gaps", "one_word"]),
    "carry words over to the archive": lambda tx: tx.games.carry_over(1, ["all"]),
    "withdraw a text of a game": lambda tx: tx.games.withdraw(1, "0.0"),
    "board": lambda tx: tx.game_records.list_points(1, "fold", 10),
    "board of all kinds": lambda tx: tx.game_records.list_points(1, None, 10),
    "points of a game": lambda tx: tx.game_records.list_points_of_game(1),
    "pings of turns": lambda tx: tx.game_records.list_pings(1, [(1, 2), (2, 2)]),
    "reported texts": lambda tx: tx.game_records.list_reported(1),
    "expired drafts": lambda tx: tx.game_records.expire_drafts(5),
    "purge": lambda tx: tx.stories.purge(1),
    "export": lambda tx: tx.privacy.export(7),
    "delete": lambda tx: tx.privacy.delete(7),
}


async def next_page(tx: UnitOfWork) -> Generation | None:
    generation = await tx.generations.get(1)
    assert generation is not None
    return await tx.generations.get_beside(dataclasses.replace(generation, message_id=5), 1)


async def told(tx: UnitOfWork) -> bool:
    passage = await tx.passages.get(1)
    assert passage is not None
    return await tx.passages.is_told(passage, 1)


@pytest.mark.parametrize("question", [*HOT, *OTHER])
async def test_query_plans_scan_no_table(database: Database, question: str) -> None:
    async with database.transaction() as tx:
        await something(tx)
        explaining = Explaining(tx)
        await {**HOT, **OTHER}[question](UnitOfWork(explaining, 1))
        assert explaining.steps, "a plan was seen"
        assert not explaining.scanned(), explaining.steps
        if question in HOT:
            assert not any(SORTS in step for step in explaining.steps), explaining.steps


async def test_query_plans_show_a_scan(database: Database) -> None:
    async with database.transaction() as tx:
        explaining = Explaining(tx)
        await explaining.execute(METADATA.tables["passages"].select().where(METADATA.tables["passages"].c.text == "x"))
    assert explaining.scanned() == {"passages"}


async def something(tx: UnitOfWork) -> None:
    """A story with a passage, a round and a post, each with the id 1."""
    story = await tx.stories.add(new_story(), now_ms=1)
    passage = await tx.passages.add(new_passage(story.tree_id, None), now_ms=1)
    await tx.rounds.add(new_round(story.id, after_id=passage.id), [new_candidate()], [1], now_ms=1)
    await tx.posts.enqueue("story", story.id, 2)
    await tx.generations.add(new_generation(), now_ms=1)

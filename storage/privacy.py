"""Everything that is stored about one person: exports and deletes it. Rows that others' texts and votes depend on are
emptied or made anonymous instead.

`PERSONAL` names every column that names a person, and what becomes of its rows; a test fails where one is missing.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, case, delete, select, type_coerce, update

from bot.rules.posts import PostKind
from bot.rules.rounds import NOBODY
from storage.columns import JsonText
from storage.posts import Posts
from storage.repository import Repository, values_of
from storage.tables import (
    BALLOTS,
    CANDIDATES,
    GAME_DRAFTS,
    GAME_POINTS,
    GAME_REPORTS,
    GAME_SEATS,
    GAME_TEXTS,
    GENERATIONS,
    LORE,
    LORE_VOTES,
    PASSAGES,
    PEOPLE,
    REPORTS,
    ROUNDS,
    STORIES,
    STORY_PEOPLE,
    SUGGESTIONS,
    WRITER_PROFILES,
)
from storage.withdrawing import withdraw, withdraw_candidates, withdraw_game_texts
from storage.writer import Connection

Work = Callable[[Connection, int], Awaitable[int]]
"""Deletes or changes all rows about a person, whose id is given, and returns their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A table whose rows hang on a personal table's `id` by the column named `link`, and go with it (ON DELETE
    CASCADE). They are exported inside the row that they belong to."""

    table: Table
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """A table whose rows are about the person named in the column `person`.

    `forget`: what is done to them, None for deleting them; `name`: what they are called in an export, None for the
    table's name; `only`: the columns that are exported, empty for all (of other people's texts, and of secrets, nothing
    is); `shown_as`: what in Discord shows such a row, by its id, and has to change.
    """

    table: Table
    person: str = "person_id"
    parts: tuple[Part, ...] = ()
    forget: Work | None = None
    name: str | None = None
    only: tuple[str, ...] = ()
    shown_as: PostKind | None = None

    @property
    def called(self) -> str:
        """The name in an export."""
        return self.name or self.table.name

    def of(self, person_id: int) -> ColumnElement[bool]:
        """Whether a row is about that person."""
        return self.table.c[self.person] == person_id


def _become(table: Table, person: str, value: int | None) -> Work:
    """Put nobody in the place of the person, in rows that belong to others as well."""

    async def work(connection: Connection, person_id: int) -> int:
        theirs = update(table).where(table.c[person] == person_id)
        return (await connection.execute(theirs.values({person: value}))).rowcount

    return work


async def _withdraw_passages(connection: Connection, person_id: int) -> int:
    return len(await withdraw(connection, select(PASSAGES.c.id).where(PASSAGES.c.author_id == person_id)))


async def _withdraw_candidates(connection: Connection, person_id: int) -> int:
    return await withdraw_candidates(connection, CANDIDATES.c.author_id == person_id)


async def _withdraw_game_texts(connection: Connection, person_id: int) -> int:
    return await withdraw_game_texts(connection, GAME_TEXTS.c.author_id == person_id)


async def _leave_seats(connection: Connection, person_id: int) -> int:
    """Let nobody have sat there: what others did stays as it was."""
    theirs = GAME_SEATS.c.person_id == person_id
    posts, games = Posts(connection), select(GAME_SEATS.c.game_id).where(theirs)
    await posts.requeue("game", games)
    await posts.requeue("reveal", games)
    left = case((GAME_SEATS.c.presence == "removed", "removed"), else_="left")
    emptied = update(GAME_SEATS).where(theirs).values(person_id=None, pen_name="", presence=left)
    return (await connection.execute(emptied)).rowcount


async def _forget_ballots(connection: Connection, person_id: int) -> int:
    """Delete ballots, but for those that have decided something: these become those of a number that nobody has,
    another one in each round, so that nobody can tell that they were one person's."""
    theirs = BALLOTS.c.voter_id == person_id
    decided = select(ROUNDS.c.id).where(ROUNDS.c.state == "closed")
    undecided = theirs & BALLOTS.c.round_id.not_in(decided)
    await Posts(connection).requeue("round", select(BALLOTS.c.round_id).where(undecided))
    deleted = await connection.execute(delete(BALLOTS).where(undecided))
    rounds = list((await connection.execute(select(BALLOTS.c.round_id).where(theirs).distinct())).scalars())
    kept = 0
    for round_id in rounds:
        one = update(BALLOTS).where(theirs, BALLOTS.c.round_id == round_id)
        kept += (await connection.execute(one.values(voter_id=-1 - secrets.randbits(62)))).rowcount
    return deleted.rowcount + kept


async def _forget_lore(connection: Connection, person_id: int) -> int:
    """Delete what was not ratified; ratified entries belong to the community and become anonymous."""
    theirs = LORE.c.proposed_by == person_id
    deleted = await connection.execute(delete(LORE).where(theirs, LORE.c.state != "ratified"))
    kept = await connection.execute(update(LORE).where(theirs).values(proposed_by=None))
    return deleted.rowcount + kept.rowcount


async def _forget_opinions(connection: Connection, person_id: int) -> int:
    """Delete what the person thinks of others' entries, whose cards tell how many are for them."""
    theirs = LORE_VOTES.c.person_id == person_id
    await Posts(connection).requeue("lore", select(LORE_VOTES.c.lore_id).where(theirs))
    return (await connection.execute(delete(LORE_VOTES).where(theirs))).rowcount


async def _forget_rounds(connection: Connection, person_id: int) -> int:
    """Name nobody as who opened them; a text with blanks, and a note, is what that person wrote."""
    theirs = update(ROUNDS).where(ROUNDS.c.opened_by == person_id)
    asked = case((ROUNDS.c.kind == "infill", ""), else_=ROUNDS.c.text)
    return (await connection.execute(theirs.values(opened_by=None, text=asked, note=""))).rowcount


PERSONAL = (
    Personal(table=GENERATIONS, parts=(Part(table=SUGGESTIONS, link="generation_id"),)),
    Personal(table=PASSAGES, person="author_id", forget=_withdraw_passages),
    Personal(table=CANDIDATES, person="author_id", forget=_withdraw_candidates),
    Personal(
        table=CANDIDATES,
        person="hidden_by",
        name="hidden_candidates",
        only=("id", "round_id", "hidden_by"),
        forget=_become(CANDIDATES, "hidden_by", NOBODY),
    ),
    Personal(table=BALLOTS, person="voter_id", forget=_forget_ballots),
    Personal(table=REPORTS),
    Personal(table=LORE, person="proposed_by", forget=_forget_lore, shown_as="lore"),
    Personal(table=LORE_VOTES, forget=_forget_opinions),
    Personal(
        table=ROUNDS,
        person="opened_by",
        only=tuple(column.name for column in ROUNDS.c if column is not ROUNDS.c.salt),
        forget=_forget_rounds,
        shown_as="round",
    ),
    Personal(table=GAME_TEXTS, person="author_id", forget=_withdraw_game_texts),
    Personal(table=GAME_SEATS, forget=_leave_seats),
    Personal(table=GAME_POINTS, forget=_become(GAME_POINTS, "person_id", None)),
    Personal(table=GAME_DRAFTS),
    Personal(table=GAME_REPORTS),
    Personal(table=STORIES, person="host_id", forget=_become(STORIES, "host_id", None), shown_as="story"),
    Personal(table=STORY_PEOPLE),
    Personal(table=WRITER_PROFILES),
    Personal(table=PEOPLE),
)
"""Every table with rows about people."""


class PrivacyReader(Repository):
    """What is kept about a person."""

    async def export(self, person_id: int) -> dict[str, Any]:
        """Return every row about the person by table, JSON-ready; Discord's ids are strings, as in Discord's own
        exports, because JSON's readers round large numbers."""
        found: dict[str, Any] = {}
        for personal in PERSONAL:
            theirs = personal.of(person_id)
            rows = await self._rows(personal.table, theirs, personal.only)
            for part in personal.parts:
                ids = select(personal.table.c.id).where(theirs)
                parts: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
                for each in await self._rows(part.table, part.table.c[part.link].in_(ids)):
                    parts[each[part.link]].append(each)
                for row in rows:
                    row[part.table.name] = parts[row["id"]]
            found[personal.called] = rows
        return found

    async def _rows(
        self, table: Table, condition: ColumnElement[bool], only: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        columns = [_as_json(table.c[name]) for name in only or table.c.keys()]
        rows = await self._connection.execute(select(*columns).where(condition).order_by(*table.primary_key))
        return await values_of(
            rows, lambda row: {name: _readable(table, name, value) for name, value in row._mapping.items()}
        )


class Privacy(PrivacyReader):
    """What `/privacy` does; the caller owns the transaction, so that it is all or nothing."""

    async def delete(self, person_id: int) -> Mapping[str, int]:
        """Delete every row about the person (parts go with their whole), or what in it is theirs, and return the
        numbers by table. What in Discord shows such a row is due to be shown anew."""
        counts: dict[str, int] = {}
        for personal in PERSONAL:
            theirs = personal.of(person_id)
            if personal.shown_as is not None:
                await Posts(self._connection).requeue(personal.shown_as, select(personal.table.c.id).where(theirs))
            if personal.forget is not None:
                counts[personal.called] = await personal.forget(self._connection, person_id)
            else:
                gone = await self._connection.execute(delete(personal.table).where(theirs))
                counts[personal.called] = gone.rowcount
        return counts


def _as_json(column: Column[Any]) -> ColumnElement[Any]:
    """Return a column with what is JSON in it as JSON."""
    if isinstance(column.type, JsonText):
        return type_coerce(column, JsonText()).label(column.name)
    return column


def _readable(table: Table, name: str, value: Any) -> Any:
    return str(value) if table.c[name].info.get("snowflake") and value is not None else value

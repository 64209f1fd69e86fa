"""Withdrawing text from trees: a passage keeps its place, and its words go everywhere that they are kept.

They are kept in the passage itself, in its copies on other branches, in the candidate or the text of a game that it
was, in what was asked in rounds about it, and in what models made of it by filling its blanks. What other people wrote
in its place stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, or_, select, type_coerce, update

from bot.rules.rounds import NOBODY
from storage.posts import Posts
from storage.tables import CANDIDATES, GAME_TEXTS, PASSAGES, ROUNDS, STORIES
from storage.writer import Connection

WITHDRAWN_PASSAGE: Mapping[str, Any] = {
    "text": "",
    "author_id": None,
    "pen_name": None,
    "spans": (),
    "receipt": None,
    "withdrawn": 1,
}
"""The columns of a passage that was withdrawn."""
WITHDRAWN_CANDIDATE: Mapping[str, Any] = {
    "text": "",
    "author_id": None,
    "pen_name": None,
    "spans": (),
    "receipt": None,
    "hidden_by": NOBODY,
}
"""The columns of a candidate that was withdrawn."""
WITHDRAWN_GAME_TEXT: Mapping[str, Any] = {"text": "", "author_id": None, "spans": (), "withdrawn": 1}
"""The columns of a text of a game that was withdrawn."""

_BY_MODELS = type_coerce(CANDIDATES.c.receipt, Text) != "null"
"""Candidates that models made; where they filled a person's passage, that person is named as the author."""

_AT_ONCE = 2000
"""Ids in one statement: SQLite takes 32,766 parameters."""


async def withdraw(connection: Connection, seeds: Select[tuple[int]]) -> list[int]:
    """Withdraw the passages whose ids `seeds` selects, wherever their words are kept, and have what shows them shown
    anew. Returns the ids of all passages that were emptied."""
    # All are found before any is emptied: `seeds`, and what was made of what, go by what is emptied.
    ids = sorted((await connection.execute(_with_copies(seeds))).scalars())
    for start in range(0, len(ids), _AT_ONCE):
        await _empty(connection, ids[start : start + _AT_ONCE])
    return ids


async def _empty(connection: Connection, gone: Sequence[int]) -> None:
    about = or_(ROUNDS.c.after_id.in_(gone), ROUNDS.c.replaces_id.in_(gone), ROUNDS.c.before_id.in_(gone))
    posts = Posts(connection)
    await withdraw_candidates(connection, or_(CANDIDATES.c.passage_id.in_(gone), _filled(gone)))
    await posts.requeue("round", select(ROUNDS.c.id).where(about))
    await connection.execute(update(ROUNDS).where(about).values(text=""))
    await empty_game_texts(connection, GAME_TEXTS.c.passage_id.in_(gone))
    await posts.requeue("passage", gone)
    await posts.requeue("story", select(STORIES.c.id).where(STORIES.c.head_id.in_(gone)))
    await connection.execute(update(PASSAGES).where(PASSAGES.c.id.in_(gone)).values(WITHDRAWN_PASSAGE))


async def withdraw_candidates(connection: Connection, which: ColumnElement[bool]) -> int:
    """Empty and hide candidates, have their rounds shown anew, and return how many that were."""
    await Posts(connection).requeue("round", select(CANDIDATES.c.round_id).where(which))
    emptied = await connection.execute(update(CANDIDATES).where(which).values(WITHDRAWN_CANDIDATE))
    return emptied.rowcount


async def withdraw_game_texts(connection: Connection, which: ColumnElement[bool]) -> int:
    """Empty texts of games, and the passages that they became, and return how many texts that were."""
    became = select(GAME_TEXTS.c.passage_id).where(which, GAME_TEXTS.c.passage_id.is_not(None))
    passages = list((await connection.execute(became)).scalars())
    emptied = await empty_game_texts(connection, which)
    for start in range(0, len(passages), _AT_ONCE):
        some = passages[start : start + _AT_ONCE]
        await withdraw(connection, select(PASSAGES.c.id).where(PASSAGES.c.id.in_(some)))
    return emptied


async def empty_game_texts(connection: Connection, which: ColumnElement[bool]) -> int:
    """Empty texts of games for good, have these shown anew, and return how many texts that were."""
    games = select(GAME_TEXTS.c.game_id).where(which)
    posts = Posts(connection)
    await posts.requeue("game", games)
    await posts.requeue("reveal", games)
    return (await connection.execute(update(GAME_TEXTS).where(which).values(WITHDRAWN_GAME_TEXT))).rowcount


def _with_copies(seeds: Select[tuple[int]]) -> Select[tuple[int]]:
    """The ids of these passages, of their copies, and of what models made of them by filling blanks, to the end."""
    gone = seeds.cte("gone", recursive=True)
    passage_id = gone.c[0]
    copies = select(PASSAGES.c.id).join(gone, PASSAGES.c.original_id == passage_id)
    filled = (
        select(CANDIDATES.c.passage_id)
        .join(ROUNDS, ROUNDS.c.id == CANDIDATES.c.round_id)
        .join(gone, ROUNDS.c.replaces_id == passage_id)
        .where(_BY_MODELS, CANDIDATES.c.passage_id.is_not(None))
    )
    whole = gone.union(copies, filled)
    return select(whole.c[0])


def _filled(gone: Sequence[int]) -> ColumnElement[bool]:
    """Candidates that models made of these passages."""
    rounds = select(ROUNDS.c.id).where(ROUNDS.c.replaces_id.in_(gone))
    return CANDIDATES.c.round_id.in_(rounds) & _BY_MODELS

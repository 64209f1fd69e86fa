"""The tables. STRICT in SQLite; times are UTC milliseconds, Discord's ids are integers, lists are JSON text.

A column that names a person is made by `_person`: `storage.privacy` finds it by that, and so does the test that
nobody is forgotten there.

Longer than 350 lines because the schema stands in one place.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

from storage.columns import REAL, WHOLE, JsonText, PayloadText, ReceiptText, SpansText

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)
"""All tables, and how their indexes and keys are named."""

EMPTY = text("''")
"""The default of a text that older rows lack."""


def _snowflake(name: str, **options: Any) -> Column[int]:
    return Column(name, WHOLE, info={"snowflake": True}, **options)


def _person(name: str, **options: Any) -> Column[int]:
    return Column(name, WHOLE, info={"snowflake": True, "person": True}, **options)


SERVERS = Table(
    "servers",
    METADATA,
    _snowflake("server_id", primary_key=True, autoincrement=False),
    Column("mood", Text),
    Column("count", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("language", Text),
    Column("channels", JsonText, nullable=False),
    Column("switched_off", JsonText, nullable=False),
    Column("words", JsonText, nullable=False, server_default="[]"),
    Column("roles", JsonText, nullable=False, server_default="{}"),
    Column("changed_ms", WHOLE, nullable=False),
    Column("zone", Text, nullable=False, server_default="UTC"),
    Column("quiet_begin", Integer, nullable=False, server_default="23"),
    Column("quiet_end", Integer, nullable=False, server_default="8"),
    sqlite_strict=True,
)
"""A row is what the managers of a server chose."""

PEOPLE = Table(
    "people",
    METADATA,
    _person("person_id", primary_key=True, autoincrement=False),
    Column("first_seen_ms", WHOLE, nullable=False),
    Column("last_seen_ms", WHOLE, nullable=False),
    sqlite_strict=True,
)
"""A row is a person who has used the bot, and when that was first and last."""

GENERATIONS = Table(
    "generations",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    _snowflake("server_id"),
    _snowflake("channel_id", nullable=False),
    _snowflake("message_id"),
    _person("person_id", nullable=False),
    Column("text", Text, nullable=False),
    Column("mood", Text),
    Column("count", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("parent_id", WHOLE, ForeignKey("generations.id", ondelete="SET NULL")),
    Column("created_ms", WHOLE, nullable=False),
    Column("expires_ms", WHOLE, nullable=False),
    Column("note", Text, nullable=False, server_default=EMPTY),
    Column("on_show", Integer, nullable=False, server_default="1"),
    Column("used", Integer, nullable=False, server_default="0"),
    Index(None, "expires_ms"),
    Index(None, "person_id"),
    Index(None, "message_id"),
    Index(None, "parent_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""`sqlite_autoincrement`: an id is never used again, so that an old button cannot meet a new generation.

Those with one `message_id` are the pages of one card, of which that with `on_show` 1 stands there now. `used` 1:
somebody else than the person has used it."""

SUGGESTIONS = Table(
    "suggestions",
    METADATA,
    Column("generation_id", WHOLE, ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("fills", JsonText, nullable=False),
    Column("score", REAL, nullable=False),
    Column("receipt", ReceiptText, nullable=False),
    Column("confidence", REAL),
    Column("payload", PayloadText),
    Column("taken", Integer, nullable=False, server_default="0"),
    sqlite_strict=True,
)
"""A row is a suggestion of a generation; `taken` is how often it was taken."""

# ---- stories: a tree owns its passages, a story is a head on it, a round owns its candidates and ballots

TREES = Table(
    "trees",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("created_ms", WHOLE, nullable=False),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""A row is a tree, which a story and its forks share."""

STORIES = Table(
    "stories",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("tree_id", WHOLE, ForeignKey("trees.id"), nullable=False),
    Column("fork_of", WHOLE, ForeignKey("stories.id", ondelete="SET NULL")),
    _snowflake("server_id", nullable=False),
    _snowflake("channel_id", nullable=False),
    _snowflake("thread_id"),
    _person("host_id"),
    Column("title", Text, nullable=False),
    Column("premise", Text, nullable=False),
    Column("rules", JsonText, nullable=False),
    Column("state", Text, nullable=False),
    Column("head_id", WHOLE, ForeignKey("passages.id")),
    Column("created_ms", WHOLE, nullable=False),
    Column("changed_ms", WHOLE, nullable=False),
    Column("purge_ms", WHOLE),
    Column("redo_id", WHOLE, ForeignKey("passages.id")),
    UniqueConstraint("thread_id"),
    Index(None, "server_id", "changed_ms"),
    Index(None, "tree_id"),
    Index(None, "fork_of"),
    Index(None, "host_id"),
    Index(None, "head_id"),
    Index(None, "redo_id"),
    Index(None, "purge_ms"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""A row is a story. `head_id` is the last passage of its canon, None while nothing is written."""

STORY_PEOPLE = Table(
    "story_people",
    METADATA,
    Column("story_id", WHOLE, ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True),
    _person("person_id", primary_key=True, autoincrement=False),
    Column("role", Text, primary_key=True),
    Index(None, "person_id"),
    sqlite_strict=True,
)
"""A row is a role that a person has in a story: "cohost" or "invited"."""

PASSAGES = Table(
    "passages",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("tree_id", WHOLE, ForeignKey("trees.id", ondelete="CASCADE"), nullable=False),
    Column("parent_id", WHOLE, ForeignKey("passages.id")),
    Column("depth", Integer, nullable=False),
    Column("text", Text, nullable=False),
    _person("author_id"),
    Column("pen_name", Text),
    Column("origin", Text, nullable=False),
    Column("spans", SpansText, nullable=False),
    Column("round_id", WHOLE),
    Column("receipt", ReceiptText),
    Column("created_ms", WHOLE, nullable=False),
    Column("original_id", WHOLE, ForeignKey("passages.id")),
    Column("withdrawn", Integer, nullable=False, server_default="0"),
    Index(None, "tree_id"),
    Index(None, "parent_id"),
    Index(None, "author_id"),
    Index(None, "original_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""A passage never goes alone: its tree takes it along, so no link between passages has an action of its own (a chain
of 10,000 of those would be deeper than SQLite follows)."""

ROUNDS = Table(
    "rounds",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("story_id", WHOLE, ForeignKey("stories.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    _person("opened_by"),
    Column("after_id", WHOLE, ForeignKey("passages.id")),
    Column("replaces_id", WHOLE, ForeignKey("passages.id")),
    Column("before_id", WHOLE, ForeignKey("passages.id")),
    Column("text", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("opened_ms", WHOLE, nullable=False),
    Column("deadline_ms", WHOLE, nullable=False),
    Column("closed_ms", WHOLE),
    Column("winner_id", WHOLE),
    Column("extended", Integer, nullable=False, server_default="0"),
    Column("note", Text, nullable=False, server_default=EMPTY),
    Column("minutes", Integer),
    Index(None, "story_id"),
    Index(None, "state", "deadline_ms"),
    Index(None, "opened_by"),
    Index(None, "after_id"),
    Index(None, "replaces_id"),
    Index(None, "before_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""A row is a round; see `bot.rules.rounds.Round`."""

CANDIDATES = Table(
    "candidates",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("round_id", WHOLE, ForeignKey("rounds.id", ondelete="CASCADE"), nullable=False),
    Column("place", WHOLE, nullable=False),
    Column("text", Text, nullable=False),
    _person("author_id"),
    Column("pen_name", Text),
    Column("origin", Text, nullable=False),
    Column("spans", SpansText, nullable=False),
    Column("mood", Text),
    Column("receipt", ReceiptText),
    Column("none", Integer, nullable=False, server_default="0"),
    _person("hidden_by"),
    Column("passage_id", WHOLE, ForeignKey("passages.id")),
    Column("created_ms", WHOLE, nullable=False),
    Column("changed_id", WHOLE, ForeignKey("candidates.id", ondelete="SET NULL")),
    Index(None, "round_id"),
    Index(None, "author_id"),
    Index(None, "hidden_by"),
    Index(None, "passage_id"),
    Index(None, "changed_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""A row is a candidate of a round; `none` 1: it is "none of these" and has no text."""

BALLOTS = Table(
    "ballots",
    METADATA,
    Column("round_id", WHOLE, ForeignKey("rounds.id", ondelete="CASCADE"), primary_key=True),
    _person("voter_id", primary_key=True, autoincrement=False),
    Column("candidate_id", WHOLE, ForeignKey("candidates.id", ondelete="CASCADE"), primary_key=True),
    Column("level", Integer, nullable=False),
    Index(None, "voter_id"),
    Index(None, "candidate_id"),
    sqlite_strict=True,
)
"""A row for each candidate that a person likes (`level` 1), prefers to all (2), or both (3: one whose ★ goes elsewhere
stays liked). Of somebody who had everything of theirs deleted the ballots of closed rounds stay, under a negative
number that is nobody's."""

REPORTS = Table(
    "reports",
    METADATA,
    Column("candidate_id", WHOLE, ForeignKey("candidates.id", ondelete="CASCADE"), primary_key=True),
    _person("person_id", primary_key=True, autoincrement=False),
    Column("created_ms", WHOLE, nullable=False),
    Index(None, "person_id"),
    sqlite_strict=True,
)
"""A row says that a person reported a candidate."""

LORE = Table(
    "lore",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    _snowflake("server_id", nullable=False),
    Column("story_id", WHOLE, ForeignKey("stories.id", ondelete="CASCADE")),
    Column("kind", Text, nullable=False),
    Column("triggers", JsonText, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),
    _person("proposed_by"),
    Column("created_ms", WHOLE, nullable=False),
    Index(None, "server_id"),
    Index(None, "story_id"),
    Index(None, "proposed_by"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""A row is an entry of memory or lore; `story_id` None: of the whole server."""

LORE_VOTES = Table(
    "lore_votes",
    METADATA,
    Column("lore_id", WHOLE, ForeignKey("lore.id", ondelete="CASCADE"), primary_key=True),
    _person("person_id", primary_key=True, autoincrement=False),
    Column("agrees", Integer, nullable=False),
    Index(None, "person_id"),
    sqlite_strict=True,
)
"""A row is what a person thinks of an entry: `agrees` 1 or 0."""

WRITER_PROFILES = Table(
    "courtesies",
    METADATA,
    _snowflake("server_id", primary_key=True, autoincrement=False),
    _person("person_id", primary_key=True, autoincrement=False),
    Column("pen_name", Text),
    Column("no_ai", Integer, nullable=False),
    Column("pings", Text, nullable=False, server_default="mention"),
    Index(None, "person_id"),
    sqlite_strict=True,
)
"""A row is one person's wishes in one server; `no_ai` 1: no model may use what they wrote. `pings`: how they are told
that a game waits for them."""

# ---- games: a game owns its seats, texts, points and drafts

GAMES = Table(
    "games",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    _snowflake("server_id", nullable=False),
    _snowflake("channel_id", nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("move", WHOLE, nullable=False),
    Column("due_ms", WHOLE),
    Column("asking", Integer, nullable=False),
    Column("seed", Text, nullable=False),
    Column("course", Text, nullable=False),
    Column("created_ms", WHOLE, nullable=False),
    Column("changed_ms", WHOLE, nullable=False),
    Column("story_id", WHOLE, ForeignKey("stories.id", ondelete="SET NULL")),
    Index(None, "due_ms", sqlite_where=text("due_ms IS NOT NULL")),
    Index(None, "asking"),
    Index(None, "server_id", "state"),
    Index(None, "channel_id", "state"),
    Index(None, "story_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""A row is a game. `course` is its table as JSON (see `storage.games`), in which seats have numbers only; `asking` is
how many requests to the models are open; `story_id` is the story that it became in the archive."""

GAME_SEATS = Table(
    "game_seats",
    METADATA,
    Column("game_id", WHOLE, ForeignKey("games.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    _person("person_id"),
    Column("pen_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("presence", Text, nullable=False),
    Column("missed", Integer, nullable=False),
    Column("joined_ms", WHOLE, nullable=False),
    Index(None, "person_id"),
    sqlite_strict=True,
)
"""A row is a seat; nobody's where its person had everything of theirs deleted."""

GAME_TEXTS = Table(
    "game_texts",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("game_id", WHOLE, ForeignKey("games.id", ondelete="CASCADE"), nullable=False),
    Column("slot", Text, nullable=False),
    Column("seat", Integer),
    _person("author_id"),
    Column("text", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("spans", SpansText, nullable=False),
    Column("hidden", Integer, nullable=False, server_default="0"),
    Column("withdrawn", Integer, nullable=False, server_default="0"),
    Column("created_ms", WHOLE, nullable=False),
    Column("passage_id", WHOLE, ForeignKey("passages.id", ondelete="SET NULL")),
    UniqueConstraint("game_id", "slot"),
    Index(None, "author_id"),
    Index(None, "passage_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""A row is a text that was written in a game. `hidden` 1: whoever leads holds it back; `withdrawn` 1: its writer took
it back, and it stands empty for good. `passage_id`: what it became in the archive."""

GAME_REPORTS = Table(
    "game_reports",
    METADATA,
    Column("text_id", WHOLE, ForeignKey("game_texts.id", ondelete="CASCADE"), primary_key=True),
    _person("person_id", primary_key=True, autoincrement=False),
    Column("created_ms", WHOLE, nullable=False),
    Index(None, "person_id"),
    sqlite_strict=True,
)
"""A row says that a person reported a text of a game."""

GAME_POINTS = Table(
    "game_points",
    METADATA,
    Column("game_id", WHOLE, ForeignKey("games.id", ondelete="CASCADE"), primary_key=True),
    Column("seat", Integer, primary_key=True),
    Column("reason", Text, primary_key=True),
    _snowflake("server_id", nullable=False),
    Column("kind", Text, nullable=False),
    _person("person_id"),
    Column("points", Integer, nullable=False),
    Column("created_ms", WHOLE, nullable=False),
    Index(None, "server_id", "kind"),
    Index(None, "person_id"),
    sqlite_strict=True,
)
"""A row is what a seat got for one reason, once."""

GAME_DRAFTS = Table(
    "game_drafts",
    METADATA,
    Column("game_id", WHOLE, ForeignKey("games.id", ondelete="CASCADE"), primary_key=True),
    _person("person_id", primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("expires_ms", WHOLE, nullable=False),
    Index(None, "person_id"),
    Index(None, "expires_ms"),
    sqlite_strict=True,
)
"""A row is a text that could not be taken: its writer's alone, for a while."""

GAME_PINGS = Table(
    "game_pings",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("game_id", WHOLE, ForeignKey("games.id", ondelete="CASCADE"), nullable=False),
    Column("seat", Integer, nullable=False),
    Column("move", WHOLE, nullable=False),
    Column("reminder", Integer, nullable=False),
    UniqueConstraint("game_id", "seat", "move", "reminder"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""A row says that a seat is told of a turn, that which began with `move`: once, and once more as a reminder."""

MOOD_RESULTS = Table(
    "mood_results",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    _snowflake("server_id", nullable=False),
    Column("mood", Text, nullable=False),
    Column("candidates", Integer, nullable=False),
    Column("won", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    Column("voters", Integer, nullable=False),
    Column("closed_ms", WHOLE, nullable=False),
    Index(None, "server_id"),
    sqlite_strict=True,
)
"""How a mood did in a round that was closed: how many candidates it had, whether one of them won, their points (★ 2,
like 1) and how many voted. Nothing in it leads back to a story or a person."""

POSTS = Table(
    "posts",
    METADATA,
    Column("id", WHOLE, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("ref_id", WHOLE, nullable=False),
    Column("part", Integer, nullable=False),
    _snowflake("channel_id", nullable=False),
    _snowflake("message_id"),
    Column("nonce", Text, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_ms", WHOLE, nullable=False),
    Column("tried_ms", WHOLE),
    UniqueConstraint("kind", "ref_id", "part"),
    Index(None, "next_ms", sqlite_where=text("wanted > shown")),
    Index(None, "message_id"),
    Index(None, "channel_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""The outbox: what has to be shown in Discord, written in the transaction that made it so. See `bot.rules.posts`."""

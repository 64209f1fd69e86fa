"""Games: tables, their seats, texts and points, and what servers and people choose for them.

Why: communities play story games. A server has quiet hours, those of most people at first; a person is told of their
turns by a mention unless they choose otherwise.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.columns import WHOLE

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_STRICT = {"sqlite_strict": True}
_NUMBERED = {"sqlite_strict": True, "sqlite_autoincrement": True}


def upgrade() -> None:
    _choices()
    _games()
    _texts()
    _points()


def _choices() -> None:
    with op.batch_alter_table("servers", recreate="always", table_kwargs=_STRICT) as table:
        table.add_column(sa.Column("zone", sa.Text, nullable=False, server_default="UTC"))
        table.add_column(sa.Column("quiet_begin", sa.Integer, nullable=False, server_default="23"))
        table.add_column(sa.Column("quiet_end", sa.Integer, nullable=False, server_default="8"))
        # Alembic writes a default that it read from the database in parentheses.
        table.alter_column("words", server_default=sa.text("'[]'"))
        table.alter_column("roles", server_default=sa.text("'{}'"))
    with op.batch_alter_table("courtesies", recreate="always", table_kwargs=_STRICT) as table:
        table.add_column(sa.Column("pings", sa.Text, nullable=False, server_default="mention"))


def _games() -> None:
    op.create_table(
        "games",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("server_id", WHOLE, nullable=False),
        sa.Column("channel_id", WHOLE, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("move", WHOLE, nullable=False),
        sa.Column("due_ms", WHOLE),
        sa.Column("asking", sa.Integer, nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("course", sa.Text, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.Column("changed_ms", WHOLE, nullable=False),
        sa.Column("story_id", WHOLE),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_games_story_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_games"),
        **_NUMBERED,
    )
    op.create_index("ix_games_due_ms", "games", ["due_ms"], sqlite_where=sa.text("due_ms IS NOT NULL"))
    op.create_index("ix_games_asking", "games", ["asking"])
    op.create_index("ix_games_server_id_state", "games", ["server_id", "state"])
    op.create_index("ix_games_channel_id_state", "games", ["channel_id", "state"])
    op.create_index("ix_games_story_id", "games", ["story_id"])
    op.create_table(
        "game_seats",
        sa.Column("game_id", WHOLE, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("person_id", WHOLE),
        sa.Column("pen_name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("presence", sa.Text, nullable=False),
        sa.Column("missed", sa.Integer, nullable=False),
        sa.Column("joined_ms", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["game_id"], ["games.id"], name="fk_game_seats_game_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("game_id", "number", name="pk_game_seats"),
        **_STRICT,
    )
    op.create_index("ix_game_seats_person_id", "game_seats", ["person_id"])


def _texts() -> None:
    op.create_table(
        "game_texts",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("game_id", WHOLE, nullable=False),
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("seat", sa.Integer),
        sa.Column("author_id", WHOLE),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("spans", sa.Text, nullable=False),
        sa.Column("hidden", sa.Integer, server_default="0", nullable=False),
        sa.Column("withdrawn", sa.Integer, server_default="0", nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.Column("passage_id", WHOLE),
        sa.ForeignKeyConstraint(["game_id"], ["games.id"], name="fk_game_texts_game_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["passage_id"], ["passages.id"], name="fk_game_texts_passage_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_game_texts"),
        sa.UniqueConstraint("game_id", "slot", name="uq_game_texts_game_id_slot"),
        **_NUMBERED,
    )
    op.create_index("ix_game_texts_author_id", "game_texts", ["author_id"])
    op.create_index("ix_game_texts_passage_id", "game_texts", ["passage_id"])
    op.create_table(
        "game_reports",
        sa.Column("text_id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["text_id"], ["game_texts.id"], name="fk_game_reports_text_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("text_id", "person_id", name="pk_game_reports"),
        **_STRICT,
    )
    op.create_index("ix_game_reports_person_id", "game_reports", ["person_id"])
    op.create_table(
        "game_drafts",
        sa.Column("game_id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("expires_ms", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["game_id"], ["games.id"], name="fk_game_drafts_game_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("game_id", "person_id", name="pk_game_drafts"),
        **_STRICT,
    )
    op.create_index("ix_game_drafts_person_id", "game_drafts", ["person_id"])
    op.create_index("ix_game_drafts_expires_ms", "game_drafts", ["expires_ms"])


def _points() -> None:
    op.create_table(
        "game_points",
        sa.Column("game_id", WHOLE, nullable=False),
        sa.Column("seat", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("server_id", WHOLE, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("person_id", WHOLE),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["game_id"], ["games.id"], name="fk_game_points_game_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("game_id", "seat", "reason", name="pk_game_points"),
        **_STRICT,
    )
    op.create_index("ix_game_points_server_id_kind", "game_points", ["server_id", "kind"])
    op.create_index("ix_game_points_person_id", "game_points", ["person_id"])
    op.create_table(
        "game_pings",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("game_id", WHOLE, nullable=False),
        sa.Column("seat", sa.Integer, nullable=False),
        sa.Column("move", WHOLE, nullable=False),
        sa.Column("reminder", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["game_id"], ["games.id"], name="fk_game_pings_game_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_game_pings"),
        sa.UniqueConstraint("game_id", "seat", "move", "reminder", name="uq_game_pings_game_id_seat_move_reminder"),
        **_NUMBERED,
    )

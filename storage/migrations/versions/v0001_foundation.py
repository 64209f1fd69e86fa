"""The foundation: servers with their settings, people, and generations with their suggestions.

Why: the buttons under a card must work after a restart, so what they need is kept here, for thirty days unless the
host says otherwise. Migrations only go forward; a copy of the file is made before each.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.columns import REAL, WHOLE

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "servers",
        sa.Column("server_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("mood", sa.Text),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("channels", sa.Text, nullable=False),
        sa.Column("switched_off", sa.Text, nullable=False),
        sa.Column("changed_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("server_id", name="pk_servers"),
        sqlite_strict=True,
    )
    op.create_table(
        "people",
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("first_seen_ms", WHOLE, nullable=False),
        sa.Column("last_seen_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_people"),
        sqlite_strict=True,
    )
    op.create_table(
        "generations",
        sa.Column("id", WHOLE, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("server_id", WHOLE),
        sa.Column("channel_id", WHOLE, nullable=False),
        sa.Column("message_id", WHOLE),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("mood", sa.Text),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column(
            "parent_id",
            WHOLE,
            sa.ForeignKey("generations.id", name="fk_generations_parent_id", ondelete="SET NULL"),
        ),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.Column("expires_ms", WHOLE, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    for column in ("expires_ms", "person_id", "message_id", "parent_id"):
        op.create_index(f"ix_generations_{column}", "generations", [column])
    op.create_table(
        "suggestions",
        sa.Column("generation_id", WHOLE, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("fills", sa.Text, nullable=False),
        sa.Column("score", REAL, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("generation_id", "position", name="pk_suggestions"),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name="fk_suggestions_generation_id", ondelete="CASCADE"
        ),
        sqlite_strict=True,
    )

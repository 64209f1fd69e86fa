"""A card has pages, and tells what of it was taken up.

Why: asking once more turns the person's own card, and what it showed before stays as an earlier page of the same
message, so it is kept which page is on show; whether somebody else has used a card, which is then left as it is; and
how often each suggestion was taken up. Of earlier cards the newest generation of a message is on show, and nothing is
known to have been used.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    strict = {"sqlite_strict": True}
    numbered = {**strict, "sqlite_autoincrement": True}
    with op.batch_alter_table("generations", recreate="always", table_kwargs=numbered) as table:
        table.add_column(sa.Column("on_show", sa.Integer, nullable=False, server_default="1"))
        table.add_column(sa.Column("used", sa.Integer, nullable=False, server_default="0"))
        table.alter_column("note", server_default=sa.text("''"))  # SQLAlchemy reads it with parentheses around it
    with op.batch_alter_table("suggestions", recreate="always", table_kwargs=strict) as table:
        table.add_column(sa.Column("taken", sa.Integer, nullable=False, server_default="0"))

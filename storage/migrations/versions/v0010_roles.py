"""A server can keep what people do to roles.

Why: a server's managers say which roles somebody needs to ask the models, to open rounds, or to start stories. In a
server of an earlier version everybody may do everything, as until now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("servers", recreate="always", table_kwargs={"sqlite_strict": True}) as table:
        table.add_column(sa.Column("roles", sa.Text, nullable=False, server_default=sa.text("'{}'")))
        # Alembic writes a default that it read from the database in parentheses.
        table.alter_column("words", server_default=sa.text("'[]'"))

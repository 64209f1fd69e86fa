"""A round may stay open for as long as whoever opened it chose.

Why: on an evening of writing a vote takes minutes, whatever the story's rules say of other days. It is kept with the
round, which goes on for as long again where too few voted. Earlier rounds go by the rules (NULL).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STRICT = {"sqlite_strict": True, "sqlite_autoincrement": True}


def upgrade() -> None:
    with op.batch_alter_table("rounds", recreate="always", table_kwargs=_STRICT) as table:
        table.add_column(sa.Column("minutes", sa.Integer))
        # Alembic writes a default that it read from the database in parentheses.
        table.alter_column("note", server_default=sa.text("''"))

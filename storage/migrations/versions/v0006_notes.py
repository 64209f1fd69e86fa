"""A continuation has an author's note.

Why: who asks for a continuation can say what they want of it ("make it funny"). It is kept with the generation, so that
*Retry* takes it along, and with a round, whose card shows it to those who vote. Earlier ones have none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STRICT = {"sqlite_strict": True, "sqlite_autoincrement": True}


def upgrade() -> None:
    for name in ("generations", "rounds"):
        with op.batch_alter_table(name, recreate="always", table_kwargs=_STRICT) as table:
            table.add_column(sa.Column("note", sa.Text, nullable=False, server_default=sa.text("''")))

"""A candidate of a round says which other one it was changed from.

Why: a person can take a candidate into a form, change it, and put it in as a text of their own; after the close the
result says which one it came from. Of earlier candidates none was.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    numbered = {"sqlite_strict": True, "sqlite_autoincrement": True}
    with op.batch_alter_table("candidates", recreate="always", table_kwargs=numbered) as table:
        table.add_column(sa.Column("changed_id", sa.Integer))
        table.create_foreign_key(
            op.f("fk_candidates_changed_id"), "candidates", ["changed_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index(op.f("ix_candidates_changed_id"), "candidates", ["changed_id"])

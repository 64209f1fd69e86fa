"""Redo belongs to a story.

Why: which way canon went on was noted on the passage, which the forks of a tree share: one of them could take in again
what another had written. A story now remembers where its head was when it began to take passages back. What is taken
back at the moment stays so where other stories stand on the tree, for nobody can tell whose it was; elsewhere it can be
taken in again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.columns import WHOLE

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STRICT = {"sqlite_strict": True, "sqlite_autoincrement": True}

_REMEMBER = """
    WITH RECURSIVE ahead (story_id, id, depth) AS (
        SELECT stories.id, CASE WHEN stories.head_id IS NULL
            THEN (SELECT max(id) FROM passages WHERE tree_id = stories.tree_id AND parent_id IS NULL)
            ELSE (SELECT canon_child_id FROM passages WHERE id = stories.head_id) END, 1
        FROM stories
        WHERE (SELECT count(*) FROM stories AS other WHERE other.tree_id = stories.tree_id) = 1
        UNION ALL
        SELECT ahead.story_id, passages.canon_child_id, ahead.depth + 1
        FROM ahead JOIN passages ON passages.id = ahead.id
    )
    UPDATE stories SET redo_id = (
        SELECT ahead.id FROM ahead WHERE ahead.story_id = stories.id AND ahead.id IS NOT NULL
        ORDER BY ahead.depth DESC LIMIT 1
    )
"""


def upgrade() -> None:
    with op.batch_alter_table("stories", recreate="always", table_kwargs=_STRICT) as stories:
        stories.add_column(sa.Column("redo_id", WHOLE))
        stories.create_foreign_key("fk_stories_redo_id", "passages", ["redo_id"], ["id"])
        stories.create_index("ix_stories_redo_id", ["redo_id"])
    op.execute(_REMEMBER)
    with op.batch_alter_table("passages", recreate="always", table_kwargs=_STRICT) as passages:
        passages.drop_index("ix_passages_canon_child_id")
        passages.drop_constraint("fk_passages_canon_child_id", type_="foreignkey")
        passages.drop_column("canon_child_id")

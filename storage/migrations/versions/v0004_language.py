"""The host of a story chooses the language that its books name.

Why: every book that was not Chinese said that it was English. The language is told from the text now, and where that
goes wrong the host's choice is one of the story's rules: empty at first, which leaves it to the text. Rules are kept
whole, so that a program that does not know this one must not open the database any more.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE stories SET rules = json_set(rules, '$.language', '')")

"""The host of a story chooses whether its text may be sent to a model server on another machine.

Why: the story model may be one that another machine serves. What is written there leaves this machine, which those who
lead a story may forbid. Stories from before allow it, as nobody had to. Rules are kept whole, so that a program that
does not know this one must not open the database any more.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE stories SET rules = json_set(rules, '$.outside', json('true'))")

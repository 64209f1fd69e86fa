"""A twist has a place of its own, and so has how sure the models are of fills.

Why: the words of a twist, and which of them were picked, stood on its receipt, which is to say where a text came from.
And `score` meant how likely a writer is to keep a continuation, but of fills how sure the models are of them: that is
`confidence` now. Receipts stay as they are: what earlier versions stored is read as it is.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.columns import REAL

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SUGGESTIONS = sa.table(
    "suggestions",
    sa.column("generation_id", sa.Integer),
    sa.column("position", sa.Integer),
    sa.column("score", sa.Float),
    sa.column("receipt", sa.Text),
    sa.column("confidence", sa.Float),
    sa.column("payload", sa.Text),
)
_GENERATIONS = sa.table("generations", sa.column("id", sa.Integer), sa.column("kind", sa.Text))


def upgrade() -> None:
    with op.batch_alter_table("suggestions", recreate="always", table_kwargs={"sqlite_strict": True}) as table:
        table.add_column(sa.Column("confidence", REAL))
        table.add_column(sa.Column("payload", sa.Text))
    connection = op.get_bind()
    theirs = sa.select(_SUGGESTIONS, _GENERATIONS.c.kind).join(
        _GENERATIONS, _GENERATIONS.c.id == _SUGGESTIONS.c.generation_id
    )
    for row in connection.execute(theirs.where(_GENERATIONS.c.kind != "continue")).all():
        receipt = json.loads(row.receipt)
        values: dict[str, Any] = {}
        if row.kind == "twist" and "words" in receipt:
            words = {"kind": "twist", "words": receipt.pop("words"), "done": bool(receipt.pop("done", False))}
            values = {"payload": _dumps(words), "receipt": _dumps({"kind": "twist", **receipt})}
        elif row.kind in ("infill", "bridge") and "source" not in receipt:
            values = {"confidence": row.score, "score": 0.0}
        if values:
            this = (_SUGGESTIONS.c.generation_id == row.generation_id) & (_SUGGESTIONS.c.position == row.position)
            connection.execute(sa.update(_SUGGESTIONS).where(this).values(values))


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

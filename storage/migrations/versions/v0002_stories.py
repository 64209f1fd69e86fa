"""Stories: trees of passages, the stories on them, rounds with their candidates and ballots, lore, and the outbox.

Why: what a community writes together must outlive every crash, and each ballot must count once. A word list joins the
settings of a server.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.columns import WHOLE

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("servers", recreate="always", table_kwargs={"sqlite_strict": True}) as servers:
        servers.add_column(sa.Column("words", sa.Text, nullable=False, server_default="[]"))
    _trees()
    _passages()
    _stories()
    _story_people()
    _rounds()
    _candidates()
    _ballots()
    _reports()
    _lore()
    _lore_votes()
    _courtesies()
    _mood_results()
    _posts()


def _trees() -> None:
    op.create_table(
        "trees",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trees"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )


def _passages() -> None:
    op.create_table(
        "passages",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("tree_id", WHOLE, nullable=False),
        sa.Column("parent_id", WHOLE),
        sa.Column("depth", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("author_id", WHOLE),
        sa.Column("pen_name", sa.Text),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("spans", sa.Text, nullable=False),
        sa.Column("round_id", WHOLE),
        sa.Column("receipt", sa.Text),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.Column("canon_child_id", WHOLE),
        sa.Column("original_id", WHOLE),
        sa.Column("withdrawn", sa.Integer, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["canon_child_id"], ["passages.id"], name="fk_passages_canon_child_id"),
        sa.ForeignKeyConstraint(["original_id"], ["passages.id"], name="fk_passages_original_id"),
        sa.ForeignKeyConstraint(["parent_id"], ["passages.id"], name="fk_passages_parent_id"),
        sa.ForeignKeyConstraint(["tree_id"], ["trees.id"], name="fk_passages_tree_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_passages"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_passages_author_id", "passages", ["author_id"])
    op.create_index("ix_passages_canon_child_id", "passages", ["canon_child_id"])
    op.create_index("ix_passages_original_id", "passages", ["original_id"])
    op.create_index("ix_passages_parent_id", "passages", ["parent_id"])
    op.create_index("ix_passages_tree_id", "passages", ["tree_id"])


def _stories() -> None:
    op.create_table(
        "stories",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("tree_id", WHOLE, nullable=False),
        sa.Column("fork_of", WHOLE),
        sa.Column("server_id", WHOLE, nullable=False),
        sa.Column("channel_id", WHOLE, nullable=False),
        sa.Column("thread_id", WHOLE),
        sa.Column("host_id", WHOLE),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("premise", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("head_id", WHOLE),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.Column("changed_ms", WHOLE, nullable=False),
        sa.Column("purge_ms", WHOLE),
        sa.ForeignKeyConstraint(["fork_of"], ["stories.id"], name="fk_stories_fork_of", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["head_id"], ["passages.id"], name="fk_stories_head_id"),
        sa.ForeignKeyConstraint(["tree_id"], ["trees.id"], name="fk_stories_tree_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
        sa.UniqueConstraint("thread_id", name="uq_stories_thread_id"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_stories_fork_of", "stories", ["fork_of"])
    op.create_index("ix_stories_head_id", "stories", ["head_id"])
    op.create_index("ix_stories_host_id", "stories", ["host_id"])
    op.create_index("ix_stories_purge_ms", "stories", ["purge_ms"])
    op.create_index("ix_stories_server_id_changed_ms", "stories", ["server_id", "changed_ms"])
    op.create_index("ix_stories_tree_id", "stories", ["tree_id"])


def _story_people() -> None:
    op.create_table(
        "story_people",
        sa.Column("story_id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_story_people_story_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("story_id", "person_id", "role", name="pk_story_people"),
        sqlite_strict=True,
    )
    op.create_index("ix_story_people_person_id", "story_people", ["person_id"])


def _rounds() -> None:
    op.create_table(
        "rounds",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("story_id", WHOLE, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_by", WHOLE),
        sa.Column("after_id", WHOLE),
        sa.Column("replaces_id", WHOLE),
        sa.Column("before_id", WHOLE),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("opened_ms", WHOLE, nullable=False),
        sa.Column("deadline_ms", WHOLE, nullable=False),
        sa.Column("closed_ms", WHOLE),
        sa.Column("winner_id", WHOLE),
        sa.Column("extended", sa.Integer, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["after_id"], ["passages.id"], name="fk_rounds_after_id"),
        sa.ForeignKeyConstraint(["before_id"], ["passages.id"], name="fk_rounds_before_id"),
        sa.ForeignKeyConstraint(["replaces_id"], ["passages.id"], name="fk_rounds_replaces_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_rounds_story_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_rounds"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_rounds_after_id", "rounds", ["after_id"])
    op.create_index("ix_rounds_before_id", "rounds", ["before_id"])
    op.create_index("ix_rounds_opened_by", "rounds", ["opened_by"])
    op.create_index("ix_rounds_replaces_id", "rounds", ["replaces_id"])
    op.create_index("ix_rounds_state_deadline_ms", "rounds", ["state", "deadline_ms"])
    op.create_index("ix_rounds_story_id", "rounds", ["story_id"])


def _candidates() -> None:
    op.create_table(
        "candidates",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("round_id", WHOLE, nullable=False),
        sa.Column("place", WHOLE, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("author_id", WHOLE),
        sa.Column("pen_name", sa.Text),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("spans", sa.Text, nullable=False),
        sa.Column("mood", sa.Text),
        sa.Column("receipt", sa.Text),
        sa.Column("none", sa.Integer, server_default="0", nullable=False),
        sa.Column("hidden_by", WHOLE),
        sa.Column("passage_id", WHOLE),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["passage_id"], ["passages.id"], name="fk_candidates_passage_id"),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_candidates_round_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_candidates"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_candidates_author_id", "candidates", ["author_id"])
    op.create_index("ix_candidates_hidden_by", "candidates", ["hidden_by"])
    op.create_index("ix_candidates_passage_id", "candidates", ["passage_id"])
    op.create_index("ix_candidates_round_id", "candidates", ["round_id"])


def _ballots() -> None:
    op.create_table(
        "ballots",
        sa.Column("round_id", WHOLE, nullable=False),
        sa.Column("voter_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("candidate_id", WHOLE, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.id"], name="fk_ballots_candidate_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name="fk_ballots_round_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("round_id", "voter_id", "candidate_id", name="pk_ballots"),
        sqlite_strict=True,
    )
    op.create_index("ix_ballots_candidate_id", "ballots", ["candidate_id"])
    op.create_index("ix_ballots_voter_id", "ballots", ["voter_id"])


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("candidate_id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.id"], name="fk_reports_candidate_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("candidate_id", "person_id", name="pk_reports"),
        sqlite_strict=True,
    )
    op.create_index("ix_reports_person_id", "reports", ["person_id"])


def _lore() -> None:
    op.create_table(
        "lore",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("server_id", WHOLE, nullable=False),
        sa.Column("story_id", WHOLE),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("triggers", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("proposed_by", WHOLE),
        sa.Column("created_ms", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_lore_story_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_lore"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_lore_proposed_by", "lore", ["proposed_by"])
    op.create_index("ix_lore_server_id", "lore", ["server_id"])
    op.create_index("ix_lore_story_id", "lore", ["story_id"])


def _lore_votes() -> None:
    op.create_table(
        "lore_votes",
        sa.Column("lore_id", WHOLE, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("agrees", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["lore_id"], ["lore.id"], name="fk_lore_votes_lore_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lore_id", "person_id", name="pk_lore_votes"),
        sqlite_strict=True,
    )
    op.create_index("ix_lore_votes_person_id", "lore_votes", ["person_id"])


def _courtesies() -> None:
    op.create_table(
        "courtesies",
        sa.Column("server_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("person_id", WHOLE, autoincrement=False, nullable=False),
        sa.Column("pen_name", sa.Text),
        sa.Column("no_ai", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("server_id", "person_id", name="pk_courtesies"),
        sqlite_strict=True,
    )
    op.create_index("ix_courtesies_person_id", "courtesies", ["person_id"])


def _mood_results() -> None:
    op.create_table(
        "mood_results",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("server_id", WHOLE, nullable=False),
        sa.Column("mood", sa.Text, nullable=False),
        sa.Column("candidates", sa.Integer, nullable=False),
        sa.Column("won", sa.Integer, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("voters", sa.Integer, nullable=False),
        sa.Column("closed_ms", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mood_results"),
        sqlite_strict=True,
    )
    op.create_index("ix_mood_results_server_id", "mood_results", ["server_id"])


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("ref_id", WHOLE, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("channel_id", WHOLE, nullable=False),
        sa.Column("message_id", WHOLE),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("shown", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_ms", WHOLE, nullable=False),
        sa.Column("tried_ms", WHOLE),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        sa.UniqueConstraint("kind", "ref_id", "part", name="uq_posts_kind_ref_id_part"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_index("ix_posts_channel_id", "posts", ["channel_id"])
    op.create_index("ix_posts_message_id", "posts", ["message_id"])
    op.create_index("ix_posts_next_ms", "posts", ["next_ms"], sqlite_where=sa.text("wanted > shown"))

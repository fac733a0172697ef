"""Reviews of agents' talks, and the versions of the scorecards they are judged by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"

ONLY = sa.text("calibration_id IS NULL")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "scorecard_versions",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_scorecard_versions")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=15), nullable=False),
        sa.Column("agent_id", sa.String(length=32), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("talked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("card", sa.String(length=32), nullable=False),
        sa.Column("card_version", sa.String(length=64), nullable=False),
        sa.Column("calibration_id", sa.String(length=32), nullable=True),
        sa.Column("reviewer", sa.String(length=80), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("failed_point", sa.String(length=32), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(16), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["card_version"],
            ["scorecard_versions.version"],
            name=op.f("fk_reviews_card_version_scorecard_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("calibration_id", "reviewer", name=op.f("uq_reviews_calibration_id_reviewer")),
    )
    op.create_index(
        "uq_reviews_talk", "reviews", ["call_id", "agent"], unique=True, postgresql_where=ONLY, sqlite_where=ONLY
    )
    for columns in (("company_id", "finished_at"), ("agent_id", "finished_at"), ("reviewer", "finished_at")):
        op.create_index(op.f(f"ix_reviews_{'_'.join(columns)}"), "reviews", list(columns))
    op.create_table(
        "review_grades",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("review_id", sa.String(length=32), nullable=False),
        sa.Column("point", sa.String(length=32), nullable=False),
        sa.Column("grade", sa.String(16), nullable=False),
        sa.Column("second", sa.Double(), nullable=True),
        sa.Column("recording_id", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_review_grades_review_id_reviews"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_grades")),
        sa.UniqueConstraint("review_id", "point", name=op.f("uq_review_grades_review_id_point")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("review_grades")
    op.drop_table("reviews")
    op.drop_table("scorecard_versions")

"""Disputes of reviews, and the grades a second person gives."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    """Go forward."""
    op.add_column("review_grades", sa.Column("decided", sa.String(16), nullable=True))
    op.create_table(
        "review_disputes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("review_id", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("item_id", sa.String(length=32), nullable=False),
        sa.Column("first_total", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_review_disputes_review_id_reviews"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_disputes")),
        sa.UniqueConstraint("review_id", name=op.f("uq_review_disputes_review_id")),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("review_disputes")
    with op.batch_alter_table("review_grades") as table:
        table.drop_column("decided")

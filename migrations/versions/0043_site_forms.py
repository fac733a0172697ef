"""Forms of the site that were taken in, and how many came from one sender: known to all processes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "site_forms",
        sa.Column("key", sa.String(length=48), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("outage_id", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_site_forms")),
    )
    op.create_index(op.f("ix_site_forms_taken_at"), "site_forms", ["taken_at"])
    op.create_table(
        "site_form_counts",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_site_form_counts")),
    )
    op.create_index(op.f("ix_site_form_counts_until"), "site_form_counts", ["until"])


def downgrade() -> None:
    """Go back: every limit begins anew."""
    op.drop_table("site_form_counts")
    op.drop_table("site_forms")

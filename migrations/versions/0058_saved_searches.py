"""Searches of talks that people save under names of their own, and calls by the places of the menu they passed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
        sa.UniqueConstraint("user_id", "company_id", "name", name=op.f("uq_saved_searches_user_id_company_id_name")),
    )
    op.create_index(op.f("ix_call_steps_place_call_id"), "call_steps", ["place", "call_id"])


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_call_steps_place_call_id"), "call_steps")
    op.drop_table("saved_searches")

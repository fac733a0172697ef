"""What callers are asked after a talk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "call_surveys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=15), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_surveys")),
        sa.UniqueConstraint("call_id", name=op.f("uq_call_surveys_call_id")),
    )
    op.create_index(op.f("ix_call_surveys_company_id_asked_at"), "call_surveys", ["company_id", "asked_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("call_surveys")

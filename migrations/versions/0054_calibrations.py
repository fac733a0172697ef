"""Calibrations: talks that two reviewers judge without knowing of each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "calibrations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("company_id", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("agent", sa.String(length=15), nullable=False),
        sa.Column("card", sa.String(length=32), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibrations")),
        sa.UniqueConstraint("call_id", "agent", name=op.f("uq_calibrations_call_id_agent")),
    )
    op.create_index(op.f("ix_calibrations_company_id_made_at"), "calibrations", ["company_id", "made_at"])


def downgrade() -> None:
    """Go back."""
    op.drop_table("calibrations")

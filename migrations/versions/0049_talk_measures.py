"""The measures of recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "talk_measures",
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("caller_s", sa.Double(), nullable=False),
        sa.Column("agent_s", sa.Double(), nullable=False),
        sa.Column("silence_s", sa.Double(), nullable=False),
        sa.Column("over_s", sa.Double(), nullable=False),
        sa.Column("hold_s", sa.Double(), nullable=False),
        sa.Column("monologue_s", sa.Double(), nullable=False),
        sa.Column("noticed", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_talk_measures")),
    )


def downgrade() -> None:
    """Go back; the recordings are measured anew."""
    op.drop_table("talk_measures")
